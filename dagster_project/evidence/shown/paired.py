"""Two cohorts that did the same tasks. Pure."""

from scipy.special import bdtr


def mcnemar(gained: int, lost: int) -> float:
    """Exact two-sided p of "neither cohort is better", from the tasks that only one got right.

    12 gained and none lost give 0.000488; tasks that both got right, or both wrong, say nothing.
    Raises ValueError for a negative count.
    """
    if min(gained, lost) < 0:
        raise ValueError(f"{gained} gained, {lost} lost: no counts of tasks")
    return min(1.0, 2.0 * float(bdtr(min(gained, lost), gained + lost, 0.5)))
