"""Errors that show only after a label counts as mature: what they may still add to the error.

Their share is bounded over the labels that were followed for a second label delay, per class: a
trial is one subject in one ISO week; it fails by the share of its labels that turned late. Strata
as everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dagster_project.evidence.estimates.bounds import Array, Flags, Whole, registered_prior
from dagster_project.evidence.estimates.context import Cell, Context
from dagster_project.evidence.estimates.error_cells import ErrorCells
from dagster_project.evidence.estimates.strata import LateErrors, Sample


@dataclass(frozen=True)
class LateShare:
    """Late errors per cell; ``alpha`` bounds their share, where ``is_asked``."""

    cells: ErrorCells
    alpha: Array
    is_asked: Flags

    def upper(self) -> Array:
        """Upper bound of the share of labels that turn late; 0 where nobody asks."""
        found = np.zeros(len(self.alpha))
        found[self.is_asked] = self._asked().upper(self.alpha[self.is_asked])
        return found

    def needed(self, target: Array) -> Whole:
        """Further labels that do not turn until ``upper`` meets ``target``; -1 = never."""
        found = np.zeros(len(self.alpha), dtype=np.int64)
        asked = self.is_asked
        found[asked] = self._asked().needed(self.alpha[asked], target[asked])
        return found

    def _asked(self) -> ErrorCells:
        """Nobody looks at the others, which are most where labels are of a system of record."""
        return self.cells.select(self.is_asked)


def has_turned(context: Context, sample: Sample, name: str) -> bool:
    """Whether a label of the class was seen to turn late, or one that cannot be read may have."""
    own = sample.late.get(name, LateErrors())
    return own.unplaced + context.lost(name).labels + sum(late for *_, late, _ in own.strata) > 0


def late_share(
    context: Context,
    sample: Sample,
    cells: Sequence[Cell],
    limit: Array,
    alpha: Array,
    is_asked: Flags,
) -> LateShare:
    """Assemble the cells; ``limit`` is that of `accuracy` and shapes the prior."""
    found = [sample.late.get(cell.decision_class, LateErrors()) for cell in cells]
    count = np.array([len(item.strata) for item in found], dtype=np.int64)
    mine = np.repeat(np.arange(len(found)), count)
    rows = [row for item in found for row in item.strata]
    decisions, followed, late, mixed = np.array(rows, dtype=np.float64).reshape(-1, 4).T
    total = np.bincount(mine, weights=decisions, minlength=len(found))
    lost = [context.lost(cell.decision_class).labels for cell in cells]
    unplaced = np.array([item.unplaced for item in found], dtype=np.float64) + lost
    shares = ErrorCells(
        cell_of=mine.astype(np.int64),
        weight=decisions / np.maximum(total, 1.0)[mine],
        later=np.zeros(len(rows)),
        failures=late,
        wrong=np.zeros(len(rows)),
        trials=followed,
        mixed=mixed,
        doubted=unplaced[mine],
        fixed=np.where(total > 0, 0.0, 1.0),
        prior=registered_prior(limit),
    )
    return LateShare(shares, alpha, is_asked)
