"""Writing ``evidence.expectation_results`` and ``evidence.data_fit``: counts, never a verdict.

``expected_count`` comes from the suite files. A class counts an expectation as met only with
positive proof; everything else is in ``failing``. Only ``required`` expectations are counted
in ``data_fit``; ``advisory`` ones are in ``expectation_results`` alone.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dagster_project import warehouse
from dagster_project.evidence.data_fit.evaluate import (
    ExpectationResult,
    Registry,
    all_raised,
    evaluate,
    read_registry,
)
from dagster_project.evidence.data_fit.model import PROFILE_TABLE, Suite
from dagster_project.evidence.data_fit.run import first_line

if TYPE_CHECKING:
    import duckdb

TABLES: Final = """
create schema if not exists evidence;
create table if not exists evidence.expectation_results (
    as_of date, known_batch varchar, table_name varchar, suite varchar, expectation_id varchar,
    expectation_type varchar, is_evaluated boolean, is_met boolean, has_raised boolean,
    element_count bigint, unexpected_count bigint, failing_classes varchar, detail varchar
);
create table if not exists evidence.data_fit (
    as_of date, known_batch varchar, decision_class varchar, expected_count bigint,
    evaluated_count bigint, met_count bigint, raised_count bigint, too_few_count bigint,
    row_count bigint, failing varchar
);
"""


class DataFitError(RuntimeError):
    """The warehouse is not ready to be judged; the text names the fix."""


@dataclass(frozen=True)
class RunContext:
    as_of: date
    known_batch: str


@dataclass(frozen=True)
class ClassFit:
    """One class's counts over the required expectations of all suites; ``failing`` their ids.
    ``row_count``: decisions in the class's profile."""

    decision_class: str
    expected_count: int
    evaluated_count: int
    met_count: int
    raised_count: int
    too_few_count: int
    row_count: int
    failing: tuple[str, ...]


@dataclass(frozen=True)
class DataFitReport:
    """What was written. ``problems``: one line per expectation that raised."""

    context: RunContext
    results: tuple[ExpectationResult, ...]
    classes: tuple[ClassFit, ...]

    @classmethod
    def of(
        cls,
        context: RunContext,
        results: Sequence[ExpectationResult],
        registry: Registry,
        decisions: Mapping[str, int],
    ) -> "DataFitReport":
        """One row per class of the registry, whatever the results say."""
        classes = tuple(_class_fit(name, results, decisions) for name in sorted(registry))
        return cls(context, tuple(results), classes)

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(
            f"{r.table}.{r.expectation_id}: {r.detail}" for r in self.results if r.has_raised
        )


def create_tables(connection: "duckdb.DuckDBPyConnection") -> None:
    """Make the two evidence tables where they are not there yet."""
    connection.execute(TABLES)


def write_data_fit(
    warehouse_path: Path,
    suites: Sequence[Suite],
    *,
    on_progress: Callable[[str], None] | None = None,
) -> DataFitReport:
    """Evaluate on the batch of ``landing.run_context`` and replace both tables in one transaction.

    No connection of this process may be open on the file meanwhile. Raises DataFitError when
    there is no suite for the class profile, not exactly one run context, or another one at the
    end than at the beginning. A fault in this package itself is raised after rows that say
    "raised" are written.
    """
    if PROFILE_TABLE not in {suite.table for suite in suites}:
        raise DataFitError(
            f"no suite for {PROFILE_TABLE}; without it no class is known to be there"
        )
    with closing(warehouse.connect(warehouse_path, read_only=True)) as connection:
        context = _run_context(connection)
        decisions = _profile_decisions(connection, context)
    registry = read_registry(warehouse_path)
    try:
        results = evaluate(warehouse_path, suites, on_progress=on_progress)
    except Exception as error:
        nothing = [r for suite in suites for r in all_raised(suite, first_line(error))]
        _write(warehouse_path, DataFitReport.of(context, nothing, registry, decisions))
        raise
    report = DataFitReport.of(context, results, registry, decisions)
    _write(warehouse_path, report)
    return report


