"""``make year``: a year of a company, and whether ledger and history tell it right.

Files are dropped and people act on every day. Every seventh day, and the days around an event, are
judged by dbt and recorded in the ledger under the year's own clock (``YEAR_STEP=1``: every day).
Then the history is held against what each run said, and days by lot are judged again from a copy
of the ledger. ``YEAR_WEEKS`` ends it earlier. ``YEAR_FOLDER`` names a folder that is kept: what was
lived there is not lived again, so that a year may take several sittings.
"""

import os
import pickle
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from company import make_company, open_company, parse_in_process
from year_company import Day, ask, morning_after, run_day, two_classes
from year_events import EVENTS, sign_when_asked
from year_logs import (
    CLOSED,
    CONNECTED,
    FIRST,
    LATE_LANDS,
    LOOKS,
    WEEKS,
    Days,
    drop,
    monday,
    year_of_logs,
)
from year_story import CHAPTERS, Year, grants_are_levels, in_history, in_ledger

from dagster_project.files import write_durably
from dagster_project.ledger.record import runs
from dagster_project.settings import Project

LAST_WEEK = int(os.environ.get("YEAR_WEEKS", str(WEEKS)))
STEP = int(os.environ.get("YEAR_STEP", "7"))
REPLAYED = 30
CLI = ("-m", "dagster_project.cli.entry")
# runs around an event whatever the step; the holidays are one long event
AROUND = range(-1, 3)


@dataclass
class Outcome:
    """``replayed``: days whose recorded digest came out again."""

    failures: list[str] = field(default_factory=list)
    told: int = 0
    equal_days: int = 0
    replayed: int = 0
    signed: int = 0


def main() -> int:
    outcome = Outcome()
    with a_folder() as folder, pytest.MonkeyPatch.context() as patch:
        project = company_in(folder, patch)
        with tempfile.TemporaryDirectory() as simulated:
            logs = year_of_logs(Path(simulated))
        year = Year(lived(project, logs, Diary(folder / "diary")))
        outcome.signed = sum(len(day.signed) for day in year.days.values())
        tell(year, outcome)
        compare(project, year, outcome)
        replay(project, year, outcome)
    for line in outcome.failures:
        print(f"FAILED {line}")
    print(f"RESULT year_runs={len(year.days)}")
    print(f"RESULT year_signatures={outcome.signed}")
    print(f"RESULT year_chapters_told={outcome.told}")
    print(f"RESULT year_days_as_recorded={outcome.equal_days}")
    print(f"RESULT year_replayed_equal={outcome.replayed}")
    print(f"RESULT year_failed={len(outcome.failures)}")
    return 1 if outcome.failures else 0


@contextmanager
def a_folder() -> Iterator[Path]:
    if named := os.environ.get("YEAR_FOLDER"):
        yield Path(named)
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)


def company_in(folder: Path, patch: pytest.MonkeyPatch) -> Project:
    """The company on its first morning, or as an earlier sitting left it."""
    if (folder / "diary").is_dir():
        project = open_company(folder, patch)
    else:
        for left in ("company", "home"):
            shutil.rmtree(folder / left, ignore_errors=True)
        project = make_company(folder, patch)
        two_classes(project)
        (project.root / "data" / "procurement").mkdir(parents=True)
        (folder / "diary").mkdir()
    parse_in_process(project)
    return project


