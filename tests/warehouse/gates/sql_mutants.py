"""Mutants of the gates' SQL: which of them a fixed set of worlds tells from the real thing."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from threading import Timer
from typing import Any

import duckdb
from deviations import deviations, verdicts
from gate_database import Gates
from hand_built import cases
from hand_built_edges import CONTEXT
from mutations import Mutant, mutants, regenerated
from oracle import FACTS, judge_world
from oracle_criteria import Row, Tables, criterion_verdict
from oracle_ladder import gates as worst_of
from test_criterion_verdict import case
from worlds import KNOWN, LATER, world

RUN, BUILDS = "int_run_context", "evd_builds"
BANDS = "gate_amount_bands"  # a fourth time, as one CTE
CASE = "criterion_verdict"  # that all judged models share
JUDGED = ("gate_measured", "gate_mapped", "gate_tests")  # three times the same macro
ODD_SEEDS = (1, 2, 5, 8, 11, 17)
LONGEST_SECONDS = 20  # the slowest sound statement takes less than 1
Wanted = Counter[Any]
ODD = {"latency": "odd", "volume_floor": None, "kpi_improved": "passed"}


class Trial:
    """Databases of fixed worlds, and what the oracle says every model must hold in each.

    ``seen`` holds (database, what the model must hold) by model; those with the fewest rows come
    first, and before them the one that noticed a fault last.
    """

    def __init__(self, gates: Gates, stack: ExitStack) -> None:
        self.gates = gates
        self.stack = stack
        self.seen: dict[str, list[tuple[duckdb.DuckDBPyConnection, Wanted]]] = defaultdict(list)

    def add_worlds(self, seeds: range) -> None:
        """Whole worlds with every model; then some with words that no macro writes."""
        for seed in seeds:
            self.add(world(seed), tuple(self.gates.sql))
        for seed in ODD_SEEDS:
            self.add_odd_words(world(seed))
        for model, inputs, rows in cases():
            connection = self.opened({"landing.run_context": [CONTEXT]} | inputs, (RUN,))
            self.see(connection, model, rows)
        self.in_order()

    def add_facts(self) -> None:
        """evd_builds looks at facts alone, so it gets worlds of facts alone."""
        for tables in worlds_of_builds():
            self.add(tables, (RUN, BUILDS))
        self.in_order()

    def in_order(self) -> None:
        for seen in self.seen.values():
            seen.sort(key=lambda look: look[1].total())

    def add(self, tables: Tables, models: tuple[str, ...]) -> None:
        connection = self.opened(tables, models)
        oracle = judge_world(tables)
        for model in oracle.keys() & set(models):
            self.see(connection, model, oracle[model])

    def opened(
        self, tables: Tables, models: tuple[str, ...] | None = None
    ) -> duckdb.DuckDBPyConnection:
        return self.stack.enter_context(closing(self.gates.open(tables, models)))

    def see(self, connection: duckdb.DuckDBPyConnection, model: str, rows: list[Row]) -> None:
        self.seen[model].append((connection, self.gates.wanted(connection, model, rows)))

    def add_odd_words(self, tables: Tables) -> None:
        """Verdicts that no macro writes, and a gate without one that is due."""
        connection = self.opened(tables)
        verdicts = judge_world(tables)["gate_verdicts"]
        for row in verdicts:
            row["verdict"] = ODD.get(row["criterion_id"], row["verdict"])
            if row["gate"] == "data_fit":
                row["verdict"] = "not_applicable"
        connection.execute(
            "update gates.gate_verdicts set verdict = 'not_applicable' where gate = 'data_fit'"
        )
        for criterion, word in ODD.items():
            connection.execute(
                "update gates.gate_verdicts set verdict = $1 where criterion_id = $2",
                [word, criterion],
            )
        self.see(connection, "gate_ladder", worst_of(verdicts))

    def is_noticed(self, model: str, sql: str) -> bool:
        """Whether a world differs from the oracle."""
        seen = self.seen[model]
        for place, (connection, wanted) in enumerate(seen):
            if self.differs(connection, model, sql, wanted):
                seen.insert(0, seen.pop(place))
                return True
        return False

    def differs(
        self, connection: duckdb.DuckDBPyConnection, model: str, sql: str, wanted: Wanted
    ) -> bool:
        """Whether the rows are others, or so many that they take too long or no longer fit."""
        watch = Timer(LONGEST_SECONDS, connection.interrupt)
        watch.start()
        try:
            return self.gates.rows(connection, model, sql, wanted.total() + 1) != wanted
        except (duckdb.InterruptException, duckdb.OutOfMemoryException):
            return True
        finally:
            watch.cancel()


def worlds_of_builds() -> Iterator[Tables]:
    """Nothing but facts: each alone, known by now or later, beside another of the same build; then
    frozen ones beside others, and alone."""
    first = world(1)
    context, cohort = first["landing.run_context"], first["facts.fct_cohorts"][0]
    yield from worlds_of_frozen(context, cohort)
    for fact in FACTS:
        for batch in (KNOWN, LATER):
            for build in ("build", "other"):
                own = [cohort | {"landing_batch": batch, "build_id": build}] * 2
                beside = "fct_latency_daily" if fact != "fct_latency_daily" else "fct_kpis"
                yield {
                    "landing.run_context": context,
                    f"facts.{beside}": [{"landing_batch": "b1", "build_id": "build"}],
                    f"facts.{fact}": own,
                }


def worlds_of_frozen(context: list[Row], cohort: Row) -> Iterator[Tables]:
    """Each batch with the builds that made it; which of the batches are frozen."""
    for made, frozen in (
        ({"b1": ("old",), "b2": ("new",)}, {"b1"}),
        ({"b1": ("old",), "b2": ("new", "newer")}, {"b1"}),
        ({"b1": ("old",), "b2": ("new",)}, {"b1", "b2"}),
        ({"b1": ("old",), "b2": ("new",)}, set()),
        ({"b1": ("old",), "b2": ("old",)}, {"b2"}),
    ):
        yield {
            "landing.run_context": context,
            "landing.files": [{"landing_batch": b, "is_frozen": b in frozen} for b in made],
            "facts.fct_cohorts": [
                cohort | {"landing_batch": batch, "build_id": build}
                for batch, builds in made.items()
                for build in builds
            ],
        }


def judged(trial: Trial, model: str) -> Iterator[tuple[Mutant, str]]:
    """(mutant, `killed`, `alive` or `broken`: the engine refuses to run it)."""
    twins = {name: by_change(trial, name) for name in JUDGED[1:] if model == JUDGED[0]}
    _, sql = trial.gates.sql[model]
    assert not trial.is_noticed(model, regenerated(sql)), f"{model} differs from the oracle"
    within = "due" if model in JUDGED[1:] else None
    but = "judged" if model in (*JUDGED, BANDS) else None  # of the macro that is the CASE below
    for mutant in mutants(sql, within=within, but=but):
        forms = [(model, mutant.sql)]
        forms += [(name, of[mutant.change]) for name, of in twins.items() if mutant.change in of]
        yield mutant, outcome(lambda forms=forms: any(trial.is_noticed(*form) for form in forms))


def by_change(trial: Trial, model: str) -> dict[str, str]:
    sql = trial.gates.sql[model][1]
    return {mutant.change: mutant.sql for mutant in mutants(sql, but="judged")}


def judged_case() -> Iterator[tuple[Mutant, str]]:
    """Of the one CASE that makes a verdict, over every row three steps from a pass."""
    rows = deviations(3)
    wanted = [criterion_verdict(row) for row in rows]
    for mutant in mutants(f"select {case('criterion_verdict')}"):
        sql = mutant.sql.removeprefix("SELECT ")
        yield mutant, outcome(lambda sql=sql: verdicts(sql, rows) != wanted)


def outcome(is_noticed: Callable[[], bool]) -> str:
    try:
        return "killed" if is_noticed() else "alive"
    except duckdb.Error:
        return "broken"
