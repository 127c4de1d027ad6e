"""How long reviews wait for a free reviewer. Pure: numbers in, numbers out, no database."""

import math
from typing import NamedTuple


class Desk(NamedTuple):
    """Who reviews: ``people`` at work at once, perhaps a fraction; ``seconds`` a review takes one.

    ``variability``: (c_a² + c_s²) / 2, the squared coefficients of variation of the times between
    arrivals and of handling; 1 for random arrivals and exponential handling.
    """

    people: float
    seconds: float
    variability: float = 1.0

    def load(self, per_hour: float) -> float:
        """Work that comes ÷ work that can be done."""
        return per_hour * self.seconds / 3600 / self.people


class Wait(NamedTuple):
    """Mean wait in seconds, and the share of reviews that wait longer than the limit."""

    seconds: float
    late: float


def erlang_c(servers: int, load: float) -> float:
    """Chance that an arrival waits; ``load`` 0 to 1 of each of ``servers`` (1 or more)."""
    if load >= 1:
        return 1.0
    offered, blocked = servers * load, 1.0
    for busy in range(1, servers + 1):
        blocked = offered * blocked / (busy + offered * blocked)
    return blocked / (1 - load * (1 - blocked))


def wait(desk: Desk, per_hour: float, limit_seconds: float) -> Wait:
    """Erlang C × variability (Allen and Cunneen); the wait of those who wait is exponential.

    A part of a person is no server: the whole ones work as fast as all together, which never
    shortens the wait. At a load of 1 or more the queue grows for ever.
    """
    load = desk.load(per_hour)
    if load >= 1:
        return Wait(math.inf, 1.0)
    servers = max(math.floor(desk.people), 1)
    waits = erlang_c(servers, load)
    # seconds until a server is free, for those who wait
    free = desk.seconds / desk.people / (1 - load) * desk.variability
    late = waits * math.exp(-limit_seconds / free) if free > 0 else 0.0
    return Wait(waits * free, late)
