"""``make mutants``: faults in the gates' SQL and in their registry.

Every mutant must be told from the real thing, or stand in ``equivalents.yaml`` with the reason why
nothing can tell it. Ends with an error when one lives, and when one of the list dies or is gone.
Names of models as arguments (``make mutants MODELS="gate_levels gate_holds"``) limit it to those.
"""

import math
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from gate_database import Gates
from hand_built_edges import SHOWN
from oracle import judge_world
from registry_mutants import survivors
from small_company import build
from sql_mutants import BUILDS, CASE, RUN, Trial, judged, judged_case
from worlds import world

SEEDS = range(24)
PROCESSES = 2
REGISTRY = "registry"
EQUIVALENTS = Path(__file__).with_name("equivalents.yaml")
Outcomes = list[tuple[str, str]]


def main(arguments: Sequence[str]) -> int:
    parts = sorted([REGISTRY, CASE, RUN, *SHOWN, *judge_world(world(0))])
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="MODEL", help="one of: " + ", ".join(parts))
    chosen = parser.parse_args(arguments).parts or parts
    if strange := set(chosen) - set(parts):
        parser.error("no such model: " + ", ".join(sorted(strange)))
    refused = refused_by_nobody() if REGISTRY in chosen else []
    tally = Tally(listed(chosen))
    for part, found in judged_parts([part for part in chosen if part != REGISTRY]):
        tally.add(part, found)
    return tally.reported(refused)


def refused_by_nobody() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        count, alive = survivors(Path(folder))
    for line in alive:
        print(f"ALIVE {line}")
    print(f"{count} registry mutants, {len(alive)} alive", flush=True)
    print(f"RESULT registry_mutants={count}")
    print(f"RESULT registry_mutants_alive={len(alive)}")
    return alive


def judged_parts(parts: list[str]) -> Iterator[tuple[str, Outcomes]]:
    """Of each part what became of its mutants, as soon as it is done; the largest begin first."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        gates = Gates(build(Path(folder) / "small", patch, {}))
    lengths = {part: len(gates.sql[part][1]) for part in parts if part != CASE}
    begun = sorted(parts, key=lambda part: lengths.get(part, math.inf), reverse=True)
    with ProcessPoolExecutor(PROCESSES, initializer=Bench.open, initargs=(gates,)) as pool:
        running: dict[Future[Outcomes], str] = {pool.submit(outcomes, p): p for p in begun}
        for done in as_completed(running):
            yield running[done], done.result()


class Bench:
    """What a process keeps from one model to the next: its databases, opened when first needed."""

    gates: Gates
    trials: dict[bool, Trial]

    @classmethod
    def open(cls, gates: Gates) -> None:
        cls.gates, cls.trials = gates, {}

    @classmethod
    def trial(cls, model: str) -> Trial:
        is_builds = model == BUILDS
        if is_builds not in cls.trials:
            trial = cls.trials[is_builds] = Trial(cls.gates, ExitStack())
            if is_builds:
                trial.add_facts()
            else:
                trial.add_worlds(SEEDS)
        return cls.trials[is_builds]


def outcomes(part: str) -> Outcomes:
    """(change, what became of it) of every mutant of a model, or of the CASE of all."""
    found = judged_case() if part == CASE else judged(Bench.trial(part), part)
    return [(mutant.change, outcome) for mutant, outcome in found]


def listed(parts: Sequence[str]) -> set[str]:
    """Those of the parts that nothing can tell, by hand."""
    return {
        f"{model}: {change}"
        for entry in yaml.safe_load(EQUIVALENTS.read_text(encoding="utf-8"))
        for model in entry["models"]
        if model in parts
        for change in entry["changes"]
    }


class Tally:
    def __init__(self, known: set[str]) -> None:
        self.known = known
        self.counts: Counter[str] = Counter()
        self.alive: list[str] = []
        self.equivalent: set[str] = set()
        self.start = time.perf_counter()

    def add(self, part: str, found: Outcomes) -> None:
        own: Counter[str] = Counter()
        for change, outcome in found:
            name = f"{part}: {change}"
            if outcome == "alive" and name in self.known:
                self.equivalent.add(name)
                own["equivalent"] += 1
                continue
            if outcome == "alive":
                self.alive.append(name)
                print(f"ALIVE {name}")
            own[outcome] += 1
        seconds = time.perf_counter() - self.start
        print(f"{part}: {dict(own.most_common())}, after {seconds:.0f} s", flush=True)
        self.counts += own

    def reported(self, refused: list[str]) -> int:
        """Exit status; what the list calls equivalent though it is not alive is an error too."""
        idle = sorted(self.known - self.equivalent)
        print(*(f"NO LONGER EQUIVALENT, OR GONE {name}\n" for name in idle), sep="", end="")
        print(f"RESULT mutants={self.counts.total() - self.counts['broken']}")
        print(f"RESULT mutants_killed={self.counts['killed']}")
        print(f"RESULT mutants_equivalent={self.counts['equivalent']}")
        print(f"RESULT mutants_alive={len(self.alive)}")
        print(f"RESULT seconds={time.perf_counter() - self.start:.0f}")
        return 1 if self.alive or idle or refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
