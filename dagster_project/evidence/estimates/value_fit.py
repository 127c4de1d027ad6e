"""Value fit, the counted part: was the baseline fixed before the launch."""

from typing import TYPE_CHECKING

from dagster_project.evidence.estimates.context import (
    Basis,
    Cell,
    Context,
    Estimate,
    exact,
    insufficient,
)

if TYPE_CHECKING:
    import duckdb


def baseline_fixed(connection: "duckdb.DuckDBPyConnection", context: Context) -> list[Estimate]:
    """1 if every primary KPI was registered, and its baseline ended, before the launch."""
    rows = connection.execute(
        """
        SELECT class.decision_class, count(*)::BIGINT, count(kpi.launch_date)::BIGINT,
            bool_and(coalesce(
                kpi.registered_at::DATE < kpi.launch_date::DATE
                AND kpi.baseline_end::DATE < kpi.launch_date::DATE, FALSE))
        FROM registry.decision_classes AS class
        JOIN registry.kpi_registry AS kpi
            ON kpi.workflow = class.workflow
            AND coalesce(kpi.decision_class, '') IN ('', class.decision_class)
        WHERE kpi.kind = 'primary'
        GROUP BY class.decision_class
        """
    ).fetchall()
    known = {name: rest for name, *rest in rows}
    found = []
    for item in context.judged("baseline_fixed"):
        name = item.decision_class
        count, launched, is_fixed = known.get(name) or (0, 0, False)
        if not count or launched < count:
            reason = "no launch date" if count else "no primary kpi"
            basis = Basis("exact", n=count, n_missing=max(count - launched, 1))
            found.append(insufficient(context, "baseline_fixed", Cell(name), reason, basis))
            continue
        doubt = None if is_fixed else "baseline not fixed before launch"
        found.append(exact(context, "baseline_fixed", name, bool(is_fixed), doubt))
    return found
