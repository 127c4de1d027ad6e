"""``make oracle``: 1,000 random worlds judged by SQL and by plain Python, and laws over 200.

Ends with an error when the two say anything else of a world in any column of any gate model, when a
law is broken, or when the change of a law that may change words changed none.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest
from gate_database import Gates
from law_changes import settled
from laws import LAWS, broken, the_same
from oracle import judge_world
from small_company import build
from world_shares import LEAST_SHARE, OF_LAWS, REACHABLE, reached
from worlds import world

WORLDS, LAW_WORLDS = 1000, 200
PROCESSES = 2
Found = TypeVar("Found")


def main() -> int:
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        gates = Gates(build(Path(folder) / "small", patch, {}))
    wrong: list[str] = []
    seen: Counter[str] = Counter()
    for found, reaches in each(partial(disagreements, gates), WORLDS):
        wrong += told(found)
        seen.update(reaches)
    forbidden: list[str] = []
    changed: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for found, words, reaches in each(partial(forbidden_by_laws, gates), LAW_WORLDS):
        forbidden += told(found)
        changed += words
        held.update(reaches)
    rare = [name for name in REACHABLE if seen[name] < LEAST_SHARE * WORLDS]
    rare += [f"{name}, by laws" for name in OF_LAWS if held[name] < LEAST_SHARE * LAW_WORLDS]
    idle = [name for name, law in LAWS.items() if law.allows is not the_same and not changed[name]]
    print(*(f"{name}: {changed[name]} words changed\n" for name in LAWS), sep="", end="")
    print(*(f"WITHOUT EFFECT {name}\n" for name in idle), sep="", end="")
    print(*(f"{name}: {seen[name]} worlds\n" for name in REACHABLE), sep="", end="")
    print(*(f"{name}: {held[name]} worlds of laws\n" for name in OF_LAWS), sep="", end="")
    print(*(f"TOO SELDOM {name}\n" for name in rare), sep="", end="")
    print(f"RESULT worlds={WORLDS}")
    print(f"RESULT worlds_wrong={len(wrong)}")
    print(f"RESULT worlds_reached={len(REACHABLE) + len(OF_LAWS)}")
    print(f"RESULT worlds_reached_too_seldom={len(rare)}")
    print(f"RESULT least_share={min(seen[name] for name in REACHABLE) / WORLDS}")
    print(f"RESULT laws={len(LAWS)}")
    print(f"RESULT law_worlds={LAW_WORLDS}")
    print(f"RESULT laws_words_changed={changed.total()}")
    print(f"RESULT laws_broken={len(forbidden)}")
    print(f"RESULT seconds={time.perf_counter() - start:.0f}")
    return 1 if wrong or forbidden or idle or rare else 0


def told(found: list[str]) -> list[str]:
    for line in found:
        print(f"WRONG {line}", flush=True)
    return found


def each(look: Callable[[int], Found], count: int) -> Iterator[Found]:
    """In two processes; says how far it is."""
    start = time.perf_counter()
    with ProcessPoolExecutor(PROCESSES) as pool:
        for number, found in enumerate(pool.map(look, range(count), chunksize=5), 1):
            if number % 50 == 0:
                print(f"{number} worlds, {time.perf_counter() - start:.0f} s", flush=True)
            yield found


def disagreements(gates: Gates, seed: int) -> tuple[list[str], set[str]]:
    """(what SQL and plain Python say otherwise, what the world reaches)."""
    tables = world(seed)
    judged = judge_world(tables)
    models = gates.differing(tables, judged)
    return [f"world {seed}: {', '.join(models)}"] if models else [], reached(tables, judged)


def forbidden_by_laws(gates: Gates, seed: int) -> tuple[list[str], Counter[str], set[str]]:
    """(what laws forbid, the words that each changed, what the world reaches before)."""
    tables = settled(world(seed))
    found, changed = broken(gates, tables, Random(seed))
    reaches = reached(tables, judge_world(tables))
    return [f"world {seed}: {line}" for line in found], changed, reaches


if __name__ == "__main__":
    sys.exit(main())
