"""What the year should say, chapter by chapter, and whether ledger and history said it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from steps import CLASSIFY, MATCH
from year_company import KEY, STATE, Day, values
from year_events import ABOVE, BELOW, EXPANDS, LEAVES, SPLIT, SUCCEEDS, WAIVED_FROM, WAIVED_UNTIL
from year_logs import (
    CONNECTED,
    DRIFT,
    FIRST,
    LATE,
    LATE_LANDS,
    LOOKS,
    MENDED,
    MODEL,
    OPEN_AGAIN,
    monday,
)

from dagster_project.ledger.ledger import Line
from dagster_project.names import LEVELS, STAGES

Rows = Sequence[Mapping[str, Any]]
# a proof takes 28 complete days of data, and labels that are a week old
SOONEST = FIRST + timedelta(days=28)


@dataclass(frozen=True)
class Year:
    """The days that were judged, in order."""

    days: dict[date, Day]

    def at(self, day: date) -> Day:
        """The run in force on a day: the newest up to it."""
        return self.days[max(each for each in self.days if each <= day)]

    def between(self, first: date, end: date) -> list[Day]:
        """Runs from ``first`` on, before ``end``."""
        return [each for day, each in self.days.items() if first <= day < end]

    def may_act(self, first: date, end: date) -> list[bool]:
        return [each.level() == "delegate" for each in self.between(first, end)]

    def is_back_before(self, first: date, end: date) -> bool:
        """Taken back at some time, given back later, and held at the end."""
        held = self.may_act(first, end)
        return not all(held) and held[-1]


def climbed(year: Year) -> bool:
    """Gate by gate from `proposed` to `scale`: alone only from limited rollout on, and at scale
    only once the metric was looked at."""
    days = year.between(FIRST, LEAVES)
    reached = {stage: _first(days, stage) for stage in STAGES}
    soonest = {
        "discovery": SOONEST,
        "build": monday(CONNECTED["business_actions"]),
        "limited_rollout": monday(CONNECTED["rail_evidence"]),
        "scale": LOOKS[0],
    }
    level = dict(zip(STAGES, ["human_only"] * 3 + ["surface"] + ["delegate"] * 2, strict=True))
    return (
        _path(days) == list(STAGES)
        and all(reached[stage] >= day for stage, day in soonest.items())
        and all(day.level() == level[_stage(day)] for day in days)
        and all(
            (day.criteria[CLASSIFY, "kpi_improved"], day.criteria[CLASSIFY, "roi_positive"])
            == (("pass",) * 2 if _stage(day) == "scale" else ("insufficient",) * 2)
            for day in days
        )
    )


def expanded(year: Year) -> bool:
    """More volume is blocked while the class is not at scale, and proven by the look after it."""
    before, begun = year.at(EXPANDS - timedelta(days=1)), year.between(EXPANDS, LOOKS[2])
    after = [day for day in year.between(LOOKS[2], monday(LATE)) if _stage(day) == "scale"]
    plans = [day.plans[CLASSIFY] for day in begun]
    return (
        (_plan(before)["proven_rung"], _plan(before)["next_rung"]) == (None, "volume")
        and bool(after)
        and {(plan["proven_rung"], plan["next_rung"]) for plan in plans} == {(None, "volume")}
        and all(
            (plan["status"], plan["finding"] is None)
            == (("begun", True) if plan["stage"] == "scale" else ("blocked", False))
            for plan in plans
        )
        and {(_plan(day)["proven_rung"], _plan(day)["next_rung"]) for day in after}
        == {("volume", "adjacent_class")}
    )


def owner_left(year: Year) -> bool:
    """The very first run without a risk owner leaves the decision to a person, until one signs."""
    before, after = year.at(LEAVES - timedelta(days=1)), year.at(LEAVES)
    vacant = year.between(LEAVES, SUCCEEDS)
    return (
        before.level() == "delegate"
        and {day.level() for day in vacant} == {"human_only"}
        and after.criteria[CLASSIFY, "owners_named"] == "fail"
        and not any(day.granted for day in vacant)
        and year.at(SUCCEEDS).level() == "human_only"  # nobody has signed for the successor yet
        and year.at(monday(DRIFT) - timedelta(days=1)).level() == "delegate"
    )


def drifted(year: Year) -> bool:
    """Demoted while the error is high, by accuracy; proven anew after it was mended."""
    bad = [
        day for day in year.between(monday(DRIFT), monday(MENDED + 2)) if day.level() != "delegate"
    ]
    return (
        bool(bad)
        and bad[0].criteria[CLASSIFY, "accuracy"] != "pass"
        and bad[0].maps[CLASSIFY]["stage"] in ("build", "pilot")
        and year.at(monday(MODEL) - timedelta(days=1)).level() == "delegate"
    )


def was_split(year: Year) -> bool:
    """The class ends, its parts begin below it and inherit nothing; what the workflow returns is
    not known until they have four weeks, so the other class leaves `scale`, and stays alone."""
    before, after = year.at(SPLIT - timedelta(days=1)), year.at(SPLIT)
    return (
        MATCH in before.maps
        and MATCH not in after.maps
        and all(after.level(part) == "human_only" for part in (BELOW, ABOVE))
        and all(after.criteria[part, "accuracy"] != "pass" for part in (BELOW, ABOVE))
        and (_stage(before), _stage(after)) == ("scale", "limited_rollout")
        and after.criteria[CLASSIFY, "roi_positive"] == "insufficient"
        and after.level() == "delegate"
    )


def changed_model(year: Year) -> bool:
    """The run that sees the new model trusts nothing that the old one proved."""
    before, after = year.at(monday(MODEL) - timedelta(days=1)), year.at(monday(MODEL))
    return (
        before.level() == "delegate"
        and after.level() != "delegate"
        and not after.granted
        and after.criteria[CLASSIFY, "accuracy"] in ("stale", "insufficient")
        and before.maps[CLASSIFY]["cohort_id"] != after.maps[CLASSIFY]["cohort_id"]
        and year.at(monday(LATE) - timedelta(days=1)).level() == "delegate"
    )


def labels_came_late(year: Year) -> bool:
    """Missing labels count as errors until they land; then the verdict is superseded."""
    return year.is_back_before(monday(LATE), monday(LATE_LANDS + 1))


def waiver_expired(year: Year) -> bool:
    """Held at `surface` while somebody bears the risk; on the day it ends a person decides."""
    held = year.between(WAIVED_FROM + timedelta(days=1), WAIVED_UNTIL)
    return (
        {day.level() for day in held} == {"surface"}
        and all(day.criteria[CLASSIFY, "fresh"] == "fail" for day in held)
        and year.at(WAIVED_UNTIL).level() == "human_only"
        and year.at(monday(OPEN_AGAIN + 2)).level() == "delegate"
    )


def was_back_at_scale(year: Year) -> bool:
    """After drift, after the new model and after the holidays; never while a person decides."""
    at_scale = [day.as_of for day in year.days.values() if _stage(day) == "scale"]
    periods = ((LEAVES, monday(DRIFT)), (monday(MENDED), SPLIT), (monday(MODEL), monday(LATE)))
    return (
        all(any(first <= day < end for day in at_scale) for first, end in periods)
        and max(at_scale) >= monday(OPEN_AGAIN)
        and all(year.at(day).level() == "delegate" for day in at_scale)
    )


def _stage(day: Day) -> str:
    return str(day.maps[CLASSIFY]["stage"])


def _plan(day: Day) -> dict[str, Any]:
    return day.plans[CLASSIFY]


def _path(days: Sequence[Day]) -> list[str]:
    """Each stage on the way, once in a row."""
    return [stage for stage, _ in groupby(days, key=_stage)]


def _first(days: Sequence[Day], stage: str) -> date:
    return min((day.as_of for day in days if _stage(day) == stage), default=date.max)


# the first day of which all of a chapter is known
CHAPTERS: dict[Callable[[Year], bool], date] = {
    climbed: LEAVES,
    owner_left: monday(DRIFT),
    drifted: monday(MODEL),
    was_split: monday(MODEL),
    expanded: monday(LATE),
    changed_model: monday(LATE),
    labels_came_late: monday(LATE_LANDS + 1),
    waiver_expired: monday(OPEN_AGAIN + 2),
    was_back_at_scale: monday(OPEN_AGAIN + 4),
}


def in_history(rows: Rows, day: date) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """What ``gate_history`` says was in force on a day: KEY → STATE."""
    return {
        values(row, KEY): values(row, STATE)
        for row in rows
        if row["from_as_of"] <= day and (row["until_as_of"] is None or day < row["until_as_of"])
    }


def in_ledger(recorded: Iterator[tuple[Line, list[Line]]]) -> Iterator[tuple[date, dict[Any, Any]]]:
    """Of every run what its verdict lines and those before it leave: KEY → STATE without stage."""
    names = ("verdict", "is_blocked", "level", "cohort_id")
    state: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for run, changed in recorded:
        state |= {values(line.body, KEY): values(line.body, names) for line in changed}
        for key in run.body["withdrawn"]:
            state.pop(tuple(key), None)
        yield date.fromisoformat(run.body["as_of"]), dict(state)


def grants_are_levels(day: Day) -> bool:
    """Exactly what is delegated is granted."""
    level = STATE.index("effective_level")
    alone = LEVELS[LEVELS.index("delegate_with_audit") :]
    return day.granted == {key[:2] for key, state in day.gates.items() if state[level] in alone}
