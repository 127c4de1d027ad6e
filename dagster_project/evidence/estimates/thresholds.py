"""Which threshold is in force: class override, else company default, else product default."""

import math
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dagster_project.evidence.estimates.context import COMPARISONS, DecisionClass, Threshold

if TYPE_CHECKING:
    import duckdb


# criterion, class ('' = the company's default) -> values of the newest day in force
Overrides = Mapping[tuple[str, str], list[Any]]


def read_overrides(connection: "duckdb.DuckDBPyConnection", as_of: date) -> Overrides:
    """The rows of the newest effective_from up to ``as_of``; two rows of that day stay two."""
    rows = connection.execute(
        """
        SELECT criterion_id, coalesce(decision_class, ''), threshold
        FROM registry.thresholds
        WHERE effective_from <= $as_of
        QUALIFY rank() OVER (
            PARTITION BY criterion_id, coalesce(decision_class, '') ORDER BY effective_from DESC
        ) = 1
        """,
        {"as_of": as_of},
    ).fetchall()
    found: dict[tuple[str, str], list[Any]] = {}
    for criterion, name, threshold in rows:
        found.setdefault((criterion, name), []).append(threshold)
    return found


def resolve(
    connection: "duckdb.DuckDBPyConnection",
    classes: Iterable[DecisionClass],
    overrides: Overrides,
) -> dict[tuple[str, str], Threshold]:
    """Threshold and the class's share of alpha for every criterion that has a maker."""
    rows = connection.execute(
        "SELECT criterion_id, comparison, threshold, alpha, scope FROM registry.criteria"
    ).fetchall()
    products: dict[str, list[tuple[Any, ...]]] = {}
    for criterion, *rest in rows:
        products.setdefault(criterion, []).append(tuple(rest))
    classes = tuple(classes)
    # The shares of all classes must not add up to more than alpha: rescale if they do.
    total = max(Decimal(1), sum((row.alpha_weight or Decimal(0) for row in classes), Decimal(0)))
    return {
        (criterion, row.decision_class): _in_force(criterion, product, row, overrides, total)
        for criterion, product in products.items()
        if criterion in COMPARISONS
        for row in classes
    }


def _in_force(
    criterion: str,
    product: list[tuple[Any, ...]],
    row: DecisionClass,
    overrides: Overrides,
    total: Decimal,
) -> Threshold:
    comparison, default, alpha, scope = product[0]
    values = (
        overrides.get((criterion, row.decision_class))
        or overrides.get((criterion, ""))
        or [default]
    )
    value = _number(values[0])
    share = _number(alpha)
    weight = row.alpha_weight
    problem = None
    if len(product) > 1 or len(values) > 1:
        problem = "threshold doubled"
    elif comparison != COMPARISONS[criterion]:
        problem = f"comparison is not {COMPARISONS[criterion]}"
    elif value is None:
        problem = "threshold missing"
    elif share is None or not 0 < share < 1:
        problem = "alpha outside 0 to 1"
    elif weight is None or not 0 < weight <= 1:
        problem = "alpha weight outside 0 to 1"
    if problem or value is None or share is None or weight is None:
        return Threshold(Decimal(0), 0.0, scope, problem)
    return Threshold(value, float(share * weight / total), scope)


def latency_limits(classes: Iterable[DecisionClass]) -> dict[str, float]:
    """Milliseconds per class; an unusable one is left out, so that its row can say so."""
    return {
        row.decision_class: float(row.latency_limit_ms)
        for row in classes
        if row.latency_limit_ms is not None and row.latency_limit_ms >= 1
    }


def _number(value: Any) -> Decimal | None:
    if value is None or not math.isfinite(value):
        return None
    return Decimal(str(value))
