"""One run of the simulated company, day by day, in bounded memory."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from dagster_project.simulate.breakage import Breakage
from dagster_project.simulate.decisions import Decision, decisions_of_day
from dagster_project.simulate.followups import (
    action_row,
    audit_row,
    is_selected,
    review_row,
    undo_rows,
)
from dagster_project.simulate.kpis import kpi_lines
from dagster_project.simulate.output import Output, SimulateError, encode
from dagster_project.simulate.plan import CLASSES, DEMO_KEY, WORKFLOW, ClassPlan
from dagster_project.simulate.seeding import SeedPlanter
from dagster_project.simulate.truth import Tally, kpi_truth
from dagster_project.simulate.workdays import working_days

BUNDLED_END = date(2025, 8, 3)
Progress = Callable[[int, int], None]

_SUNDAY = 6
# HMAC keys shorter than this can be guessed, and the sample with them
_SHORTEST_KEY = 16


@dataclass(frozen=True)
class _Period:
    first: date
    end: date
    weeks: int

    @property
    def cutoff(self) -> datetime:
        """The first moment that is not in the logs."""
        return datetime.combine(self.end + timedelta(days=1), time(), UTC)


def simulate(
    out: Path,
    *,
    seed: int = 7,
    weeks: int = 26,
    end: date = BUNDLED_END,
    broken_lines: int = 0,
    key: bytes = DEMO_KEY,
    on_progress: Progress | None = None,
    classes: Sequence[ClassPlan] = CLASSES,
) -> dict[str, Any]:
    """Write ``weeks`` weeks ending on Sunday ``end`` into the folder ``out``.

    Returns ``{"counts": {stream: records}, "truth": the content of planted_truth.json}``.
    ``broken_lines`` decisions are cut off in mid-line. ``on_progress`` gets (weeks done, weeks).
    Raises SimulateError when ``out`` holds other files or an argument makes no sense.
    """
    period = _period(weeks, end)
    if len(key) < _SHORTEST_KEY:
        raise SimulateError(f"the audit key has {len(key)} bytes; give at least {_SHORTEST_KEY}")
    expected = weeks * sum(plan.per_week for plan in classes)
    breakage = Breakage(seed, broken_lines, expected)
    with Output(out) as output:
        run = _Run(output, period, breakage, seed=seed, key=key, classes=classes)
        run.write_days(on_progress)
        output.write_lines("kpis", kpi_lines(seed, period.first, weeks))
        truth = run.truth()
        output.publish(truth)
    counts = {stream: entry["records"] for stream, entry in truth["streams"].items()}
    return {"counts": counts, "truth": truth}


def _period(weeks: int, end: date) -> _Period:
    if weeks < 1:
        raise SimulateError(f"{weeks} weeks; give at least 1")
    if end.weekday() != _SUNDAY:
        sunday = end + timedelta(days=_SUNDAY - end.weekday())
        raise SimulateError(f"{end} is no Sunday; ISO weeks end on one, such as {sunday}")
    return _Period(end - timedelta(days=7 * weeks - 1), end, weeks)


class _Run:
    def __init__(
        self,
        output: Output,
        period: _Period,
        breakage: Breakage,
        *,
        seed: int,
        key: bytes,
        classes: Sequence[ClassPlan],
    ) -> None:
        self._output = output
        self._seed = seed
        self._period = period
        self._key = key
        self._classes = classes
        self._breakage = breakage
        self._days = list(working_days(period.first, period.end))
        self._planter = SeedPlanter(seed, self._days, period.cutoff)
        self._tally = Tally()
        self._sequence_number = 0

    def write_days(self, on_progress: Progress | None) -> None:
        for number, day in enumerate(self._days, start=1):
            decisions = decisions_of_day(self._seed, day, self._classes)
            for decision in decisions:
                self._write_decision(decision)
            for seeded in self._planter.reviews_of_day(day, decisions):
                self._output.write_row("reviews", seeded.row)
                self._tally.seeded(seeded)
            for plan, row in undo_rows(self._seed, decisions):
                self._output.write_row("reversals", row)
                self._tally.undo(plan, row)
            if on_progress is not None and number % 5 == 0:
                on_progress(number // 5, self._period.weeks)

    def _write_decision(self, decision: Decision) -> None:
        self._sequence_number += 1
        decision.row["sequence_number"] = self._sequence_number
        line = encode(decision.row)
        line = self._breakage.cut(self._sequence_number, decision.decision_id, line)
        self._output.write_line("decisions", line)
        self._output.write_row("business_actions", action_row(self._seed, decision))
        self._tally.decision(decision)
        if is_selected(self._key, decision.decision_id, decision.plan.inclusion_probability):
            self._output.write_row("audit_sample", audit_row(self._seed, decision))
            review = review_row(self._seed, decision, self._period.cutoff)
            self._tally.selection(decision, review)
            if review is not None:
                self._output.write_row("reviews", review)

    def truth(self) -> dict[str, Any]:
        return {
            "workflow": WORKFLOW,
            "seed": self._seed,
            "weeks": self._period.weeks,
            "first_day": self._period.first.isoformat(),
            "last_day": self._period.end.isoformat(),
            "launch_date": self._period.first.isoformat(),
            # the key itself would let a reader foresee the sample
            "audit_key_sha256": hashlib.sha256(self._key).hexdigest(),
            "classes": self._tally.classes(self._classes),
            "review_pools": self._tally.pools(),
            "kpis": kpi_truth(),
            "broken_lines": self._breakage.planted,
            "streams": self._output.summary(),
        }
