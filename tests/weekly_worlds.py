"""Worlds of counts by week, without a database: many cells, each with the same strata and weeks."""

import numpy as np
import numpy.typing as npt

from dagster_project.evidence.estimates.bounds import Array, Flags, Prior
from dagster_project.evidence.estimates.certificate import certify
from dagster_project.evidence.estimates.history import Counts, History


def history(
    trials: npt.ArrayLike,
    failures: npt.ArrayLike,
    limit: float = 0.05,
    unplaced: npt.ArrayLike = 0,
    stray: npt.ArrayLike = 0,
    borrowed: tuple[float, float] = (0.0, 0.0),
    mixed: npt.ArrayLike = 0.0,
) -> History:
    """Counts as cells × weeks, or cells × strata × weeks; every decision is drawn.

    ``unplaced`` per cell: unreadable labels. ``stray`` per cell × week: drawn decisions that could
    belong to the cell.
    """
    tried, failed = (np.asarray(item, dtype=np.float64) for item in (trials, failures))
    if tried.ndim == 2:
        tried, failed = tried[:, np.newaxis], failed[:, np.newaxis]
    cells, strata, weeks = tried.shape
    strays = np.broadcast_to(np.asarray(stray, dtype=np.float64), (cells, weeks)).copy()
    labels = np.broadcast_to(np.asarray(unplaced, dtype=np.float64), (cells,))
    drawn = [tried.ravel().copy() for _ in range(3)]
    return History(
        first=np.arange(cells) * strata,
        count=np.full(cells, strata),
        probability=np.ones(cells * strata),
        stratum=np.repeat(np.arange(cells * strata), weeks),
        week=np.tile(np.arange(weeks), cells * strata),
        rows=Counts(
            *drawn, failed.ravel(), np.broadcast_to(mixed, tried.shape).ravel().astype(float)
        ),
        stray=strays,
        certain=strays.sum(axis=1),
        doubted=labels + strays.sum(axis=1),
        unplaced=labels,
        limit=np.full(cells, limit),
        borrowed=Prior(*(np.full(cells, part) for part in borrowed)),
    )


def passes(
    trials: npt.ArrayLike,
    failures: npt.ArrayLike,
    alpha: float,
    limit: float = 0.05,
    borrowed: tuple[float, float] = (0.0, 0.0),
    looks_a_week: int = 1,
) -> Flags:
    """Worlds × looks: whether the certificate of that look is at most the limit.

    Counts are worlds × looks or worlds × strata × looks, from a Monday on. Each look sees what was
    there by then, in weeks of which the newest may be cut short.
    """
    tried, failed = (np.asarray(item, dtype=np.float64) for item in (trials, failures))
    looks = []
    for look in range(1, tried.shape[-1] + 1):
        weeks = [_by_week(item[..., :look], looks_a_week) for item in (tried, failed)]
        world = history(*weeks, limit, borrowed=borrowed)
        looks.append(certify(world, np.full(len(tried), alpha)).upper() <= limit)
    return np.stack(looks, axis=1)


def _by_week(counts: Array, looks: int) -> Array:
    return np.add.reduceat(counts, np.arange(0, counts.shape[-1], looks), axis=-1)
