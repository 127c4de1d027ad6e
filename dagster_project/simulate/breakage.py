"""Lines that a crashed writer left: cut off in the middle, exactly as many as asked for."""

from dagster_project.simulate import draw
from dagster_project.simulate.output import SimulateError, stream_name


class Breakage:
    """Cuts ``count`` decision lines and remembers where."""

    def __init__(self, seed: int, count: int, expected_lines: float) -> None:
        """Places lie in the first half of the lines to expect, so that each of them will exist."""
        most = int(expected_lines / 2)
        if not 0 <= count <= most:
            raise SimulateError(f"{count} broken lines; give 0 to {most} for this many weeks")
        self._rng = draw.stream(seed, "broken lines")
        step = most // count if count else 0
        self._places = frozenset(
            number * step + 1 + draw.below(self._rng, step) for number in range(count)
        )
        self.planted: list[dict[str, str | int]] = []

    def cut(self, place: int, decision_id: str, line: str) -> str:
        """``line`` (the ``place``-th, 1-based), cut if its turn has come; never valid JSON then."""
        if place not in self._places:
            return line
        self.planted.append(
            {"file": stream_name("decisions"), "line": place, "decision_id": decision_id}
        )
        return line[: 1 + draw.below(self._rng, len(line) - 1)]
