"""Every proportion of the product becomes an estimate here, by one rule.

bound = (1 - u) x UCB(failures + unknown, trials + unknown) + u, where u is the share of units
that could not be read, and at least the bound with those units as failed trials: else a failure
that becomes unreadable would be cheaper than one that was seen. The refuting bound counts only
failures that were really seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from dagster_project.evidence.estimates.bounds import (
    Array,
    anytime_upper,
    clopper_pearson,
    registered_prior,
)
from dagster_project.evidence.estimates.context import (
    AT_LEAST,
    COMPARISONS,
    Basis,
    Cell,
    Context,
    Estimate,
    Finding,
    broken,
    row,
)
from dagster_project.evidence.estimates.trials_needed import Counted, more_clean_trials

METHOD = "anytime_beta"


@dataclass(frozen=True)
class Share:
    """Counts of one cell: ``failures`` of ``trials``; failures also for a floor.

    ``unknown`` trials may belong here and count as failed for a pass, not for a fail;
    ``unreadable`` units enter as a share with failure rate 1.
    """

    cell: Cell
    failures: int
    trials: int
    unknown: int = 0
    unreadable: int = 0
    missing: int = 0
    window_start: date | None = None
    window_end: date | None = None
    newest: date | None = None
    empty_reason: str = "no decisions"

    @property
    def is_possible(self) -> bool:
        return 0 <= self.failures <= self.trials and min(self.unknown, self.unreadable) >= 0


def share_estimates(context: Context, criterion: str, shares: Iterable[Share]) -> list[Estimate]:
    """Rows for all shares of a criterion, bounds solved at once."""
    listed = list(shares)
    is_floor = COMPARISONS[criterion] == AT_LEAST
    usable, limits, rows = [], [], []
    for share in listed:
        judged = context.thresholds[criterion, share.cell.decision_class]
        limit = float(1 - judged.threshold if is_floor else judged.threshold)
        problem = None if 0 < limit < 1 else "threshold outside 0 to 1"
        problem = problem if share.is_possible else "impossible counts"
        if judged.problem or problem:
            rows.append(broken(context, criterion, share.cell, problem))
        else:
            usable.append(share)
            limits.append(limit)
    if usable:
        rows += _solved(context, criterion, usable, np.array(limits))
    return rows


def _solved(context: Context, criterion: str, shares: list[Share], limit: Array) -> list[Estimate]:
    alpha = np.array([context.alpha(criterion, share.cell) for share in shares])
    seen = np.array([share.failures for share in shares], dtype=np.float64)
    unknown = np.array([share.unknown for share in shares], dtype=np.float64)
    trials = np.array([share.trials for share in shares], dtype=np.float64) + unknown
    lost = np.array([share.unreadable for share in shares], dtype=np.float64)
    unreadable = lost / np.maximum(trials + lost, 1.0)
    upper = np.maximum(
        unreadable + (1 - unreadable) * anytime_upper(seen + unknown, trials, limit, alpha),
        anytime_upper(seen + unknown + lost, trials + lost, limit, alpha),
    )
    lower = (1 - unreadable) * clopper_pearson(seen, trials, alpha)[0]
    counted = Counted(seen + unknown, trials, lost)
    needed = more_clean_trials(counted, limit, registered_prior(limit), alpha)
    found = zip(shares, upper.tolist(), lower.tolist(), needed.tolist(), strict=True)
    return [_row(context, criterion, share, (high, low), more) for share, high, low, more in found]


def _row(
    context: Context, criterion: str, share: Share, bounds: tuple[float, float], needed: int
) -> Estimate:
    basis = Basis(
        METHOD,
        n=share.trials,
        n_effective=share.trials + share.unknown,
        n_missing=share.missing + share.unknown + share.unreadable,
        n_needed=None if needed < 0 else needed,
        window_start=share.window_start,
        window_end=share.window_end,
        newest=share.newest,
    )
    upper, lower = bounds
    rate = share.failures / share.trials if share.trials else None
    finding = Finding(rate, upper, lower, needed_reason(needed))
    if rate is None:
        reason = "not recorded" if share.unknown else share.empty_reason
        finding = Finding(None, upper, None, reason, "insufficient")
    if COMPARISONS[criterion] == AT_LEAST:
        finding = finding._replace(
            estimate=None if rate is None else 1.0 - rate,
            bound=1.0 - upper,
            refuting=None if rate is None else 1.0 - lower,
        )
    return row(context, criterion, share.cell, basis, finding)


def needed_reason(needed: int) -> str | None:
    """``needed`` further clean trials as a reason; -1 = no number of them would do."""
    if needed < 0:
        return "out of reach by clean trials alone"
    return f"{needed:,} more clean trials" if needed else None
