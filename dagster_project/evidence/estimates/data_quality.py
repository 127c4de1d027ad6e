"""Data fit, the counted part: volume, required fields, freshness, labels, telemetry."""

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from dagster_project.evidence.estimates.bounds import poisson_lower, poisson_upper
from dagster_project.evidence.estimates.context import (
    Basis,
    Cell,
    Context,
    Estimate,
    Finding,
    broken,
    exact,
    insufficient,
    row,
)
from dagster_project.evidence.estimates.shares import Share, share_estimates
from dagster_project.evidence.estimates.strata import Strata, unexplained
from dagster_project.names import ALL_SEGMENT, UNKNOWN

if TYPE_CHECKING:
    import duckdb

# below this many decisions one latency for all may be chance
CONSTANT_LATENCY_DECISIONS = 20
# one odd value among the placeholders makes them no measurement
CONSTANT_LATENCY_SHARE = 0.95


class Filled(NamedTuple):
    """Decisions of the last 28 days: all, with a required field missing, clean; newest filled."""

    decisions: int = 0
    missing: int = 0
    clean: int = 0
    newest: date | None = None


def required_and_clean(connection: "duckdb.DuckDBPyConnection", context: Context) -> list[Estimate]:
    """clean_volume and required_data_present over the last 28 data days."""
    rows = connection.execute(
        """
        WITH days AS (
            SELECT decision_class, segment, event_date, sum(decision_count)::BIGINT AS decisions,
                sum(missing_required_count)::BIGINT AS missing, sum(clean_count)::BIGINT AS clean
            FROM facts.fct_decisions_daily JOIN estimate_scope USING (decision_class)
            WHERE landing_batch <= $known AND event_date BETWEEN start_date AND end_date
            GROUP BY decision_class, segment, event_date
        )
        SELECT decision_class, segment, sum(decisions)::BIGINT, sum(missing)::BIGINT,
            sum(clean)::BIGINT, max(CASE WHEN decisions > missing THEN event_date END)
        FROM days GROUP BY decision_class, segment
        """,
        {"known": context.known_batch},
    ).fetchall()
    filled = {Cell(name, segment): Filled(*rest) for name, segment, *rest in rows}
    found = [
        _clean_row(context, item.decision_class, filled.get(Cell(item.decision_class), Filled()))
        for item in context.judged("clean_volume")
    ]
    criterion = "required_data_present"
    cells = context.cells(criterion, per_cohort=False)
    shares = [_required_share(context, cell, filled) for cell in cells]
    return found + share_estimates(context, criterion, shares)


def _required_share(context: Context, cell: Cell, filled: dict[Cell, Filled]) -> Share:
    own = filled.get(cell, Filled())
    strays = [filled.get(other, Filled()) for other in context.strays(cell)]
    window = context.window(cell.decision_class)
    return Share(
        cell,
        own.missing,
        own.decisions,
        unknown=sum(other.decisions for other in strays),
        unreadable=context.lost(cell.decision_class).decisions,
        missing=own.missing,
        window_start=window.start,
        window_end=window.end,
        newest=own.newest,
    )


def _clean_row(context: Context, name: str, filled: Filled) -> Estimate:
    cell, window = Cell(name), context.window(name)
    clean = max(filled.clean, 0)
    basis = Basis(
        "poisson_exact",
        n=clean,
        window_start=window.start,
        window_end=window.end,
        newest=window.end,
    )
    if context.thresholds["clean_volume", name].problem:
        return broken(context, "clean_volume", cell, None)
    if not window.covers_days:
        reason = "less than 28 complete days"
        return insufficient(context, "clean_volume", cell, reason, basis)
    alpha = context.alpha("clean_volume", cell)
    numbers = Finding(
        clean, float(poisson_lower(clean, 1, alpha)), float(poisson_upper(clean, 1, alpha))
    )
    return row(context, "clean_volume", cell, basis, numbers)


