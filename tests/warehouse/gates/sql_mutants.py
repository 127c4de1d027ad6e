"""Mutants of the gates' SQL: which of them a fixed set of worlds tells from the real thing."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import duckdb
from gate_database import Gates, counted
from mutations import Mutant, mutants, regenerated
from oracle import FACTS, Tables, judge_world
from worlds import KNOWN, LATER, world

SEEDS = range(60)
# one macro: its own part is mutated where most kinds of evidence arrive
SAME_MACRO = {"gate_tests": "due", "gate_mapped": "due"}


class Trial:
    """Databases of fixed worlds, and what the oracle says every model must hold in each."""

    def __init__(self, gates: Gates, stack: ExitStack, seeds: range) -> None:
        self.gates = gates
        self.worlds = [
            (stack.enter_context(gates.opened(rows)), expected(rows)) for rows in fixed(seeds)
        ]

    def is_noticed(self, model: str, sql: str) -> bool:
        """Whether a world differs from the oracle, tried where the fewest rows are first."""
        for connection, wanted in self.worlds:
            connection.begin()
            try:
                self.gates.build(connection, model, sql)
                found = counted(self.gates.rows(connection, model))
            finally:
                connection.rollback()
            if found != wanted[model]:
                return True
        return False


def expected(rows: Tables) -> dict[str, Counter[Any]]:
    return {model: counted(wanted) for model, wanted in judge_world(rows).items()}


def fixed(seeds: range) -> list[Tables]:
    found = sorted((world(seed) for seed in seeds), key=lambda w: len(w["evidence.estimates"]))
    return [*worlds_of_builds(), *found]


def worlds_of_builds() -> Iterator[Tables]:
    """Nothing but facts: each alone, known by now or later, beside another of the same build."""
    for fact in FACTS:
        for batch in (KNOWN, LATER):
            for other in ("build", "other"):
                rows = empty_world()
                rows["facts.fct_latency_daily"] = [{"landing_batch": "b1", "build_id": "build"}]
                own = {"landing_batch": batch, "build_id": other}
                rows[f"facts.{fact}"] = [*rows.get(f"facts.{fact}", []), own, own]
                yield rows if fact != "fct_cohorts" else rows | {f"facts.{fact}": []}


def empty_world() -> Tables:
    tables = world(0)
    context = tables["landing.run_context"]
    return {table: [] for table in tables} | {"landing.run_context": context}


def of_model(model: str, sql: str) -> Iterator[Mutant]:
    return mutants(sql, within=SAME_MACRO.get(model))


def judged(trial: Trial, model: str) -> Iterator[tuple[Mutant, str]]:
    """(mutant, `killed`, `alive` or `broken`: the engine refuses to run it)."""
    _, sql = trial.gates.sql[model]
    assert not trial.is_noticed(model, regenerated(sql)), f"{model} differs from the oracle"
    for mutant in of_model(model, sql):
        try:
            is_killed = trial.is_noticed(model, mutant.sql)
        except duckdb.Error:
            yield mutant, "broken"
        else:
            yield mutant, "killed" if is_killed else "alive"
