"""Percentiles of latency with their upper bounds, per class × segment × cohort."""

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dagster_project.contracts.numbers import round_up
from dagster_project.evidence.estimates.bounds import Whole
from dagster_project.evidence.estimates.context import Cell, Context
from dagster_project.evidence.estimates.production_fit import BIN_WIDTH, UNMEASURED_BIN
from dagster_project.evidence.estimates.selections import fewest_selected

if TYPE_CHECKING:
    import duckdb

# one-sided, of one look
SHOWN_ALPHA = 0.05
MEDIAN, P95, P99 = 0.5, 0.95, 0.99
# failed calls and calls without latency are slower than every limit, these bins
FAILED_BIN = UNMEASURED_BIN - 1
# two million years: beyond that a latency is no number to show, whatever somebody logged
SLOWEST_BIN = 3_900

BINS = """
SELECT decision_class, segment, cohort_id, latency_bin,
    greatest(sum(decision_count), 0)::BIGINT AS decision_count
FROM facts.fct_latency_daily JOIN estimate_scope USING (decision_class)
WHERE landing_batch <= $known AND event_date <= end_date
GROUP BY decision_class, segment, cohort_id, latency_bin
ORDER BY decision_class, segment, cohort_id, latency_bin
"""


class LatencyRow(NamedTuple):
    """One row of ``evidence.latency_percentiles`` without as_of and known_batch.

    Milliseconds, upper edges of bins; None = a failed call or one without latency lies there, or,
    of a bound, too few decisions (59 for p95, 299 for p99).
    """

    decision_class: str
    segment: str
    cohort_id: str
    decision_count: int
    unmeasured_count: int
    p50_ms: Decimal | None
    p95_ms: Decimal | None
    p95_bound_ms: Decimal | None
    p99_ms: Decimal | None
    p99_bound_ms: Decimal | None


class Histograms(NamedTuple):
    """Bins of many cells one after another, each cell's in order.

    ``first``: each cell's first bin · ``edge``: bin numbers · ``running``: decisions up to and with
    this bin, over all cells.
    """

    first: Whole
    edge: Whole
    running: Whole

    def totals(self) -> tuple[Whole, Whole]:
        """Decisions before each cell, and in it."""
        before = np.concatenate([[0], self.running])[self.first]
        after = np.concatenate([before[1:], self.running[-1:]])
        return before, after - before


def bound_rank(count: Whole, share: float, alpha: float) -> Whole:
    """Which of ``count`` (1 or more) values in order bounds the percentile ``share`` from above.

    The smallest r with P(Bin(count, share) < r) >= 1 - alpha; 0 where no value does.
    """
    rank = fewest_selected(count, share, 1.0 - alpha) + 1
    return np.asarray(np.where(rank <= count, rank, 0), dtype=np.int64)


def point_rank(count: Whole, share: float) -> Whole:
    """The smallest rank with at least ``share`` of the values up to it."""
    return np.asarray(np.maximum(np.ceil(count * share - 1e-9), 1), dtype=np.int64)


def value_at(histograms: Histograms, rank: Whole) -> list[Decimal | None]:
    """Per cell the upper edge, in ms, of the bin of its ``rank``-th fastest decision."""
    before, _ = histograms.totals()
    place = np.searchsorted(histograms.running, before + np.maximum(rank, 1))
    edges = histograms.edge[place]
    is_known = (rank > 0) & (edges <= SLOWEST_BIN)
    return [
        round_up(BIN_WIDTH**edge) if known else None
        for edge, known in zip(edges.tolist(), is_known.tolist(), strict=True)
    ]


def latency_rows(connection: "duckdb.DuckDBPyConnection", context: Context) -> list[LatencyRow]:
    """Cells of the criterion ``latency`` with a decision, over all complete days."""
    found = connection.execute(BINS, {"known": context.known_batch}).fetchall()
    judged = set(context.cells("latency"))
    bins: dict[Cell, list[tuple[int, int]]] = {}
    for name, segment, cohort, edge, count in found:
        if count and (cell := Cell(name, segment, cohort)) in judged:
            bins.setdefault(cell, []).append((edge, count))
    if not bins:
        return []
    sizes = np.array([len(listed) for listed in bins.values()], dtype=np.int64)
    edge, counts = np.array([pair for listed in bins.values() for pair in listed], np.int64).T
    histograms = Histograms(np.cumsum(sizes) - sizes, edge, np.cumsum(counts))
    _, total = histograms.totals()
    unmeasured = np.add.reduceat(np.where(edge >= UNMEASURED_BIN, counts, 0), histograms.first)
    columns = [
        value_at(histograms, rank)
        for rank in (
            point_rank(total, MEDIAN),
            point_rank(total, P95),
            bound_rank(total, P95, SHOWN_ALPHA),
            point_rank(total, P99),
            bound_rank(total, P99, SHOWN_ALPHA),
        )
    ]
    return [
        LatencyRow._make((*cell, count, missing, *values))
        for cell, count, missing, *values in zip(
            bins, total.tolist(), unmeasured.tolist(), *columns, strict=True
        )
    ]