def fresh(context: Context) -> list[Estimate]:
    """Days between as_of and the newest day with a decision that did not fail."""
    rows = []
    for item in context.judged("fresh"):
        name = item.decision_class
        newest = context.window(name).newest
        if newest is None:
            basis = Basis("exact")
            rows.append(insufficient(context, "fresh", Cell(name), "no decisions", basis))
        else:
            days = (context.as_of - newest).days
            rows.append(exact(context, "fresh", name, days)._replace(evidence_newest_date=newest))
    return rows


def labels_available(context: Context, strata: Strata) -> list[Estimate]:
    """Share of mature selected decisions with a valid label in time, over all cohorts.

    A selection that is missing has no label either, nor has one that is too many; one that came
    after the label delay is none.
    """
    shares = []
    for item in context.judged("labels_available"):
        name = item.decision_class
        own = [
            stratum
            for cohort in (*context.cohorts.get(name, ()), UNKNOWN)
            for stratum in strata.get(Cell(name, ALL_SEGMENT, cohort), [])
            if stratum.is_judged
        ]
        selected = sum(stratum.selected for stratum in own)
        timely = sum(max(min(stratum.timely, stratum.labelled), 0) for stratum in own)
        dates = [stratum.first_date for stratum in own if stratum.first_date is not None]
        newest = [stratum.newest for stratum in own if stratum.newest is not None]
        shares.append(
            Share(
                Cell(name),
                selected - timely,
                selected,
                unknown=context.lost(name).labels + unexplained(own),
                missing=selected - timely,
                window_start=min(dates, default=None),
                window_end=context.window(name).label_end,
                newest=max(newest, default=None),
                empty_reason="no labels",
            )
        )
    return share_estimates(context, "labels_available", shares)


def telemetry_plausible(
    connection: "duckdb.DuckDBPyConnection", context: Context
) -> list[Estimate]:
    """Problems of the class profile: constant latency, free tokens, impossible values."""
    rows = connection.execute(
        """
        SELECT decision_class, decision_count,
            (decision_count >= $few AND coalesce(latency_ms_usual_count, 0)
                + latency_ms_missing_count >= $usual * decision_count)::INT,
            coalesce(cost_zero_with_tokens_count, 0)::BIGINT,
            coalesce((latency_ms_min < 0)::INT, 0) + coalesce((cost_amount_min < 0)::INT, 0)
                + coalesce((input_tokens_min < 0)::INT, 0)
                + coalesce((output_tokens_min < 0)::INT, 0)
                + coalesce((amount_min < 0)::INT, 0)
                + coalesce((confidence_min < 0)::INT, 0)
                + coalesce((confidence_max > 1)::INT, 0),
            coalesce(route_invalid_count, 0)::BIGINT
        FROM intermediate.int_data_fit__class_profile
        """,
        {"few": CONSTANT_LATENCY_DECISIONS, "usual": CONSTANT_LATENCY_SHARE},
    ).fetchall()
    profiles = {name: rest for name, *rest in rows}
    names = ("constant latency", "cost zero with tokens", "impossible values", "invalid routes")
    found = []
    for item in context.judged("telemetry_plausible"):
        name = item.decision_class
        decisions, *problems = profiles.get(name) or (0,)
        if not decisions:
            basis = Basis("exact", window_end=context.window(name).end)
            cell = Cell(name)
            found.append(insufficient(context, "telemetry_plausible", cell, "no decisions", basis))
            continue
        lost = context.lost(name).recent_decisions
        counts = [int(count or 0) for count in problems]
        said = [text for text, count in zip(names, counts, strict=True) if count]
        said += [f"{lost} unreadable"] if lost else []
        seen = sum(counts)
        window = context.window(name)
        basis = Basis("exact", 1, n_missing=lost, window_end=window.end, newest=window.newest)
        # an unreadable decision may have been a problem: against a pass, no proof of a fail
        finding = Finding(seen, seen + lost, seen, ", ".join(said) or None)
        found.append(row(context, "telemetry_plausible", Cell(name), basis, finding))
    return found
