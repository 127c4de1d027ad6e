"""``make mutants``: faults in the gates' SQL and in their registry, and 1,000 random worlds.

Every mutant must be told from the real thing, or stand in ``equivalents.yaml`` with the reason why
nothing can tell it. Ends with an error when one lives, or when the oracle and the SQL disagree.
"""

import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from gate_database import Gates
from oracle import judge_world
from registry_mutants import survivors
from small_company import build
from sql_mutants import BUILDS, Trial, judged
from worlds import world

WORLDS = 1_000
SEEDS = range(40)
EQUIVALENTS = Path(__file__).with_name("equivalents.yaml")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        models = set(judge_world(world(0)))
        gates = Gates(build(Path(folder) / "small", patch, {}), models)
        (Path(folder) / "registry").mkdir()
        rows, refused_by_nobody = survivors(Path(folder) / "registry")
        print(f"{rows} registry mutants, {len(refused_by_nobody)} alive", flush=True)
        outcomes, alive, idle = sql_mutants(gates)
        wrong = disagreements(gates)
    for line in [*refused_by_nobody, *alive]:
        print(f"ALIVE {line}")
    for line in idle:
        print(f"NO LONGER EQUIVALENT, OR GONE {line}")
    print(f"RESULT mutants={outcomes.total() - outcomes['broken']}")
    print(f"RESULT mutants_killed={outcomes['killed']}")
    print(f"RESULT mutants_equivalent={outcomes['equivalent']}")
    print(f"RESULT mutants_alive={len(alive)}")
    print(f"RESULT registry_mutants={rows}")
    print(f"RESULT registry_mutants_alive={len(refused_by_nobody)}")
    print(f"RESULT worlds={WORLDS}")
    print(f"RESULT worlds_wrong={wrong}")
    return 1 if alive or idle or refused_by_nobody or wrong else 0


def sql_mutants(gates: Gates) -> tuple[Counter[str], list[str], list[str]]:
    """(outcomes, who lives, whom the list calls equivalent though it is not alive)."""
    known = {
        f"{model}: {change}"
        for entry in yaml.safe_load(EQUIVALENTS.read_text(encoding="utf-8"))
        for model in entry["models"]
        for change in entry["changes"]
    }
    outcomes: Counter[str] = Counter()
    alive, seen = [], set()
    for builds in (True, False):
        with ExitStack() as stack:
            trial = Trial(gates, stack, SEEDS, builds=builds)
            for model in [BUILDS] if builds else sorted(gates.sql.keys() - {BUILDS, "int_run_context"}):
                found: Counter[str] = Counter()
                for mutant, outcome in judged(trial, model):
                    name = f"{model}: {mutant.change}"
                    if outcome == "alive" and name in known:
                        outcome = "equivalent"
                        seen.add(name)
                    elif outcome == "alive":
                        alive.append(name)
                    found[outcome] += 1
                print(f"{model}: {dict(found.most_common())}", flush=True)
                outcomes += found
    return outcomes, alive, sorted(known - seen)


def disagreements(gates: Gates) -> int:
    wrong = 0
    for seed in range(WORLDS):
        if differing := gates.differing(world(seed)):
            wrong += 1
            print(f"WRONG world {seed}: {differing}", flush=True)
        if seed % 100 == 99:
            print(f"{seed + 1} worlds, {wrong} differ", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