def _run_context(connection: "duckdb.DuckDBPyConnection") -> RunContext:
    import duckdb

    fix = "write landing.run_context first (`penstock run` does)"
    try:
        rows = connection.execute("select as_of, known_batch from landing.run_context").fetchall()
    except duckdb.CatalogException as error:
        raise DataFitError(f"landing.run_context is not there; {fix}") from error
    if len(rows) != 1 or None in rows[0]:
        raise DataFitError(f"landing.run_context must be one row without gaps; {fix}")
    return RunContext(*rows[0])


def _profile_decisions(
    connection: "duckdb.DuckDBPyConnection", context: RunContext
) -> dict[str, int]:
    """Decisions per class of the profile; a class that is not a key has no profile.

    A profile that says which batch it was made from must say the one that is asked about.
    """
    import duckdb

    profile = f"intermediate.{PROFILE_TABLE}"
    try:
        columns = {row[0] for row in connection.execute(f"describe {profile}").fetchall()}
        batch = "known_batch" if "known_batch" in columns else "$1"
        rows = connection.execute(
            f"select decision_class, coalesce(min(decision_count), 0)::bigint from {profile} "
            f"where {batch} = $1 group by 1",
            [context.known_batch],
        ).fetchall()
    except duckdb.Error:  # absent or broken: nobody has a profile, so nobody has enough rows
        return {}
    return dict(rows)


def _class_fit(
    decision_class: str, results: Sequence[ExpectationResult], decisions: Mapping[str, int]
) -> ClassFit:
    required = [result for result in results if result.expectation.is_required]
    too_few = {
        r.expectation_id
        for r in required
        if r.has_too_few or decision_class in r.absent_classes or decision_class not in decisions
    }
    failing = tuple(
        r.expectation_id
        for r in required
        if not r.is_evaluated
        or r.has_raised
        or r.expectation_id in too_few
        or r.fails(decision_class)
    )
    return ClassFit(
        decision_class=decision_class,
        expected_count=len(required),
        evaluated_count=sum(r.is_evaluated for r in required),
        met_count=len(required) - len(failing),
        raised_count=sum(r.has_raised for r in required),
        too_few_count=len(too_few),
        row_count=decisions.get(decision_class, 0),
        failing=failing,
    )


def _write(path: Path, report: DataFitReport) -> None:
    context = report.context
    with closing(warehouse.connect(path)) as connection:
        connection.execute("begin")
        if _run_context(connection) != context:
            raise DataFitError("landing.run_context changed while the suites ran; run again")
        create_tables(connection)
        _replace(
            connection, "expectation_results", [_result_row(context, r) for r in report.results]
        )
        _replace(connection, "data_fit", [_class_row(context, c) for c in report.classes])
        connection.execute("commit")


def _replace(
    connection: "duckdb.DuckDBPyConnection", table: str, rows: Sequence[list[object]]
) -> None:
    connection.execute(f"delete from evidence.{table}")
    if rows:
        places = ", ".join("?" * len(rows[0]))
        connection.executemany(f"insert into evidence.{table} values ({places})", rows)


def _result_row(context: RunContext, result: ExpectationResult) -> list[object]:
    expectation = result.expectation
    advisory = "" if expectation.is_required else "advisory; "
    return [
        context.as_of,
        context.known_batch,
        result.table,
        expectation.suite,
        expectation.expectation_id,
        expectation.expectation_type,
        result.is_evaluated,
        result.is_met,
        result.has_raised,
        result.element_count,
        result.unexpected_count,
        json.dumps(result.failing_classes),
        advisory + result.detail,
    ]


def _class_row(context: RunContext, fit: ClassFit) -> list[object]:
    return [
        context.as_of,
        context.known_batch,
        fit.decision_class,
        fit.expected_count,
        fit.evaluated_count,
        fit.met_count,
        fit.raised_count,
        fit.too_few_count,
        fit.row_count,
        ",".join(fit.failing),
    ]
