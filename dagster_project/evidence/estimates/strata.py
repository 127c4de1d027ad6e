"""The error of the decisions an AI takes alone, from a sample drawn with known probability.

Strata are route × inclusion probability. A trial is one subject in one ISO week; it fails if any
decision drawn from it is wrong or has no valid label. Weights come from the log, not the sample.
What was drawn but could lie in any stratum fails in each; so does a selection that is missing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from dagster_project.evidence.estimates.bounds import (
    Array,
    Counted,
    Flags,
    Whole,
    anytime_upper,
    clopper_pearson,
    fewest_selected,
    more_clean_trials,
    smallest_count,
)
from dagster_project.evidence.estimates.context import Cell, Context

if TYPE_CHECKING:
    import duckdb

# decisions at or above this confidence are what an operating threshold would let through
OPERATING_CONFIDENCE_BIN = 50


class Stratum(NamedTuple):
    """Counts of one route × inclusion probability.

    Not ``is_sampled``: nothing can be drawn by rule. Not ``is_judged``: of a route that the AI does
    not take alone here; it matters only to cells that it could belong to.
    """

    is_judged: bool
    is_sampled: bool
    probability: float
    decisions: int
    selected: int
    labelled: int
    trials: int
    failures: int
    wrong: int
    first_date: date | None
    newest: date | None

    @property
    def unselected(self) -> int:
        """Selections that are missing, beyond what chance explains (1 of 20 such strata)."""
        fewest = fewest_selected(max(self.decisions, 0), self.probability)
        return max(fewest - max(self.selected, 0), 0) if self.is_sampled else 0


Strata = dict[Cell, list[Stratum]]

# A route that is none of the four, and a missing confidence, may belong to what is judged: they
# stay in as strata from which nothing is drawn by rule, and if one may be delegated, some are. A
# subject that is unknown fails, decision by decision. A trial whose counts contradict each other
# fails too.
STRATA = """
WITH mature AS (
    SELECT sample.*, coalesce(route, '') NOT IN ('delegated', 'surfaced', 'shadow') AS is_odd_route
    FROM facts.{fact} AS sample
    JOIN estimate_scope AS scope USING (decision_class)
    WHERE sample.landing_batch <= $known AND sample.event_date <= scope.label_end
        AND ($days = 0 OR sample.event_date > scope.label_end - $days)
        AND coalesce(route, '') <> 'human'
        AND (confidence_bin >= $bin OR confidence_bin IS NULL OR confidence_bin = -1 OR $bin = -1)
),
cells AS (
    SELECT decision_class, segment, cohort_id,
        bool_or(is_odd_route AND (decision_count > 0 OR selected_count > 0)
                OR route = 'delegated' AND decision_count > 0)
            AND bool_or(class.declared_level IN ('delegate', 'delegate_with_audit')) AS is_alone
    FROM mature JOIN registry.decision_classes AS class USING (decision_class)
    GROUP BY decision_class, segment, cohort_id
),
trials AS (
    SELECT decision_class, segment, cohort_id, coalesce(route, '') AS route,
        coalesce(inclusion_probability, 0) AS probability,
        NOT is_alone OR route = 'delegated' OR is_odd_route AS is_judged,
        NOT is_odd_route AND coalesce(inclusion_probability, 0) > 0
            AND ($bin = -1 OR coalesce(confidence_bin, -1) >= 0) AS is_sampled,
        starts_with(coalesce(subject_key, '(unknown)'), '(unknown)') AS is_nobody,
        subject_key, date_trunc('week', event_date) AS week,
        sum(decision_count)::BIGINT AS decisions, sum(selected_count)::BIGINT AS selected,
        sum(labelled_count)::BIGINT AS labelled, sum(wrong_count)::BIGINT AS wrong,
        min(event_date) AS first_date, max(event_date) AS newest_date
    FROM mature JOIN cells USING (decision_class, segment, cohort_id)
    GROUP BY ALL
),
judged AS (
    SELECT *,
        -- seen wrong proves a fail; what else has failed only withholds a pass
        CASE WHEN is_nobody THEN greatest(least(wrong, selected), 0)
            ELSE (selected > 0 AND wrong > 0 AND labelled >= wrong)::BIGINT END AS seen_wrong,
        CASE WHEN is_nobody THEN greatest(selected, 0) ELSE (selected <> 0)::BIGINT END AS drawn,
        selected < 0 OR labelled > selected OR wrong > labelled OR wrong < 0
            OR selected - labelled + wrong > 0 AS has_failed
    FROM trials
)
SELECT decision_class, segment, cohort_id, is_judged, is_sampled, probability::DOUBLE,
    sum(decisions)::BIGINT,
    sum(selected)::BIGINT, sum(labelled)::BIGINT, sum(drawn)::BIGINT,
    sum(CASE WHEN is_nobody OR has_failed THEN drawn ELSE 0 END)::BIGINT,
    sum(seen_wrong)::BIGINT,
    min(first_date),
    max(CASE WHEN drawn > 0 AND NOT is_nobody AND NOT has_failed THEN newest_date END)
