"""The logs of a company over a year, simulated in periods, by the day on which they land."""

import csv
import gzip
import io
import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from dagster_project.simulate import simulate
from dagster_project.simulate.kpis import kpi_lines
from dagster_project.simulate.plan import CLASSES

FIRST = date(2025, 2, 3)
WEEKS = 52
SEED = 7
# first week, week after the last, what is planted from the first day on
DRIFT, MENDED, MODEL = 18, 21, 32
PERIODS = ((0, DRIFT, ""), (DRIFT, MENDED, "drift"), (MENDED, MODEL, ""), (MODEL, 52, "new model"))
PLANTS = {"": [], "drift": ["drift"], "new model": ["cohort_change"]}
# about 120 decisions a working day of the one class and 16 of the other; each is reviewed
PLANS = (
    replace(CLASSES[0], inclusion_probability=1.0),
    replace(CLASSES[1], inclusion_probability=1.0, per_week=80, error_rate=0.01),
)
# three of ten reviews of two weeks are held back, and land together
LATE, LATE_LANDS, LATE_TENTHS = 42, 44, 3
# two exports come later than the agent: by then they hold all that was
CONNECTED = {"business_actions": 7, "rail_evidence": 9}
# three looks at 1.25 % each, half of it for the value: 240 weeks
WEEKS_BEFORE = 240
# nobody works in these two weeks
CLOSED, OPEN_AGAIN = 46, 48
WHEN = {
    "decisions": "occurred_at",
    "audit_sample": "selected_at",
    "reviews": "reviewed_at",
    "reversals": "attempted_at",
    "business_actions": "executed_at",
    "rail_evidence": "observed_at",
}
DECIDED = re.compile(r"-(\d{4})(\d{2})(\d{2})-")
Days = dict[date, dict[str, list[str]]]


def monday(week: int) -> date:
    return FIRST + timedelta(weeks=week)


# one stands for 92 days, so that the year is looked at throughout
LOOKS = tuple(monday(week) for week in (13, 26, 39))


def year_of_logs(folder: Path) -> Days:
    """Day → stream → lines. KPIs are whole files, each with its header."""
    days: Days = defaultdict(lambda: defaultdict(list))
    sequence = 0
    for first, end, plants in PERIODS:
        for stream, row in _period(folder / f"from-{first}", first, end, PLANTS[plants]):
            if stream == "decisions":
                sequence += 1
                row["sequence_number"] = sequence
            days[_lands_on(stream, row)][stream].append(json.dumps(row))
    for day, lines in _kpis():
        days[day]["kpis"] = lines
    return days


def drop(folder: Path, day: date, streams: dict[str, list[str]]) -> None:
    """The files of a day, as an export of the night writes them."""
    for stream, lines in streams.items():
        name = f"{stream}-{day:%Y%m%d}"
        text = "".join(f"{line}\n" for line in lines).encode()
        if stream == "kpis":
            (folder / f"{name}.csv").write_bytes(text)
        else:
            (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(text, mtime=0))


def _period(
    folder: Path, first: int, end: int, plants: list[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows about decisions of these weeks; simulated a week longer, for their reviews."""
    simulate(
        folder,
        seed=SEED,
        weeks=end - first + 1,
        end=monday(end + 1) - timedelta(days=1),
        classes=PLANS,
        plants=plants,
        since=monday(first) if plants else None,
    )
    for stream in WHEN:
        for line in gzip.decompress((folder / f"{stream}.jsonl.gz").read_bytes()).splitlines():
            row = json.loads(line)
            day = _decided_on(stream, row)
            if day < monday(end) and not monday(CLOSED) <= day < monday(OPEN_AGAIN):
                yield stream, row


def _decided_on(stream: str, row: dict[str, Any]) -> date:
    found = DECIDED.search(row.get("decision_id") or "")
    return date(*map(int, found.groups())) if found else _day(row[WHEN[stream]])


def _lands_on(stream: str, row: dict[str, Any]) -> date:
    day = max(_day(row[WHEN[stream]]), monday(CONNECTED.get(stream, 0)))
    if stream == "reviews" and monday(LATE) <= day < monday(LATE_LANDS):
        is_held_back = zlib.crc32(row["review_id"].encode()) % 10 < LATE_TENTHS
        return monday(LATE_LANDS) if is_held_back else day
    return day


def _day(moment: str) -> date:
    return date.fromisoformat(moment[:10])


def _kpis() -> Iterator[tuple[date, list[str]]]:
    """The weeks before the launch on its day, then each week on the Monday after it."""
    header, *lines = kpi_lines(SEED, FIRST, WEEKS, before=WEEKS_BEFORE)
    found: dict[date, list[str]] = defaultdict(lambda: [header])
    for line in lines:
        (cells,) = csv.DictReader(io.StringIO(f"{header}\n{line}\n"))
        begins = date.fromisoformat(cells["period_start"])
        found[max(FIRST, begins + timedelta(weeks=1))].append(line)
    yield from found.items()
