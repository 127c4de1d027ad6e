"""The counts of many cells by ISO week, cut anywhere between two weeks.

A cut holds whole trials, since a trial is one subject in one ISO week; only the newest week may be
cut short, by the end of the mature days. What failed and is of no known week or stratum (unreadable
units, decisions that could belong here) counts in every cut.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from dagster_project.evidence.estimates.alarm import ALARM_LEVEL, Alarms, alarms
from dagster_project.evidence.estimates.bounds import (
    Array,
    Flags,
    Prior,
    Whole,
    registered_prior,
)
from dagster_project.evidence.estimates.context import Cell, Context
from dagster_project.evidence.estimates.error_cells import ErrorCells
from dagster_project.evidence.estimates.selections import unexplained_selections
from dagster_project.evidence.estimates.strata import PARTS, Sample, Stratum, Weeks, first_week


class Counts(NamedTuple):
    """Sums per stratum; ``failures`` and ``mixed`` as in ``Weeks``."""

    decisions: Array
    selected: Array
    trials: Array
    failures: Array
    mixed: Array

    def unexplained(self, probability: Array) -> Array:
        """Selections, missing or too many, that chance does not explain away."""
        found = unexplained_selections(self.decisions, self.selected, probability)
        return found.astype(np.float64)


class _Totals(NamedTuple):
    """Running totals of ``Counts``, in parts."""

    decisions: Whole
    selected: Whole
    trials: Whole
    failures: Whole
    mixed: Whole


@dataclass(frozen=True)
class History:
    """Cells, their strata one after another, and their weeks 0 to ``weeks`` - 1.

    ``rows``: counts per stratum × week; ``stratum`` and ``week`` say of which, in this order.
    ``stray``: failed trials per cell × week that could belong to the cell. ``certain`` decisions
    and ``doubted`` trials per cell failed in every cut; ``unplaced`` failures may be of any week.
    ``borrowed`` failures and successes per cell, discounted, are added to the prior.
    """

    first: Whole
    count: Whole
    probability: Array
    stratum: Whole
    week: Whole
    rows: Counts
    stray: Array
    certain: Array
    doubted: Array
    unplaced: Array
    limit: Array
    borrowed: Prior

    @property
    def weeks(self) -> int:
        return int(self.stray.shape[1])

    def cut(self, cell: Whole, start: Whole, end: Whole) -> ErrorCells:
        """Per place the strata of ``cell`` with weeks ``start`` to ``end`` - 1; nobody's ``wrong``.

        Weights are the decisions of the same weeks; what came after them is ``later``.
        """
        count = self.count[cell]
        mine = np.repeat(np.arange(len(cell)), count)
        stratum = ragged(self.first[cell], count)
        own = self._between(stratum, start[mine], end[mine])
        last = np.full(len(mine), self.weeks)
        probability = self.probability[stratum]
        # a shortfall or a surplus is of no known week: at least that of all weeks
        strange = np.maximum(own.unexplained(probability), self._unexplained[stratum])
        decisions = np.maximum(own.decisions, 0.0)
        total = np.bincount(mine, weights=decisions, minlength=len(cell)) + self.certain[cell]
        size = np.maximum(total, 1.0)
        later = np.maximum(self._between(stratum, end[mine], last).decisions, 0.0)
        return ErrorCells(
            mine.astype(np.int64),
            decisions / size[mine],
            later / size[mine],
            own.failures,
            np.zeros(len(mine)),
            own.trials,
            own.mixed,
            self.doubted[cell][mine] + strange,
            np.where(total > 0, self.certain[cell] / size, 1.0),
            self.prior(cell, start),
        )

    def prior(self, cell: Whole, start: Whole) -> Prior:
        """What bounds begin with; after an alarm nothing that was borrowed."""
        own = registered_prior(self.limit[cell])
        lent = [np.where(start == 0, part[cell], 0.0) for part in self.borrowed]
        return Prior(own.failures + lent[0], own.successes + lent[1])

    def has_rows(self) -> Flags:
        """Per cell × week: whether anything of the cell's strata is dated there."""
        found = np.zeros(self.stray.shape, dtype=np.bool_)
        found[self._cells()[self.stratum], self.week] = True
        return found

    def alarms(self) -> Alarms:
        """All strata's trials of a week together: what is added is never evidence for anyone.

        Selections of a week are missing, or too many, only beyond what chance does once in a
        thousand times.
        """
        rows = self.rows
        strange = unexplained_selections(
            rows.decisions, rows.selected, self.probability[self.stratum], 1.0 / ALARM_LEVEL
        )
        failures, trials = self.stray.copy(), self.stray.copy()
        place = (self._cells()[self.stratum], self.week)
        np.add.at(failures, place, rows.failures + strange)
        np.add.at(trials, place, rows.trials + strange)
        return alarms(failures, trials, self.limit, self.unplaced)

    def _cells(self) -> Whole:
        return np.repeat(np.arange(len(self.count)), self.count).astype(np.int64)

    @cached_property
    def _unexplained(self) -> Array:
        every = np.arange(len(self.probability))
        whole = self._between(every, 0 * every, 0 * every + self.weeks)
        return whole.unexplained(self.probability)

    @cached_property
    def _totals(self) -> "_Totals":
        # in whole parts, so that a sum does not depend on what stands before it
        parts = (np.rint(column * PARTS).astype(np.int64) for column in self.rows)
        return _Totals(*(np.concatenate([[0], np.cumsum(column)]) for column in parts))

    @cached_property
    def _keys(self) -> Whole:
        return self.stratum * self.weeks + self.week

    def _between(self, stratum: Whole, start: Whole, end: Whole) -> Counts:
        begins = np.searchsorted(self._keys, stratum * self.weeks + start)
        ends = np.searchsorted(self._keys, stratum * self.weeks + end)
        return Counts(*((total[ends] - total[begins]) / PARTS for total in self._totals))


