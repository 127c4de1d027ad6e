"""When reviewers are shown a planted error, and which of those they miss."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from dagster_project.simulate import draw
from dagster_project.simulate.decisions import Decision, Row
from dagster_project.simulate.followups import seeded_row
from dagster_project.simulate.plan import SEEDED_ERRORS, SEEDED_PER_MISS

# A case of the last two working days could be reviewed after the period's end.
_UNREVIEWED_DAYS = 2


@dataclass(frozen=True)
class SeededReview:
    """One seeded review: its pool, its ``reviews`` row, and whether the error was found."""

    pool: str
    row: Row
    is_detected: bool


class SeedPlanter:
    """Spreads SEEDED_ERRORS cases per pool evenly over the working days of the period."""

    def __init__(self, seed: int, days: Sequence[date], cutoff: datetime) -> None:
        self._seed = seed
        self._cutoff = cutoff
        usable = max(len(days) - _UNREVIEWED_DAYS, 1)
        self._due = {
            day: SEEDED_ERRORS * (number + 1) // usable for number, day in enumerate(days[:usable])
        }
        self._planted: dict[str, int] = {}

    def reviews_of_day(self, day: date, decisions: Sequence[Decision]) -> Iterator[SeededReview]:
        """Cases copied from this day's decisions; what finds no decision waits for the next day."""
        for pool in dict.fromkeys(decision.plan.pool for decision in decisions):
            rng = draw.stream(self._seed, "seeding", pool, day)
            left = [decision for decision in decisions if decision.plan.pool == pool]
            while self._planted.get(pool, 0) < self._due.get(day, 0) and left:
                decision = left.pop(draw.below(rng, len(left)))
                is_missed = self._is_missed(pool, self._planted.get(pool, 0))
                row = seeded_row(self._seed, decision, self._cutoff, is_missed=is_missed)
                if row is not None:
                    self._planted[pool] = self._planted.get(pool, 0) + 1
                    yield SeededReview(pool, row, not is_missed)

    def _is_missed(self, pool: str, number: int) -> bool:
        block, place = divmod(number, SEEDED_PER_MISS)
        rng = draw.stream(self._seed, "missed", pool, block)
        return place == draw.below(rng, SEEDED_PER_MISS)
