"""The evidence step between the two dbt sets, every expectation mirrored as an asset check."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import dagster as dg

from dagster_project.automation.dbt_assets import WAREHOUSE_POOL
from dagster_project.evidence.data_fit.model import Suite
from dagster_project.settings import Project

DATA_FIT = dg.AssetKey(["evidence", "data_fit"])
RESULTS = dg.AssetKey(["evidence", "expectation_results"])
ESTIMATES = dg.AssetKey(["evidence", "estimates"])
SHOWN = [
    dg.AssetKey(["evidence", name])
    for name in (
        *("confidence", "reliability", "agreement", "tripwires"),
        *("latency_percentiles", "error_evidence"),
    )
]


def data_fit_asset(project: Project, suites: Sequence[Suite]) -> dg.AssetsDefinition:
    """Great Expectations over this batch. A red check blocks nothing: gates read the evidence."""
    tables = [dg.AssetKey(list(suite.asset_key)) for suite in suites]

    @dg.multi_asset(
        name="data_fit",
        specs=[
            dg.AssetSpec(DATA_FIT, group_name="evidence", deps=tables),
            dg.AssetSpec(RESULTS, group_name="evidence", deps=tables),
        ],
        check_specs=[
            _check_spec(suite, name) for suite in suites for name in suite.expectation_ids
        ],
        pool=WAREHOUSE_POOL,
    )
    def data_fit(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        from dagster_project.evidence.data_fit.write import write_data_fit

        report = write_data_fit(project.warehouse, suites, on_progress=context.log.info)
        for problem in report.problems:
            context.log.warning(problem)
        met = sum(fit.met_count == fit.expected_count for fit in report.classes)
        yield dg.MaterializeResult(
            asset_key=DATA_FIT,
            metadata={"dagster/row_count": len(report.classes), "classes_all_met": met},
        )
        yield dg.MaterializeResult(
            asset_key=RESULTS, metadata={"dagster/row_count": len(report.results)}
        )
        for result in report.results:
            yield dg.AssetCheckResult(
                asset_key=RESULTS,
                check_name=_check_name(result.table, result.expectation_id),
                passed=bool(result.is_met),
                severity=dg.AssetCheckSeverity.WARN,
                metadata={
                    "failing_classes": ", ".join(result.failing_classes) or "none",
                    "element_count": result.element_count or 0,
                    "detail": result.detail or "",
                },
            )

    return data_fit


def estimates_asset(project: Project, facts: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """Bounds for every criterion that has an evidence maker, and what is shown beside them."""

    @dg.multi_asset(
        name="evidence__estimates",
        specs=[
            dg.AssetSpec(key, group_name="evidence", deps=list(facts))
            for key in (ESTIMATES, *SHOWN)
        ],
        pool=WAREHOUSE_POOL,
    )
    def estimates() -> Iterator[dg.MaterializeResult[Any]]:
        from dagster_project import warehouse
        from dagster_project.evidence.estimates.write import write_estimates
        from dagster_project.evidence.shown.write import write_shown

        with closing(warehouse.connect(project.warehouse)) as connection:
            report = write_estimates(connection)
            shown = write_shown(connection)
        rows = {ESTIMATES: report.row_count} | {key: shown[key.path[-1]] for key in SHOWN}
        for key, count in rows.items():
            yield dg.MaterializeResult(asset_key=key, metadata={"dagster/row_count": count})

    return estimates


def _check_name(table: str, expectation_id: str) -> str:
    return f"{table}__{expectation_id}"


def _check_spec(suite: Suite, expectation_id: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(_check_name(suite.table, expectation_id), asset=RESULTS)
