"""Thresholds in force, as ``int_thresholds__effective`` resolves them, and each class's alpha."""

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from dagster_project.evidence.estimates.context import COMPARISONS, DecisionClass, Threshold

if TYPE_CHECKING:
    import duckdb


class _InForce(NamedTuple):
    comparison: str
    scope: str
    threshold: Any
    alpha: Any
    rows: int


def resolve(
    connection: "duckdb.DuckDBPyConnection", classes: Iterable[DecisionClass]
) -> dict[tuple[str, str], Threshold]:
    """Threshold and the class's share of alpha for every criterion that has a maker.

    A class whose frozen facts contradict the taxonomy has a problem with every one of them.
    """
    rows = connection.execute(
        """
        SELECT criterion_id, decision_class, comparison, scope, effective.threshold,
            effective.alpha, threshold_count
        FROM intermediate.int_thresholds__effective AS effective
        JOIN registry.criteria AS criteria USING (criterion_id)
        """
    ).fetchall()
    outdated = dict(
        connection.execute(
            "SELECT decision_class, reason FROM intermediate.int_classes__outdated_facts"
        ).fetchall()
    )
    found: dict[tuple[str, str], list[_InForce]] = {}
    for criterion, name, *rest in rows:
        found.setdefault((criterion, name), []).append(_InForce(*rest))
    classes = tuple(classes)
    # The shares of all classes must not add up to more than alpha: rescale if they do.
    total = max(Decimal(1), sum((row.alpha_weight or Decimal(0) for row in classes), Decimal(0)))
    return {
        (criterion, row.decision_class): _threshold(
            criterion, listed, row, total, outdated.get(row.decision_class)
        )
        for row in classes
        for criterion in COMPARISONS
        if (listed := found.get((criterion, row.decision_class)))
    }


def _threshold(
    criterion: str,
    listed: list[_InForce],
    row: DecisionClass,
    total: Decimal,
    problem: str | None,
) -> Threshold:
    own = listed[0]
    value, share, weight = _number(own.threshold), _number(own.alpha), row.alpha_weight
    if len(listed) > 1 or own.rows != 1:
        problem = "threshold doubled"
    elif own.comparison != COMPARISONS[criterion]:
        problem = f"comparison is not {COMPARISONS[criterion]}"
    elif value is None:
        problem = "threshold missing"
    elif share is None or not 0 < share < 1:
        problem = "alpha outside 0 to 1"
    elif weight is None or not 0 < weight <= 1:
        problem = "alpha weight outside 0 to 1"
    if problem or value is None or share is None or weight is None:
        return Threshold(Decimal(0), 0.0, own.scope, problem)
    return Threshold(value, float(share * weight / total), own.scope)


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
