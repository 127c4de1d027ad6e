"""How well confidence agrees with what was right. Pure: arrays in, numbers out, no database.

Labels that share tenth, inclusion probability and outcome form one group; a group of one label
each gives the same numbers as the labels themselves. All shares are weighted means: with weights
1 / inclusion probability they are Hájek estimates, sum(w y) / sum(w).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dagster_project.evidence.estimates.bounds import Array, Whole, wilson

TENTHS = 10
# of each side of the intervals shown: 95 % in all
SHOWN_ALPHA = 0.025
DRAWS = 500
# fixed, and begun anew for every cell: one class never moves the interval of another
SEED = 20210213


class Groups(NamedTuple):
    """Labels in groups, one entry per group.

    ``tenth``: 0 for confidence below 0.1 to 9 for 0.9 to 1 · ``confidence``: mean (0-1) ·
    ``square``: mean of its square · ``is_right``: 1 or 0 · ``weight``: of each label ·
    ``labels``: how many, at least 1.
    """

    tenth: Whole
    confidence: Array
    square: Array
    is_right: Array
    weight: Array
    labels: Whole

    @property
    def mass(self) -> Array:
        """Weight of all labels of the group."""
        return self.weight * self.labels


class Score(NamedTuple):
    """Brier score and its parts: brier = reliability - resolution + uncertainty + within_bin.

    ``within_bin``: variance of confidence inside its tenth, minus twice its covariance there with
    the outcome; without it the parts of binned forecasts do not add up.
    """

    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within_bin: float


class Curve(NamedTuple):
    """The reliability curve, one entry per tenth that holds labels.

    ``lower``, ``upper``: Wilson interval (95 %) of ``accuracy`` at Kish's effective number.
    """

    tenth: Whole
    labels: Whole
    confidence: Array
    accuracy: Array
    lower: Array
    upper: Array


class CalibrationError(NamedTuple):
    """``lower``, ``upper``: bootstrap percentiles (95 %). ``by_chance``: what a perfectly
    calibrated agent with these confidences and this many labels would show on average."""

    ece: float
    lower: float
    upper: float
    by_chance: float


def single_labels(
    confidence: npt.ArrayLike, is_right: npt.ArrayLike, weight: npt.ArrayLike = 1.0
) -> Groups:
    """Every label as a group of its own. Raises ValueError for confidence or outcome outside
    0 to 1 and for a weight that is not positive."""
    values, outcome, weights = np.broadcast_arrays(
        np.asarray(confidence, dtype=np.float64),
        np.asarray(is_right, dtype=np.float64),
        np.asarray(weight, dtype=np.float64),
    )
    for name, array in (("confidence", values), ("outcome", outcome)):
        if not bool(np.all((array >= 0) & (array <= 1))):
            raise ValueError(f"{name} outside 0 to 1")
    if not bool(np.all((weights > 0) & np.isfinite(weights))):
        raise ValueError("weight is not positive")
    tenth = np.minimum(np.floor(values * TENTHS), TENTHS - 1).astype(np.int64)
    count = np.ones(values.shape, dtype=np.int64)
    return Groups(tenth, values, values**2, outcome, weights, count)


def brier_score(groups: Groups) -> Score:
    """The weighted Brier score with Murphy's decomposition over tenths of confidence."""
    mass = groups.mass
    total = float(mass.sum())
    weight = _by_tenth(groups, mass)
    seen = np.maximum(weight, 1e-300)
    confidence = _by_tenth(groups, mass * groups.confidence) / seen
    accuracy = _by_tenth(groups, mass * groups.is_right) / seen
    square = _by_tenth(groups, mass * groups.square) / seen
    both = _by_tenth(groups, mass * groups.confidence * groups.is_right) / seen
    base = float((weight * accuracy).sum()) / total

    def mean(values: Array) -> float:
        return float((weight * values).sum()) / total

    return Score(
        brier=float((mass * (groups.square - 2 * groups.confidence * groups.is_right)).sum())
        / total
        + base,
        reliability=mean((confidence - accuracy) ** 2),
        resolution=mean((accuracy - base) ** 2),
        uncertainty=base * (1 - base),
        within_bin=mean(square - confidence**2 - 2 * (both - confidence * accuracy)),
    )


def reliability_curve(groups: Groups) -> Curve:
    """Mean confidence beside observed accuracy, by tenth."""
    mass = groups.mass
    weight = _by_tenth(groups, mass)
    has_labels = weight > 0
    weight = weight[has_labels]
    accuracy = _by_tenth(groups, mass * groups.is_right)[has_labels] / weight
    effective = weight**2 / _by_tenth(groups, mass * groups.weight)[has_labels]
    accuracy = np.clip(accuracy, 0.0, 1.0)
    lower, upper = wilson(accuracy * effective, effective, SHOWN_ALPHA)
    return Curve(
        tenth=np.flatnonzero(has_labels).astype(np.int64),
        labels=_by_tenth(groups, groups.labels.astype(np.float64))[has_labels].astype(np.int64),
        confidence=_by_tenth(groups, mass * groups.confidence)[has_labels] / weight,
        accuracy=accuracy,
        lower=lower,
        upper=upper,
    )


def expected_error(groups: Groups) -> float:
    """ECE: the gap between mean confidence and accuracy of a tenth, averaged over its labels."""
    gap = groups.mass * (groups.is_right - groups.confidence)
    return float(_errors(groups, gap[None], groups.mass[None])[0])


def calibration_error(groups: Groups) -> CalibrationError:
    """The expected calibration error, its bootstrap interval, and what chance alone would show."""
    random = np.random.default_rng(SEED)
    share = groups.labels / groups.labels.sum()
    drawn = random.multinomial(groups.labels.sum(), share, size=DRAWS) * groups.weight
    resampled = _errors(groups, drawn * (groups.is_right - groups.confidence), drawn)
    lower, upper = np.quantile(resampled, [SHOWN_ALPHA, 1 - SHOWN_ALPHA])
    right = random.binomial(groups.labels, groups.confidence, size=drawn.shape)
    by_chance = groups.weight * (right - groups.labels * groups.confidence)
    calibrated = _errors(groups, by_chance, np.broadcast_to(groups.mass, drawn.shape))
    return CalibrationError(
        expected_error(groups), float(lower), float(upper), float(calibrated.mean())
    )


def effective_count(groups: Groups) -> float:
    """Kish's number of labels of equal weight that tell as much: (sum w)² / sum w²."""
    mass = groups.mass
    return float(mass.sum() ** 2 / (mass * groups.weight).sum())


def _errors(groups: Groups, gap: Array, mass: Array) -> Array:
    """One calibration error per row of ``gap`` and ``mass`` (draws × groups)."""
    is_of = (groups.tenth[:, None] == np.arange(TENTHS)).astype(np.float64)
    found: Array = np.abs(gap @ is_of).sum(axis=1) / mass.sum(axis=1)
    return found


def _by_tenth(groups: Groups, values: Array) -> Array:
    total = np.bincount(groups.tenth, weights=values, minlength=TENTHS)
    return np.asarray(total, dtype=np.float64)
