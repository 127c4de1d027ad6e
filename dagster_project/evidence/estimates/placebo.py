"""The effect of a launch on one series, with an interval from placebo shifts of its residuals.

Pure: arrays in, numbers out, no database. The series is held against what its past (level, trend,
season) and its controls foretell. How large a gap arises by chance is read from the residuals
themselves, shifted round the calendar: after whitening, any start is as good as the launch. No
distribution is assumed, and what a fitted model takes from the noise is given back by ``_memory``.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

LEAST_BEFORE, LEAST_AFTER = 16, 8
_MOST_MEMORY = 0.98


class Effect(NamedTuple):
    """Mean change per period since the launch, in the unit of the series.

    ``lower``, ``upper``: one-sided bounds at alpha each; infinite where the periods are too few.
    ``rises``, ``falls``: share of placebo launches, the true one included, with a gap as great.
    """

    estimate: float
    lower: float
    upper: float
    rises: float
    falls: float
    memory: float
    periods: int


def design(
    count: int, *, has_trend: bool = False, season: int = 0, controls: "list[Array] | None" = None
) -> Array:
    """Columns of what moves a series of ``count`` periods without the launch: (count, columns).

    Level, straight trend, one column per period of a ``season`` but one, and ``controls``, which
    are series of ``count`` periods. Raises ValueError for a control of another length.
    """
    place = np.arange(count)
    columns = [np.ones(count)]
    if has_trend:
        columns.append(place - place.mean())
    columns += [(place % season == number).astype(float) for number in range(1, season)]
    for control in controls or ():
        if control.shape != (count,):
            raise ValueError(f"a control of {control.shape} beside a series of {count} periods")
        columns.append(np.asarray(control, float))
    return np.column_stack(columns)


def launch_effect(series: Array, explained: Array, is_after: Flags, alpha: float) -> Effect:
    """``series`` (T), ``explained`` (T, columns; see ``design``), ``is_after`` (T): since launch.

    Raises ValueError where nothing can be said: numbers missing, too few periods on either side,
    or a past that does not tell the columns apart.
    """
    _check(series, explained, is_after)
    count, after = len(series), is_after.astype(float)
    weights = _gap_weights(explained, is_after)
    residuals, launch = (_unexplained(explained, each) for each in (series, after))
    memory = _memory(series, np.column_stack([explained, after]))
    whitening = _whitening(memory, len(series))
    # w'F^-1 S_s F r = (F^-T w)' (S_s F r): one solve for all shifts
    pulled = np.asarray(np.linalg.solve(whitening.T, weights), np.float64)
    gaps, shares = (_shifted(pulled, whitening @ each) for each in (residuals, launch))
    gap = float(weights @ residuals)
    can_tell = shares < 1
    effects = (gap - gaps) / np.where(can_tell, 1 - shares, 1)
    lowest = np.sort(np.where(can_tell, effects, -np.inf))
    highest = np.sort(np.where(can_tell, effects, np.inf))[::-1]
    rank = int(np.floor(alpha * count))
    return Effect(
        gap,
        float(lowest[rank - 1]) if rank else -np.inf,
        float(highest[rank - 1]) if rank else np.inf,
        float(1 + np.count_nonzero(gaps >= gap)) / count,
        float(1 + np.count_nonzero(gaps <= gap)) / count,
        memory,
        count,
    )


def _check(series: Array, explained: Array, is_after: Flags) -> None:
    before, after = int(np.count_nonzero(~is_after)), int(np.count_nonzero(is_after))
    if not (np.isfinite(series).all() and np.isfinite(explained).all()):
        raise ValueError("a period has no number")
    if before < LEAST_BEFORE:
        raise ValueError(f"{LEAST_BEFORE - before} periods before the launch missing")
    if after < LEAST_AFTER:
        raise ValueError(f"{LEAST_AFTER - after} periods after the launch missing")
    with_launch = np.column_stack([explained, is_after])
    past = explained[~is_after]
    if (
        np.linalg.matrix_rank(past) < past.shape[1]
        or np.linalg.matrix_rank(with_launch) < with_launch.shape[1]
        or len(series) <= with_launch.shape[1] + 1
    ):
        raise ValueError("the past does not tell trend, season and controls apart")


def _gap_weights(explained: Array, is_after: Flags) -> Array:
    """Mean since the launch, less what the fit of the past foretells for it."""
    past, mean = explained[~is_after], explained[is_after].mean(axis=0)
    weights = np.where(is_after, 1 / np.count_nonzero(is_after), 0.0)
    weights[~is_after] = -np.linalg.pinv(past).T @ mean
    return weights


def _unexplained(columns: Array, values: Array) -> Array:
    fitted = np.linalg.lstsq(columns, values, rcond=None)[0]
    return np.asarray(values - columns @ fitted, np.float64)


def _memory(series: Array, columns: Array) -> float:
    """Share of a residual that comes from the period before; the fit's own bias is added back."""
    residuals = _unexplained(columns, series)
    power = float(residuals @ residuals)
    found = float(residuals[1:] @ residuals[:-1]) / power if power > 0 else 0.0
    count, width = columns.shape
    return float(np.clip(found + (width + (width + 2) * found) / count, 0.0, _MOST_MEMORY))


def _whitening(memory: float, count: int) -> Array:
    """Prais-Winsten: each period less ``memory`` of the one before, the first one scaled."""
    matrix = np.eye(count) - memory * np.eye(count, k=-1)
    matrix[0, 0] = np.sqrt(1 - memory**2)
    return matrix


def _shifted(weights: Array, values: Array) -> Array:
    """``weights`` times ``values`` shifted round by 1 … T - 1 places: (T - 1)."""
    count = len(values)
    places = (np.arange(count)[None, :] - np.arange(1, count)[:, None]) % count
    shifted: Array = values[places] @ weights
    return shifted