FROM judged
GROUP BY decision_class, segment, cohort_id, route, probability, is_judged, is_sampled
ORDER BY decision_class, segment, cohort_id, is_sampled DESC, probability, route
"""


def read_strata(
    connection: "duckdb.DuckDBPyConnection",
    context: Context,
    confidence_bin: int = -1,
    days: int = 0,
    fact: str = "fct_samples_weekly",
) -> Strata:
    """Strata per cell, the smallest inclusion probability first.

    ``confidence_bin`` -1 = whatever the confidence; ``days`` 0 = all mature days, else the last.
    """
    rows = connection.execute(
        STRATA.format(fact=fact),
        {"known": context.known_batch, "bin": confidence_bin, "days": days},
    ).fetchall()
    found: Strata = {}
    for name, segment, cohort, *counts in rows:
        found.setdefault(Cell(name, segment, cohort), []).append(Stratum(*counts))
    return found


@dataclass(frozen=True)
class ErrorCells:
    """Strata of many cells as flat arrays; ``fixed`` is each cell's share that failed for sure.

    ``doubted`` trials of a stratum are failed for a pass, but nobody saw them fail; ``wrong`` are
    the failures that somebody saw.
    """

    cells: tuple[Cell, ...]
    strata: tuple[tuple[Stratum, ...], ...]
    cell_of: npt.NDArray[np.int64]
    weight: Array
    failures: Array
    wrong: Array
    trials: Array
    doubted: Array
    fixed: Array
    limit: Array

    def upper(self, alpha: Array, more: Whole | None = None) -> Array:
        """UCB of the error per cell, each stratum at alpha ÷ strata; ``more`` = clean trials."""
        added = 0 if more is None else np.ceil(more[self.cell_of] * self._portion())
        failed, tried = self.failures + self.doubted, self.trials + self.doubted + added
        bound = anytime_upper(failed, tried, self.limit[self.cell_of], self._split(alpha))
        return np.minimum(self.fixed + self._sum(self.weight * bound), 1.0)

    def lower(self, alpha: Array) -> Array:
        """One-off lower bound: only what was seen wrong proves an error."""
        bound, _ = clopper_pearson(self.wrong, self.trials, self._split(alpha))
        return self._sum(self.weight * bound)

    def rate(self) -> list[float | None]:
        """Horvitz-Thompson rate over the strata with trials; None without any."""
        has_trials = self.trials > 0
        share = self.failures / np.maximum(self.trials, 1.0)
        seen = self._sum(self.weight * has_trials)
        total = self._sum(self.weight * share * has_trials)
        return [float(t / s) if s > 0 else None for t, s in zip(total, seen, strict=True)]

    def needed(self, alpha: Array, target: Array) -> Whole:
        """Further clean trials, spread by weight, until ``upper`` meets ``target``; -1 = never."""
        count = np.bincount(self.cell_of, minlength=len(self.cells))
        result = np.full(len(self.cells), -1, dtype=np.int64)
        can_pass = (self.fixed < target) & (target < 1)
        one, several = can_pass & (count == 1), can_pass & (count > 1)
        # one stratum needs a single evaluation per step; only the others repeat the bisection
        result[one] = self.select(one).needed_of_one(alpha[one], target[one])
        result[several] = self.select(several).needed_of_several(alpha[several], target[several])
        return result

    def needed_of_one(self, alpha: Array, target: Array) -> Whole:
        """For cells of exactly one stratum."""
        left = (target - self.fixed) / np.maximum(self.weight, 1e-300)
        null = np.clip(left, 1e-12, 1 - 1e-12)
        lost = np.zeros(len(self.cells))
        counted = Counted(self.failures + self.doubted, self.trials + self.doubted, lost)
        return more_clean_trials(counted, null, self.limit, alpha)

    def needed_of_several(self, alpha: Array, target: Array) -> Whole:
        """For cells of several strata."""

        def is_enough(more: Whole) -> Flags:
            is_met: Flags = self.upper(alpha, more) <= target
            return is_met

        return smallest_count(is_enough, (len(self.cells),))

    def select(self, chosen: Flags) -> "ErrorCells":
        """The chosen cells, in the same order."""
        mine = chosen[self.cell_of]
        renumbered = np.cumsum(chosen) - 1
        places = np.flatnonzero(chosen)
        return ErrorCells(
            tuple(self.cells[place] for place in places),
            tuple(self.strata[place] for place in places),
            renumbered[self.cell_of[mine]].astype(np.int64),
            self.weight[mine],
            self.failures[mine],
            self.wrong[mine],
            self.trials[mine],
            self.doubted[mine],
            self.fixed[chosen],
            self.limit[chosen],
        )

    def _split(self, alpha: Array) -> Array:
        count = np.bincount(self.cell_of, minlength=len(self.cells))
        return (alpha / np.maximum(count, 1))[self.cell_of]

    def _portion(self) -> Array:
        return self.weight / np.maximum(self._sum(self.weight), 1e-300)[self.cell_of]

    def _sum(self, values: Array) -> Array:
        total = np.bincount(self.cell_of, weights=values, minlength=len(self.cells))
        return np.asarray(total, dtype=np.float64)


def error_cells(
    context: Context,
    strata: Strata,
    cells: Iterable[Cell],
    limits: dict[str, float],
) -> ErrorCells:
    """Assemble the cells. Unreadable labels fail in every stratum, since they may be of any.

    Unreadable decisions weigh with error 1. So do those that could belong to the cell, or to any
    stratum of it; what was drawn of them fails in every stratum too.
    """
    listed = tuple(cells)
    cell_of, weight, failures, wrong, trials, doubted = [], [], [], [], [], []
    fixed, kept = [], []
    for place, cell in enumerate(listed):
        own = [item for item in strata.get(cell, []) if item.is_judged]
        lost = context.lost(cell.decision_class)
        sampled = [item for item in own if item.is_sampled]
        unplaced = [item for item in own if not item.is_sampled]
        unplaced += [item for other in context.strays(cell) for item in strata.get(other, [])]
        drawn = sum(max(item.trials, 0) for item in unplaced)
        certain = lost.decisions + sum(max(item.decisions, 0) for item in unplaced)
        total = sum(max(item.decisions, 0) for item in sampled) + certain
        for item in sampled:
            doubted.append(lost.labels + drawn + item.unselected)
            cell_of.append(place)
            weight.append(max(item.decisions, 0) / total if total > 0 else 0.0)
            failures.append(item.failures)
            wrong.append(item.wrong)
            trials.append(item.trials)
        fixed.append(certain / total if total > 0 else 1.0)
        kept.append(tuple(own))
    return ErrorCells(
        listed,
        tuple(kept),
        np.array(cell_of, dtype=np.int64),
        np.array(weight, dtype=np.float64),
        np.array(failures, dtype=np.float64),
        np.array(wrong, dtype=np.float64),
        np.array(trials, dtype=np.float64),
        np.array(doubted, dtype=np.float64),
        np.array(fixed, dtype=np.float64),
        np.array([limits[cell.decision_class] for cell in listed], dtype=np.float64),
    )
