"""What decisions cost on average: an upper bound over subjects.

A trial is one subject in one ISO week, as for errors. It fails by the share X of the registered
cap that its drawn decisions cost each, so that one bound serves errors and costs. Who nobody knows
costs the cap, and so does a selection that is missing.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dagster_project.evidence.estimates.bounds import Array
from dagster_project.evidence.estimates.context import Cell, Context
from dagster_project.evidence.estimates.history import read_history
from dagster_project.evidence.estimates.strata import PARTS, Sample, Strata, Stratum, Weeks

if TYPE_CHECKING:
    import duckdb

CAP = "cost_cap_amount in decision_classes.csv"
UNKNOWN = "'(unknown)'"

# All days whose selections have landed, those of the error. X is rounded up to a whole part, and
# 'is_above' is exact. A trial whose counts contradict each other costs the cap.
COST_STRATA = f"""
WITH trials AS (
    SELECT decision_class, segment, cohort_id, coalesce(route, '') AS route,
        coalesce(inclusion_probability, 0) AS probability,
        subject_key, date_trunc('week', event_date) AS week,
        starts_with(coalesce(subject_key, {UNKNOWN}), {UNKNOWN}) AS is_nobody,
        any_value(cost_cap_amount) AS cap,
        sum(decision_count)::BIGINT AS decisions, sum(selected_count)::BIGINT AS selected,
        coalesce(sum(selected_cost_amount), 0) AS cost
    FROM facts.fct_samples_weekly
    JOIN estimate_scope USING (decision_class)
    WHERE landing_batch <= $known AND event_date <= label_end
        AND coalesce(route, '') <> 'human' AND list_contains($segments, segment)
        AND cost_cap_amount > 0
    GROUP BY ALL
),
judged AS (
    SELECT *,
        CASE WHEN is_nobody THEN greatest(selected, 0) ELSE (selected <> 0)::BIGINT END AS drawn,
        selected > 0 AND cost > selected * cap AS is_above,
        CASE WHEN is_nobody OR selected <= 0 OR cost < 0 OR cost >= selected * cap THEN {PARTS}
            ELSE ceil(round(cost::DOUBLE * {PARTS} / (selected * cap)::DOUBLE, 6))::BIGINT
            END AS parts
    FROM trials
)
SELECT decision_class, segment, cohort_id,
    route IN ('delegated', 'surfaced', 'shadow') AND probability > 0 AS is_sampled,
    probability::DOUBLE, sum(decisions)::BIGINT, sum(selected)::BIGINT, sum(drawn)::BIGINT,
    sum(drawn * parts)::DOUBLE / {PARTS},
    sum(drawn * (parts * ({PARTS} - parts) // {PARTS}))::DOUBLE / {PARTS},
    sum(is_above::INT)::BIGINT
FROM judged
GROUP BY decision_class, segment, cohort_id, route, probability
ORDER BY decision_class, segment, cohort_id, route, probability
"""


class MeanCost(NamedTuple):
    """Upper bound of the mean cost of a decision, in the class's currency, and the trials behind
    it; ``reason``: why there is none."""

    upper: float | None = None
    trials: int = 0
    reason: str | None = None


def mean_costs(
    connection: "duckdb.DuckDBPyConnection", context: Context, cells: Sequence[Cell], alpha: Array
) -> list[MeanCost]:
    """One per cell, at ``alpha`` of each. No bound without a cap above the budget, nor where a
    subject's week is known to have cost more: then the cap is none."""
    caps = {item.decision_class: item.cost_cap_amount for item in context.classes}
    budgets = {
        cell.decision_class: float(
            context.thresholds["cost_per_decision", cell.decision_class].threshold
        )
        for cell in cells
    }
    limits = {
        name: budget / cap
        for name, budget in budgets.items()
        if (cap := caps[name]) and 0 < budget < cap
    }
    places = [place for place, cell in enumerate(cells) if cell.decision_class in limits]
    asked = [cells[place] for place in places]
    sample, above = _read(connection, context, asked)
    history, parts = read_history(context, sample, asked, limits, [(0.0, 0.0)] * len(asked))
    every = np.arange(len(asked))
    upper = history.cut(every, 0 * every, 0 * every + history.weeks).upper(alpha[places])
    found = [MeanCost(reason=_why_no_cap(caps[cell.decision_class])) for cell in cells]
    for place, cell, part, share in zip(places, asked, parts, upper.tolist(), strict=True):
        count = sum(above.get(each, 0) for each in (cell, *context.strays(cell)))
        trials = sum(item.trials for item in part.sampled)
        if count:
            found[place] = MeanCost(None, trials, f"{count} subjects' weeks cost more than {CAP}")
        else:
            found[place] = MeanCost(share * (caps[cell.decision_class] or 0.0), trials)
    return found


def _why_no_cap(cap: float | None) -> str:
    return f"no {CAP}" if cap is None else f"{CAP} is not above the budget"


def _read(
    connection: "duckdb.DuckDBPyConnection", context: Context, cells: Sequence[Cell]
) -> tuple[Sample, dict[Cell, int]]:
    """Costs as the failures of a sample, all in one week; and trials above the cap, by cell."""
    segments = sorted({each.segment for cell in cells for each in (cell, *context.strays(cell))})
    rows = connection.execute(
        COST_STRATA, {"known": context.known_batch, "segments": segments}
    ).fetchall()
    strata: Strata = {}
    above: dict[Cell, int] = {}
    counted = []
    for number, (
        *names,
        is_sampled,
        probability,
        decisions,
        selected,
        drawn,
        paid,
        mixed,
        over,
    ) in enumerate(rows):
        cell = Cell(*names)
        above[cell] = above.get(cell, 0) + over
        counted.append((number, 0, decisions, selected, drawn, paid, mixed))
        strata.setdefault(cell, []).append(
            Stratum(
                number=number,
                is_judged=True,
                is_sampled=is_sampled,
                probability=probability,
                decisions=decisions,
                selected=selected,
                labelled=selected,
                timely=selected,
                trials=drawn,
                failures=paid,
                wrong=0.0,
                not_right=0,
                first_date=None,
                newest=None,
            )
        )
    columns = np.array(counted, dtype=np.float64).reshape(-1, len(Weeks._fields)).T
    whole = (column.astype(np.int64) for column in columns[:5])
    return Sample(strata, Weeks(*whole, *columns[5:]), {}), above
