"""From what Great Expectations said to what is known: positive proof or not met.

``evaluate`` needs ``registry.decision_classes`` in the same file: which fields a class requires
decides whether a missing statistic is a gap or simply not measured.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project import names, warehouse
from dagster_project.evidence.data_fit import relation, run
from dagster_project.evidence.data_fit.model import Expectation, Suite

if TYPE_CHECKING:
    import duckdb

Registry = Mapping[str, frozenset[str]]
EVERY_CLASS = "*"
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class ExpectationResult:
    """One expectation on one table. ``failing_classes``: exactly these, or ``("*",)``.

    ``is_met``: it came back, raised nothing, saw enough rows and no class fails; of a suite
    with one row per class, also that no registered class is absent (``absent_classes``).
    """

    expectation: Expectation
    table: str
    schema: str
    is_evaluated: bool
    is_met: bool
    has_raised: bool
    has_too_few: bool
    element_count: int | None
    unexpected_count: int | None
    failing_classes: tuple[str, ...]
    absent_classes: frozenset[str]
    detail: str

    @property
    def expectation_id(self) -> str:
        return self.expectation.expectation_id

    def fails(self, decision_class: str) -> bool:
        """Whether this class is among the failing ones."""
        return bool({EVERY_CLASS, decision_class} & set(self.failing_classes))


def evaluate(
    project_warehouse: Path,
    suites: Sequence[Suite],
    *,
    on_progress: Callable[[str], None] | None = None,
) -> list[ExpectationResult]:
    """One validation per suite; one result per expectation of the suite files, always.

    ``on_progress`` is told the table before each validation. A suite that cannot be run at all
    gives results that have raised. No other connection of this process may be open on the file.
    Raises duckdb.Error if the registry cannot be read.
    """
    registry = read_registry(project_warehouse)
    results: list[ExpectationResult] = []
    for suite in suites:
        if on_progress:
            on_progress(suite.table)
        results += _evaluate_suite(project_warehouse, suite, registry)
    return results


def read_registry(path: Path) -> Registry:
    """Decision class → the fields it requires."""
    with closing(warehouse.connect(path, read_only=True)) as connection:
        rows = connection.execute(
            "select decision_class, required_fields from registry.decision_classes"
        ).fetchall()
    return {
        decision_class: frozenset(f.strip() for f in (fields or "").split(";") if f.strip())
        for decision_class, fields in rows
    }


def all_raised(suite: Suite, message: str) -> list[ExpectationResult]:
    """Nothing of the suite is known, and this is why."""
    return [_open(suite, e, f"raised: {message}", has_raised=True) for e in suite.expectations]


def _evaluate_suite(path: Path, suite: Suite, registry: Registry) -> list[ExpectationResult]:
    import duckdb

    try:
        raw = run.run_suite(path, suite)
    except Exception as error:
        # whatever breaks in there, the rows that say so must still be written
        LOG.exception("Great Expectations could not run the suite of %s", suite.table)
        return all_raised(suite, run.first_line(error))
    try:
        with closing(relation.open_views(path, relation.view_sql([suite]))) as connection:
            facts = relation.count_facts(connection, suite)
            table = _Table(suite, registry, facts, connection)
            return [table.resolve(e, raw.get(e.expectation_id)) for e in suite.expectations]
    except duckdb.Error as error:
        return all_raised(suite, run.first_line(error))


def _open(
    suite: Suite, expectation: Expectation, detail: str, *, has_raised: bool
) -> ExpectationResult:
    return ExpectationResult(
        expectation=expectation,
        table=suite.table,
        schema=suite.schema,
        is_evaluated=False,
        is_met=False,
        has_raised=has_raised,
        has_too_few=False,
        element_count=None,
        unexpected_count=None,
        failing_classes=(EVERY_CLASS,),
        absent_classes=frozenset(),
        detail=detail,
    )


class _Table:
    """The facts of one suite's table, to hold results against."""

    def __init__(
        self,
        suite: Suite,
        registry: Registry,
        facts: relation.TableFacts,
        connection: "duckdb.DuckDBPyConnection",
    ) -> None:
        self.suite = suite
        self.registry = registry
        self.facts = facts
        self.connection = connection
        self.absent = frozenset(registry) - {c for c in facts.class_rows if c is not None}

    def resolve(self, expectation: Expectation, raw: run.RawResult | None) -> ExpectationResult:
        """What is known of one expectation."""
        if raw is None:
            return _open(self.suite, expectation, "no result came back", has_raised=False)
        unknown_columns = sorted(set(expectation.columns) - self.facts.columns)
        raised = raw.raised or (f"no column {unknown_columns[0]}" if unknown_columns else None)
        if raised:
            return _open(self.suite, expectation, f"raised: {raised}", has_raised=True)
        seen = self.facts.row_count if raw.element_count is None else raw.element_count
        has_too_few = seen < self.suite.minimum_rows
        reasons: list[str] = []
        failing = self._failing(expectation, raw, seen, reasons)
        if has_too_few:
            reasons.append(f"{seen} rows, at least {self.suite.minimum_rows} are needed")
        absent = self.absent if self.suite.grain == "class" else frozenset()
        if absent:
            reasons.append(f"classes without a row: {', '.join(sorted(absent))}")
        return ExpectationResult(
            expectation=expectation,
            table=self.suite.table,
            schema=self.suite.schema,
            is_evaluated=True,
            is_met=not (failing or has_too_few or absent),
            has_raised=False,
            has_too_few=has_too_few,
            element_count=seen,
            unexpected_count=raw.unexpected_count,
            failing_classes=(EVERY_CLASS,) if EVERY_CLASS in failing else tuple(sorted(failing)),
            absent_classes=self.absent,
            detail="; ".join(reasons),
        )

    def _failing(
        self, expectation: Expectation, raw: run.RawResult, seen: int, reasons: list[str]
    ) -> set[str]:
        failing: set[str] = set()
        if seen != self.facts.row_count:
            reasons.append(f"looked at {seen} of {self.facts.row_count} rows")
            failing.add(EVERY_CLASS)
        if not raw.is_success or raw.unexpected_count:
            reasons.append(f"{raw.unexpected_count} rows fail" if raw.query else "does not hold")
            failing |= self._named(expectation, raw)
        if expectation.kind.is_aggregate and raw.is_observed_unknown:
            reasons.append("the statistic is missing or NaN")
            failing.add(EVERY_CLASS)
        if unknown := self._with_unknown_value(expectation):
            reasons.append("missing or NaN values")
            failing |= unknown
        return failing

    def _named(self, expectation: Expectation, raw: run.RawResult) -> set[str]:
        """The classes of the failing rows; every class unless all failing rows are traced."""
        import duckdb

        if not expectation.is_per_class or not raw.query:
            return {EVERY_CLASS}
        try:
            counts = relation.failing_rows_per_class(self.connection, raw.query)
        except duckdb.Error:
            return {EVERY_CLASS}
        if not counts or sum(counts.values()) != raw.unexpected_count:
            return {EVERY_CLASS}
        return {_class_name(decision_class) for decision_class in counts}

    def _with_unknown_value(self, expectation: Expectation) -> set[str]:
        """Classes in which a tested value is missing (unless not required) or NaN."""
        if not expectation.kind.tests_values:
            return set()
        failing: set[str] = set()
        field = expectation.null_means_field
        for column in expectation.columns:
            failing |= {_class_name(c) for c in self.facts.not_a_number[column]}
            missing = {_class_name(c) for c in self.facts.missing[column]}
            if field is not None:
                needing = {c for c, fields in self.registry.items() if field in fields}
                missing = needing if EVERY_CLASS in missing else missing & needing
            failing |= missing
        return failing


def _class_name(decision_class: str | None) -> str:
    """A row of unknown class could belong to any class, so it counts against every class."""
    if decision_class in (None, names.UNKNOWN, names.ABSENT):
        return EVERY_CLASS
    return str(decision_class)
