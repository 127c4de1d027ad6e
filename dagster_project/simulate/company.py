"""One run of the simulated company, day by day, in bounded memory."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypedDict, Unpack

from dagster_project.contracts.audit_draw import Draw
from dagster_project.simulate.breakage import Breakage
from dagster_project.simulate.decisions import Decision, decisions_of_day
from dagster_project.simulate.drills import fallback_drill
from dagster_project.simulate.followups import (
    action_row,
    audit_row,
    undo_rows,
)
from dagster_project.simulate.kpis import kpi_lines
from dagster_project.simulate.output import Output, SimulateError, encode
from dagster_project.simulate.plan import BASELINE_WEEKS, CLASSES, DEMO_KEY, WORKFLOW, ClassPlan
from dagster_project.simulate.planting import Planting
from dagster_project.simulate.plants import Plants, chosen
from dagster_project.simulate.reviewing import Reviewing
from dagster_project.simulate.seeding import SeedPlanter
from dagster_project.simulate.truth import Tally, kpi_truth
from dagster_project.simulate.workdays import working_days

_SUNDAY = 6
# far from where dates end, so that no sum of them can leave the calendar
_EARLIEST, _LATEST = date(1970, 1, 1), date(2100, 1, 1)
# HMAC keys shorter than this can be guessed, and the sample with them
_SHORTEST_KEY = 16


class Options(TypedDict, total=False):
    """What a caller of ``simulate`` may choose; defaults in ``Settings``."""

    seed: int
    weeks: int
    end: date
    broken_lines: int
    key: bytes
    on_progress: Callable[[int, int], None] | None
    classes: Sequence[ClassPlan]
    plants: Sequence[str]
    since: date | None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One simulation: ``weeks`` ISO weeks that end on Sunday ``end``. Raises SimulateError."""

    seed: int = 7
    weeks: int = 26
    end: date = date(2025, 8, 3)
    broken_lines: int = 0
    key: bytes = DEMO_KEY
    on_progress: Callable[[int, int], None] | None = None
    classes: Sequence[ClassPlan] = CLASSES
    plants: Sequence[str] = ()
    since: date | None = None

    def __post_init__(self) -> None:
        if self.weeks < 1:
            raise SimulateError(f"{self.weeks} weeks; give at least 1")
        if not _EARLIEST < self.end < _LATEST:
            raise SimulateError(
                f"{self.end} is no day between the years {_EARLIEST.year} and {_LATEST.year}"
            )
        if self.weeks + BASELINE_WEEKS > (self.end - _EARLIEST).days // 7:
            raise SimulateError(
                f"{self.weeks} weeks up to {self.end}, and {BASELINE_WEEKS} of KPIs before them, "
                f"begin before {_EARLIEST.year}"
            )
        if self.end.weekday() != _SUNDAY:
            sunday = self.end + timedelta(days=_SUNDAY - self.end.weekday())
            raise SimulateError(f"{self.end} is no Sunday; ISO weeks end on one, such as {sunday}")
        if len(self.key) < _SHORTEST_KEY:
            raise SimulateError(
                f"the audit key has {len(self.key)} bytes; give at least {_SHORTEST_KEY}"
            )

    @property
    def first(self) -> date:
        """The Monday of the launch."""
        return self.end - timedelta(days=7 * self.weeks - 1)

    @property
    def planted(self) -> Plants:
        """What was asked for by name. Raises SimulateError."""
        mondays = [self.first + timedelta(weeks=week) for week in range(self.weeks)]
        return chosen(self.plants, self.since, mondays)

    @property
    def cutoff(self) -> datetime:
        """The first moment that is not in the logs."""
        return datetime.combine(self.end + timedelta(days=1), time(), UTC)

    @property
    def expected_decisions(self) -> float:
        """Decisions to expect over the whole period."""
        return self.weeks * sum(plan.per_week for plan in self.classes)


