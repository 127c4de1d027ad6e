"""Bounds of the error of many cells from counts of their strata. Pure: arrays in, arrays out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dagster_project.evidence.estimates.bounds import (
    Array,
    Flags,
    Prior,
    Whole,
    clopper_pearson,
    is_refuted,
    upper_under,
)
from dagster_project.evidence.estimates.trials_needed import (
    Counted,
    more_clean_trials,
    smallest_count,
)


@dataclass(frozen=True)
class ErrorCells:
    """Strata of many cells as flat arrays; ``fixed`` is each cell's share that failed for sure.

    ``weight`` is each stratum's share of the cell's decisions, ``later`` how many came after what
    was counted here, as a multiple of these decisions. ``doubted`` trials of a stratum are failed
    for a pass, but nobody saw them fail; ``wrong`` are the failures that somebody saw. A trial
    fails by the share X of its decisions; ``mixed`` sums X (1 - X). ``prior`` is each cell's.
    """

    cell_of: Whole
    weight: Array
    later: Array
    failures: Array
    wrong: Array
    trials: Array
    mixed: Array
    doubted: Array
    fixed: Array
    prior: Prior

    def upper(self, alpha: Array, more: Whole | None = None) -> Array:
        """UCB of the error per cell, each stratum at alpha ÷ strata; ``more`` = clean trials."""
        return self.mix(self.stratum_upper(alpha, more))

    def stratum_upper(self, alpha: Array, more: Whole | None = None) -> Array:
        """UCB per stratum, for ``mix``."""
        added = 0 if more is None else np.ceil(more[self.cell_of] * self._portion())
        failed, tried = self.failures + self.doubted, self.trials + self.doubted + added
        return upper_under(failed, tried, self._priors(), self._split(alpha), self.mixed)

    def mix(self, bound: Array) -> Array:
        """Bounds per stratum, weighed, with what failed for sure.

        A stratum worse than the mix weighs with its later decisions too. So what goes well early
        says nothing of strata that grow later, and no later decision makes the mix better.
        """
        mixed = self.fixed + self._sum(self.weight * bound)
        while True:
            more = np.where(bound > mixed[self.cell_of], self.later, 0.0)
            worse = self.fixed + self._sum((self.weight + more) * bound)
            worse = np.maximum(worse / (1.0 + self._sum(more)), mixed)
            if not bool(np.any(worse > mixed)):
                return np.minimum(mixed, 1.0)
            mixed = worse

    def at_least(self, alpha: Array, tested: Array) -> Array:
        """No more than ``upper``, at the price of one evaluation: per stratum ``tested`` where the
        data do not refute it, else what was counted."""
        failed, tried = self.failures + self.doubted, self.trials + self.doubted
        prior, level = self._priors(), self._split(alpha)
        is_lower = (failed < tried) & is_refuted(failed, tried, tested, prior, level, self.mixed)
        counted = failed / np.maximum(tried, 1.0)
        return self.mix(np.where(is_lower, counted, tested))

    def lower(self, alpha: Array) -> Array:
        """One-off lower bound: only what was seen wrong proves an error, in whole trials.

        Exact where a trial is all right or all wrong. A sum of shares reaches a whole number with
        at most e times the chance of the binomial count of its mean (Bentkus 2004).
        """
        bound, _ = clopper_pearson(np.floor(self.wrong), self.trials, self._split(alpha))
        return self._sum(self.weight * bound)

    def rate(self) -> list[float | None]:
        """Horvitz-Thompson rate over the strata with trials; None without any."""
        has_trials = self.trials > 0
        share = self.failures / np.maximum(self.trials, 1.0)
        seen = self._sum(self.weight * has_trials)
        total = self._sum(self.weight * share * has_trials)
        return [float(t / s) if s > 0 else None for t, s in zip(total, seen, strict=True)]

    def weighed(self, share: Sequence[float]) -> Array:
        """Shares of the strata, weighed, with what failed for sure."""
        return np.minimum(self.fixed + self._sum(self.weight * np.array(share, dtype=float)), 1.0)

    def needed(self, alpha: Array, target: Array) -> Whole:
        """Further clean trials, spread by weight, until ``upper`` meets ``target``; -1 = never."""
        count = np.bincount(self.cell_of, minlength=len(self.fixed))
        result = np.full(len(self.fixed), -1, dtype=np.int64)
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
        lost = np.zeros(len(self.fixed))
        failed, tried = self.failures + self.doubted, self.trials + self.doubted
        counted = Counted(failed, tried, lost, self.mixed)
        return more_clean_trials(counted, null, self.prior, alpha)

    def needed_of_several(self, alpha: Array, target: Array) -> Whole:
        """For cells of several strata."""

        def is_enough(more: Whole) -> Flags:
            is_met: Flags = self.upper(alpha, more) <= target
            return is_met

        return smallest_count(is_enough, (len(self.fixed),))

    def select(self, chosen: Flags) -> "ErrorCells":
        """The chosen cells, in the same order."""
        mine = chosen[self.cell_of]
        renumbered = np.cumsum(chosen) - 1
        return ErrorCells(
            renumbered[self.cell_of[mine]].astype(np.int64),
            self.weight[mine],
            self.later[mine],
            self.failures[mine],
            self.wrong[mine],
            self.trials[mine],
            self.mixed[mine],
            self.doubted[mine],
            self.fixed[chosen],
            Prior(*(part[chosen] for part in self.prior)),
        )

    def without_decisions(self) -> Flags:
        """Cells whose strata hold no decision."""
        return self._sum(self.weight) <= 0

    def weighed_as(self, other: "ErrorCells", chosen: Flags) -> "ErrorCells":
        """The same counts; the chosen cells with the weights of ``other``, which has its strata."""
        return replace(
            self,
            weight=np.where(chosen[self.cell_of], other.weight, self.weight),
            fixed=np.where(chosen, other.fixed, self.fixed),
        )

    def _priors(self) -> Prior:
        return Prior(*(part[self.cell_of] for part in self.prior))

    def _split(self, alpha: Array) -> Array:
        count = np.bincount(self.cell_of, minlength=len(self.fixed))
        return (alpha / np.maximum(count, 1))[self.cell_of]

    def _portion(self) -> Array:
        return self.weight / np.maximum(self._sum(self.weight), 1e-300)[self.cell_of]

    def _sum(self, values: Array) -> Array:
        total = np.bincount(self.cell_of, weights=values, minlength=len(self.fixed))
        return np.asarray(total, dtype=np.float64)
