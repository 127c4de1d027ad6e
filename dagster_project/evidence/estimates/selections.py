"""How many selections a draw of known probability explains. Pure: arrays in, arrays out.

Selections that are missing were taken out, those that are too many were put in by somebody else:
either way what is left is no random sample.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, bdtrik

from dagster_project.evidence.estimates.bounds import Array, Whole

# how seldom an honest draw selects fewer than ``fewest_selected``
CHANCE_OF_FEWER = 0.05


def unexplained_selections(
    decisions: npt.ArrayLike,
    selected: npt.ArrayLike,
    probability: npt.ArrayLike,
    chance: float = CHANCE_OF_FEWER,
) -> Whole:
    """How many selections are missing, or too many, beyond what chance explains.

    Chance explains what lies between the lower and the upper ``chance`` point of a sample of that
    probability (more than 0). With probability 1, every decision not selected is missing.
    """
    return _missing(decisions, selected, probability, chance) + surplus_selections(
        decisions, selected, probability, chance
    )


def surplus_selections(
    decisions: npt.ArrayLike,
    selected: npt.ArrayLike,
    probability: npt.ArrayLike,
    chance: float = CHANCE_OF_FEWER,
) -> Whole:
    """How many selections are too many: a draw of that probability leaves out more decisions."""
    count, drawn = (_counted(each) for each in (decisions, selected))
    others = 1.0 - np.asarray(probability, dtype=np.float64)
    beyond = np.maximum(drawn - count, 0.0).astype(np.int64)
    return _missing(count, count - drawn, others, chance) + beyond


def _missing(
    decisions: npt.ArrayLike, selected: npt.ArrayLike, probability: npt.ArrayLike, chance: float
) -> Whole:
    count, drawn, share = np.broadcast_arrays(
        _counted(decisions), _counted(selected), np.asarray(probability, dtype=np.float64)
    )
    missing = np.where(share >= 1, np.maximum(count - drawn, 0.0), 0.0)
    # the lower half of the chances lies below the mean, and no point asked for is above that
    is_random = (share > 0) & (share < 1) & (drawn < count * share)
    places = np.flatnonzero(is_random)
    few = bdtr(drawn.flat[places], count.flat[places].astype(np.int64), share.flat[places])
    places = places[few < chance]
    fewest = fewest_selected(count.flat[places], share.flat[places], chance)
    missing.flat[places] = fewest - drawn.flat[places]
    return missing.astype(np.int64)


def fewest_selected(
    decisions: npt.ArrayLike, probability: npt.ArrayLike, chance: float = CHANCE_OF_FEWER
) -> Whole:
    """Lower ``chance`` point of how many of ``decisions`` (1 or more) a sample draws.

    ``probability`` between 0 and 1, both excluded.
    """
    trials = np.asarray(decisions, dtype=np.int64)
    share = np.asarray(probability, dtype=np.float64)
    count = np.maximum(np.ceil(bdtrik(chance, trials, share)), 0.0)
    # the inverse is continuous and may end one too high
    is_one_less = (count > 0) & (bdtr(np.maximum(count - 1, 0), trials, share) >= chance)
    return np.asarray(count - is_one_less, dtype=np.int64)


def _counted(value: npt.ArrayLike) -> Array:
    return np.maximum(np.asarray(value, dtype=np.float64), 0.0)
