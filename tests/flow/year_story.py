"""What the year should say, chapter by chapter, and whether ledger and history said it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from steps import CLASSIFY, MATCH
from year_company import KEY, STATE, Day, values
from year_events import ABOVE, BELOW, LEAVES, SPLIT, SUCCEEDS, WAIVED_FROM, WAIVED_UNTIL
from year_logs import DRIFT, FIRST, LATE, LATE_LANDS, MENDED, MODEL, OPEN_AGAIN, monday

from dagster_project.ledger.ledger import Line
from dagster_project.names import LEVELS

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


def launched(year: Year) -> bool:
    """A person decides until 28 days of data are there and both owners signed; then it may act."""
    return not any(year.may_act(FIRST, SOONEST)) and year.at(
        LEAVES - timedelta(days=7)
    ).level() == ("delegate")


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
    """The class ends, its parts begin below it and inherit nothing."""
    before, after = year.at(SPLIT - timedelta(days=1)), year.at(SPLIT)
    return (
        MATCH in before.maps
        and MATCH not in after.maps
        and all(after.level(part) == "human_only" for part in (BELOW, ABOVE))
        and all(after.criteria[part, "accuracy"] != "pass" for part in (BELOW, ABOVE))
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


def never_scaled(year: Year) -> bool:
    """Value fit lacks an evidence maker yet, so nothing goes beyond a limited rollout."""
    stages = {row["stage"] for day in year.days.values() for row in day.maps.values()}
    return "limited_rollout" in stages and "scale" not in stages


# the first day of which all of a chapter is known
CHAPTERS: dict[Callable[[Year], bool], date] = {
    launched: LEAVES,
    owner_left: monday(DRIFT),
    drifted: monday(MODEL),
    was_split: monday(MODEL),
    changed_model: monday(LATE),
    labels_came_late: monday(LATE_LANDS + 1),
    waiver_expired: monday(OPEN_AGAIN + 2),
    never_scaled: monday(OPEN_AGAIN + 2),
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