def ragged(first: Whole, count: Whole) -> Whole:
    """first[0], first[0] + 1, … (count[0] of them), then the same for each other place."""
    ends = np.cumsum(count)
    return np.repeat(first - (ends - count), count) + np.arange(count.sum())


class Parts(NamedTuple):
    """Strata of one cell. ``judged`` are its own; from ``sampled`` of these is drawn by rule;
    decisions of ``unplaced`` could belong to the cell, or to any stratum of it."""

    judged: tuple[Stratum, ...]
    sampled: tuple[Stratum, ...]
    unplaced: tuple[Stratum, ...]


def parts_of(context: Context, sample: Sample, cell: Cell) -> Parts:
    """The strata that count in a cell."""
    own = [item for item in sample.strata.get(cell, []) if item.is_judged]
    unplaced = [item for item in own if not item.is_sampled]
    for other in context.strays(cell):
        unplaced += sample.strata.get(other, [])
    sampled = tuple(item for item in own if item.is_sampled)
    return Parts(tuple(own), sampled, tuple(unplaced))


def read_history(
    context: Context,
    sample: Sample,
    cells: Iterable[Cell],
    limits: dict[str, float],
    lent: Sequence[tuple[float, float]],
) -> tuple[History, list[Parts]]:
    """Assemble the cells. Unreadable labels fail in every stratum, since they may be of any.

    Unreadable decisions weigh with error 1. So do those that could belong to the cell, or to any
    stratum of it; what was drawn of them fails in every stratum too. ``lent`` failures and
    successes per cell are added to its prior.
    """
    listed = list(cells)
    parts = [parts_of(context, sample, cell) for cell in listed]
    lost = [context.lost(cell.decision_class) for cell in listed]
    count = np.array([len(item.sampled) for item in parts], dtype=np.int64)
    drawn = [sum(max(item.trials, 0) for item in part.unplaced) for part in parts]
    certain = [sum(max(item.decisions, 0) for item in part.unplaced) for part in parts]
    labels = np.array([item.labels for item in lost], dtype=np.float64)
    begin = first_week(sample.weeks)
    stratum, week, rows = _own_rows(sample.weeks, parts)
    history = History(
        first=np.cumsum(count) - count,
        count=count,
        probability=np.array([item.probability for part in parts for item in part.sampled]),
        stratum=stratum,
        week=week - begin,
        rows=rows,
        stray=_stray_weeks(sample.weeks, parts, begin),
        certain=np.array(certain, dtype=np.float64) + [item.decisions for item in lost],
        doubted=labels + drawn,
        unplaced=labels,
        limit=np.array([limits[cell.decision_class] for cell in listed], dtype=np.float64),
        borrowed=Prior(*np.array(lent, dtype=np.float64).reshape(-1, 2).T),
    )
    return history, parts


def _own_rows(weeks: Weeks, parts: list[Parts]) -> tuple[Whole, Whole, Counts]:
    numbers = np.array([item.number for part in parts for item in part.sampled], dtype=np.int64)
    begins = np.searchsorted(weeks.stratum, numbers)
    count = np.searchsorted(weeks.stratum, numbers, side="right") - begins
    chosen = ragged(begins, count)
    columns = weeks[2:]
    rows = Counts(*(column[chosen].astype(np.float64) for column in columns))
    return np.repeat(np.arange(len(numbers)), count), weeks.week[chosen], rows


def _stray_weeks(weeks: Weeks, parts: list[Parts], begin: int) -> Array:
    last = int(weeks.week.max()) if len(weeks.week) else begin
    found = np.zeros((len(parts), last - begin + 1))
    pairs = [(place, item.number) for place, part in enumerate(parts) for item in part.unplaced]
    if pairs:
        cell, number = np.array(pairs, dtype=np.int64).T
        begins = np.searchsorted(weeks.stratum, number)
        count = np.searchsorted(weeks.stratum, number, side="right") - begins
        chosen = ragged(begins, count)
        place = (np.repeat(cell, count), weeks.week[chosen] - begin)
        np.add.at(found, place, np.maximum(weeks.trials[chosen], 0))
    return found
