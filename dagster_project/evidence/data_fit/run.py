"""Running one suite with Great Expectations. What comes back is not trusted yet.

Imports nothing heavy itself; ``run_suite`` imports Great Expectations (3–13 s on 2 cores).
"""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.evidence.data_fit.model import CLASS_COLUMN, Expectation, Suite
from dagster_project.evidence.data_fit.relation import view_name, view_sql

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.datasource.fluent.interfaces import Batch

# BASIC with the query for the failing rows, not COMPLETE: on SQL, 1.24.1 cuts COMPLETE's index
# list at 20 rows (the 21st failing class would count as met) and reads every failing value.
RESULT_FORMAT = {
    "result_format": "BASIC",
    "unexpected_index_column_names": [CLASS_COLUMN],
    "return_unexpected_index_query": True,
}
MESSAGE_LENGTH = 300
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class RawResult:
    """What Great Expectations said of one expectation. ``raised``: its first line, if it did.
    ``element_count`` None: the type does not count rows. ``query``: selects the failing rows."""

    is_success: bool = False
    raised: str | None = None
    element_count: int | None = None
    unexpected_count: int | None = None
    query: str | None = None
    is_observed_unknown: bool = False


def run_suite(path: Path, suite: Suite) -> dict[str, RawResult]:
    """Evaluate ``suite`` on the database file, in one validation.

    Returns results by expectation id; an id that did not come back is simply not there.
    Raises whatever Great Expectations raises. All its connections are closed on return.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read while importing
    import great_expectations
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from dagster_project.evidence.data_fit.dialect import connection_string

    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_sql(
        suite.table,
        connection_string=connection_string(path, view_sql([suite])),
        create_temp_table=False,
    )
    try:
        asset = source.add_table_asset(suite.table, table_name=view_name(suite))
        batch = asset.add_batch_definition_whole_table(suite.table).get_batch()
        return _validate(batch, suite)
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()


def _validate(batch: "Batch", suite: Suite) -> dict[str, RawResult]:
    native, refused = _native_suite(suite)
    report = batch.validate(native, result_format=RESULT_FORMAT)
    results = dict(refused)
    for result in report.results:
        expectation_id = _id_of(result)
        if expectation_id in results:
            raise RuntimeError(f"{suite.table}: two results for expectation {expectation_id}")
        results[expectation_id] = _raw(result)
    return results


def _native_suite(suite: Suite) -> tuple["ExpectationSuite", dict[str, RawResult]]:
    """The suite without the expectations that do not even construct; those have raised."""
    from great_expectations.core import ExpectationSuite

    refused: dict[str, RawResult] = {}
    for expectation in suite.expectations:
        try:
            ExpectationSuite(name="trial", expectations=[_native(expectation)])
        except Exception as error:  # pydantic's, GX's own: all mean "cannot be run"
            LOG.exception("expectation %s cannot be built", expectation.expectation_id)
            refused[expectation.expectation_id] = RawResult(raised=first_line(error))
    kept = [e for e in suite.expectations if e.expectation_id not in refused]
    return ExpectationSuite(name=suite.table, expectations=[_native(e) for e in kept]), refused


def _native(expectation: Expectation) -> dict[str, Any]:
    return {
        "type": expectation.expectation_type,
        "kwargs": dict(expectation.arguments),
        "meta": {"id": expectation.expectation_id},
    }


def _id_of(result: "ExpectationValidationResult") -> str:
    configuration = result.expectation_config
    meta = configuration.meta if configuration is not None else None
    return str((meta or {}).get("id"))


def _raw(result: "ExpectationValidationResult") -> RawResult:
    raised = _raised(result.exception_info or {})
    if raised is not None:
        return RawResult(raised=raised)
    detail: Mapping[str, Any] = result.result or {}
    return RawResult(
        is_success=bool(result.success),  # numpy's bool otherwise reaches JSON
        element_count=_count(detail, "element_count"),
        unexpected_count=_count(detail, "unexpected_count"),
        query=detail.get("unexpected_index_query"),
        is_observed_unknown="observed_value" in detail and is_unknown(detail["observed_value"]),
    )


def _raised(info: Mapping[str, Any]) -> str | None:
    """``exception_info`` is either flat, or holds one such record per metric."""
    if not info:
        return None
    records = [info] if "raised_exception" in info else list(info.values())
    for record in records:
        if not isinstance(record, Mapping) or record.get("raised_exception") is not False:
            message = record.get("exception_message") if isinstance(record, Mapping) else record
            return first_line(message)
    return None


def _count(detail: Mapping[str, Any], key: str) -> int | None:
    value = detail.get(key)
    return None if value is None else int(value)


def is_unknown(value: Any) -> bool:
    """A statistic that is missing or NaN has not been measured."""
    if value is None:
        return True
    try:
        return isnan(value)
    except (TypeError, OverflowError):
        return False


def first_line(message: object) -> str:
    """One short line for a table cell; a traceback would differ from run to run."""
    kind = f"{type(message).__name__}: " if isinstance(message, BaseException) else ""
    lines = str(message).strip().splitlines()
    return (kind + (lines[0] if lines else "no message"))[:MESSAGE_LENGTH]