class Diary:
    """What was lived, with the registry at the end of each day: an event happens once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self) -> dict[date, Day]:
        days = [pickle.loads(path.read_bytes()) for path in sorted(self.folder.glob("*.day"))]
        return {day.as_of: day for day in days}

    def write(self, day: Day, registry: Path) -> None:
        kept = self.folder / f"{day.as_of}.registry"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(registry, kept)
        write_durably(self.folder / f"{day.as_of}.day", pickle.dumps(day))

    def restore(self, day: date, registry: Path) -> None:
        """The registry as it was when that day ended, whatever the next one had begun."""
        shutil.copytree(self.folder / f"{day}.registry", registry, dirs_exist_ok=True)


def lived(project: Project, logs: Days, diary: Diary) -> dict[date, Day]:
    """Each day: people do what they do, files are dropped, the run of the next morning."""
    registry = project.root / "seeds" / "registry"
    days = diary.read()
    if newest := max(days, default=None):
        diary.restore(newest, registry)
        print(f"{newest} is where it goes on, after {len(days)} runs", flush=True)
    before = ""
    for number in range(7 * LAST_WEEK):
        day = FIRST + timedelta(days=number)
        if newest and day <= newest:
            continue
        if event := EVENTS.get(day):
            event(project)
            print(f"{day} {event.__name__}", flush=True)
        drop(project.root / "data" / "procurement", day, logs.get(day, {}))
        if not is_judged(day):
            continue
        begun = time.process_time()
        said = run_day(replace(project, as_of=day), day)
        days[day] = replace(said, signed=tuple(sign_when_asked(project, said)))
        diary.write(days[day], registry)
        seconds = time.process_time() - begun
        if signed := days[day].signed:
            print(f"{day} signed: {', '.join(signed)}", flush=True)
        if (now := described(days[day])) != before:
            before = now
            print(f"{day} {now}, {seconds:.0f} CPU seconds", flush=True)
    return days


def is_judged(day: date) -> bool:
    events = [*EVENTS, *LOOKS, *map(monday, (LATE_LANDS, *CONNECTED.values()))]
    return (
        (day - FIRST).days % STEP == STEP - 1
        or any((day - event).days in AROUND for event in events)
        or monday(CLOSED) <= day < monday(CLOSED + 1)
    )


def described(day: Day) -> str:
    """Stage and level of every class, and why."""
    return ", ".join(
        f"{name.partition('.')[2]} {row['stage']} {row['effective_level']} "
        f"({row['effective_reason']})"
        for name, row in sorted(day.maps.items())
    )


def tell(year: Year, outcome: Outcome) -> None:
    """Every chapter that has come to its end."""
    for chapter, known in CHAPTERS.items():
        if known <= monday(LAST_WEEK):
            outcome.told += check(outcome, chapter(year), f"{chapter.__name__}: {chapter.__doc__}")


def compare(project: Project, year: Year, outcome: Outcome) -> None:
    """Every day: what its run said, what the ledger says of it, what the history says of it."""
    history = ask(project, "SELECT * FROM marts.gate_history")
    lines = dict(in_ledger(runs(project.ledger)))
    for day, said in year.days.items():
        without_stage = {key: (*state[:2], *state[3:]) for key, state in said.gates.items()}
        are_equal = [
            in_history(history, day) == said.gates,
            lines[day] == without_stage,
            grants_are_levels(said),
        ]
        outcome.equal_days += all(are_equal)
        if not all(are_equal):
            outcome.failures.append(f"{day}: history, ledger, grants as recorded: {are_equal}")
    print(f"{outcome.equal_days} of {len(year.days)} days are told as they were", flush=True)


def replay(project: Project, year: Year, outcome: Outcome) -> None:
    """A seeded sample of days from a copy of the ledger, known as of their own morning."""
    with tempfile.TemporaryDirectory() as elsewhere:
        shutil.copytree(project.ledger, Path(elsewhere) / "ledger")
        replay_in(Path(elsewhere), year, outcome)


def replay_in(elsewhere: Path, year: Year, outcome: Outcome) -> None:
    chosen = random.Random(REPLAYED).sample(list(year.days), min(REPLAYED, len(year.days)))
    for day in sorted(chosen):
        known_at = morning_after(day) + timedelta(hours=1)
        asked = ("--as-of", day.isoformat(), "--known-at", known_at.isoformat())
        done = subprocess.run(
            [sys.executable, *CLI, "replay", "--ledger", "ledger", *asked],
            cwd=elsewhere,
            capture_output=True,
            text=True,
            check=False,
        )
        is_equal = done.returncode == 0
        outcome.replayed += check(outcome, is_equal, f"replay {day}: {done.stdout[:80]}")


def check(outcome: Outcome, is_met: bool, what: str) -> bool:
    print(f"{'ok' if is_met else 'FAILED'} {what}", flush=True)
    if not is_met:
        outcome.failures.append(what)
    return is_met


if __name__ == "__main__":
    sys.exit(main())