def simulate(out: Path, **options: Unpack[Options]) -> dict[str, Any]:
    """Write ``weeks`` (26) weeks ending on Sunday ``end`` (2025-08-03) into the folder ``out``.

    Returns ``{"counts": {stream: records}, "truth": the content of planted_truth.json}``.
    ``seed`` (7) fixes every byte. ``broken_lines`` (0) decisions are cut off in mid-line. ``key``
    draws the audit sample. ``on_progress`` gets (weeks done, weeks). ``classes`` replaces the plan.
    ``plants`` names what ``plants.py`` adds, ``since`` the day on which some of it begins (default:
    the middle of the period).
    Raises SimulateError when ``out`` holds other files or an option makes no sense.
    """
    settings = Settings(**options)
    breakage = Breakage(settings.seed, settings.broken_lines, settings.expected_decisions)
    plants = settings.planted
    with Output(out) as output:
        run = _Run(output, settings, breakage, plants)
        run.write_days()
        output.write_lines("kpis", kpi_lines(settings.seed, settings.first, settings.weeks))
        truth = run.truth()
        output.publish(truth)
    counts = {stream: entry["records"] for stream, entry in truth["streams"].items()}
    return {"counts": counts, "truth": truth}


class _Run:
    def __init__(
        self, output: Output, settings: Settings, breakage: Breakage, plants: Plants
    ) -> None:
        self._output = output
        self._settings = settings
        self._seed = settings.seed
        self._breakage = breakage
        self._draw = Draw(settings.key)
        self._days = list(working_days(settings.first, settings.end))
        self._planter = SeedPlanter(settings.seed, self._days, settings.cutoff)
        self._plants = plants
        self._planting = Planting(settings.seed, plants)
        self._reviewing = Reviewing(settings.seed, plants, settings.cutoff)
        self._tally = Tally(plants)
        self._sequence_number = 0

    def write_days(self) -> None:
        on_progress = self._settings.on_progress
        for number, day in enumerate(self._days, start=1):
            made = decisions_of_day(self._seed, day, self._settings.classes)
            decisions = self._planting.decisions(day, made)
            self._reviewing.begin(day)
            for decision in decisions:
                self._write_decision(decision)
            for made_up in self._planter.reviews_of_day(day, decisions):
                seeded = self._reviewing.of_seeded(made_up)
                self._output.write_row("reviews", seeded.row)
                self._tally.seeded(seeded)
            for plan, undo in undo_rows(self._seed, decisions):
                row = self._reviewing.undone(undo, day)
                self._output.write_row("reversals", row)
                self._tally.undo(plan, row)
            drill = fallback_drill(self._seed, day)
            self._output.write_row("rail_evidence", drill)
            self._tally.drill(drill)
            if on_progress is not None and number % 5 == 0:
                on_progress(number // 5, self._settings.weeks)

    def _write_decision(self, decision: Decision) -> None:
        self._sequence_number += 1
        decision.row["sequence_number"] = self._sequence_number
        line = encode(decision.row)
        line = self._breakage.cut(self._sequence_number, decision.decision_id, line)
        self._output.write_line("decisions", line)
        self._output.write_row("business_actions", action_row(self._seed, decision))
        self._tally.decision(decision)
        if self._draw.selects(decision.decision_id, decision.plan.inclusion_probability):
            self._output.write_row("audit_sample", audit_row(self._seed, decision))
            review = self._reviewing.of_sample(decision)
            self._tally.selection(decision, review)
        else:
            review = self._reviewing.of_others(decision)
            self._tally.other_review(decision, review)
        if review is not None:
            self._output.write_row("reviews", review)

    def truth(self) -> dict[str, Any]:
        return {
            "workflow": WORKFLOW,
            "seed": self._seed,
            "weeks": self._settings.weeks,
            "first_day": self._settings.first.isoformat(),
            "last_day": self._settings.end.isoformat(),
            "launch_date": self._settings.first.isoformat(),
            # the key itself would let a reader foresee the sample
            "audit_key_sha256": hashlib.sha256(self._settings.key).hexdigest(),
            "classes": self._tally.classes(self._settings.classes),
            "review_pools": self._tally.pools(),
            "fallback_drills": self._tally.drills(),
            "kpis": kpi_truth(),
            "broken_lines": self._breakage.planted,
            "streams": self._output.summary(),
            **self._planted_truth(),
        }

    def _planted_truth(self) -> dict[str, Any]:
        if not self._plants.names:
            return {}
        return {"plants": self._plants.truth(), "groups": self._tally.groups()}
