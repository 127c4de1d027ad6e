"""``make mutants``: faults in the gates' SQL and in their registry.

Every mutant must be told from the real thing, or stand in ``equivalents.yaml`` with the reason why
nothing can tell it. Ends with an error when one lives, and when one of the list dies or is gone.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from gate_database import Gates
from mutations import Mutant
from registry_mutants import survivors
from small_company import build
from sql_mutants import BUILDS, Trial, judged, judged_case

SEEDS = range(24)
EQUIVALENTS = Path(__file__).with_name("equivalents.yaml")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        gates = Gates(build(Path(folder) / "small", patch, {}))
        (Path(folder) / "registry").mkdir()
        rows, refused_by_nobody = survivors(Path(folder) / "registry")
        print(f"{rows} registry mutants, {len(refused_by_nobody)} alive", flush=True)
        outcomes, alive, idle = sql_mutants(gates)
    for line in refused_by_nobody:
        print(f"ALIVE {line}")
    for line in idle:
        print(f"NO LONGER EQUIVALENT, OR GONE {line}")
    print(f"RESULT mutants={outcomes.total() - outcomes['broken']}")
    print(f"RESULT mutants_killed={outcomes['killed']}")
    print(f"RESULT mutants_equivalent={outcomes['equivalent']}")
    print(f"RESULT mutants_alive={len(alive)}")
    print(f"RESULT registry_mutants={rows}")
    print(f"RESULT registry_mutants_alive={len(refused_by_nobody)}")
    return 1 if alive or idle or refused_by_nobody else 0


def sql_mutants(gates: Gates) -> tuple[Counter[str], list[str], list[str]]:
    """(outcomes, who lives, whom the list calls equivalent though it is not alive)."""
    known = {
        f"{model}: {change}"
        for entry in yaml.safe_load(EQUIVALENTS.read_text(encoding="utf-8"))
        for model in entry["models"]
        for change in entry["changes"]
    }
    tally = Tally(known)
    tally.add("criterion_verdict", judged_case())
    for builds in (True, False):
        with ExitStack() as stack:
            trial = Trial(gates, stack, SEEDS, builds=builds)
            others = sorted(gates.sql.keys() - {BUILDS, "int_run_context"})
            for model in [BUILDS] if builds else others:
                tally.add(model, judged(trial, model))
    return tally.outcomes, tally.alive, sorted(known - tally.equivalent)


class Tally:
    def __init__(self, known: set[str]) -> None:
        self.known = known
        self.outcomes: Counter[str] = Counter()
        self.alive: list[str] = []
        self.equivalent: set[str] = set()

    def add(self, model: str, found: Iterable[tuple[Mutant, str]]) -> None:
        own: Counter[str] = Counter()
        for mutant, outcome in found:
            name = f"{model}: {mutant.change}"
            if outcome == "alive" and name in self.known:
                self.equivalent.add(name)
                own["equivalent"] += 1
                continue
            if outcome == "alive":
                self.alive.append(name)
                print(f"ALIVE {name}", flush=True)
            own[outcome] += 1
        print(f"{model}: {dict(own.most_common())}", flush=True)
        self.outcomes += own


if __name__ == "__main__":
    sys.exit(main())
