"""The bound that certifies: what was proven since the cohort began, and again since each alarm.

bound = max over s of (min over weeks d after s of UCB(weeks after s, up to d)), s = the begin of
the cohort and every week with an alarm. A proof once found stands (the minimum) until an alarm
asks for it anew (the maximum). Pure: no database.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from dagster_project.evidence.estimates.alarm import Alarms, clean_trials_to_calm
from dagster_project.evidence.estimates.bounds import Array, Whole
from dagster_project.evidence.estimates.error_cells import ErrorCells
from dagster_project.evidence.estimates.history import History, ragged

# cuts that are held against the newest one at a time; bounds the memory
CUTS_AT_ONCE = 200_000


class Spans(NamedTuple):
    """Weeks from ``start`` to the newest, of a cell: from the cohort's begin, or after an alarm."""

    cell: Whole
    start: Whole


@dataclass(frozen=True)
class Certificate:
    """Error bounds of cells over time; ``alpha`` is each cell's."""

    history: History
    alarms: Alarms
    spans: Spans
    alpha: Array

    @cached_property
    def best(self) -> Array:
        """Per span the least bound over its cuts."""
        return _best(self.history, self.spans, self.alpha)

    def at(self, alpha: Array) -> "Certificate":
        """The same at another alpha; alarms do not depend on it."""
        return replace(self, alpha=alpha)

    def upper(self) -> Array:
        """The certifying bound per cell; 1 where nothing came after the last alarm."""
        bound = np.zeros(len(self.alpha))
        np.maximum.at(bound, self.spans.cell, self.best)
        return bound

    def last_alarm(self) -> Whole:
        """Per cell the week of its last alarm, -1 without one."""
        last = np.full(len(self.alpha), -1, dtype=np.int64)
        np.maximum.at(last, self.spans.cell, self.spans.start - 1)
        return last

    def needed(self, target: Array) -> Whole:
        """Further clean trials until ``upper`` meets ``target``; -1 = never."""
        cell, history = self.spans.cell, self.history
        newest = _newest(history, self.spans)
        whole = history.cut(cell, 0 * cell, _end(history, cell))
        # nothing after the alarm: the decisions to come are taken to be like all before
        is_empty = newest.without_decisions()
        planned = newest.weighed_as(whole, is_empty)
        asked = np.flatnonzero(self.best > target[cell])
        chosen = np.zeros(len(cell), dtype=np.bool_)
        chosen[asked] = True
        own = cell[asked]
        per_span = planned.select(chosen).needed(self.alpha[own], target[own])
        impossible = np.iinfo(np.int64).max
        needed = np.zeros(len(self.alpha), dtype=np.int64)
        np.maximum.at(needed, own, np.where(per_span < 0, impossible, per_span))
        level = self.alarms.log_level[:, -1]
        is_loud = self.last_alarm() == history.weeks - 1
        calm = np.where(is_loud, clean_trials_to_calm(level, history.limit), 0)
        return np.where(needed == impossible, -1, np.maximum(needed, calm))


def certify(history: History, alpha: Array) -> Certificate:
    """Find the spans: from the begin, and from each alarm on."""
    found = history.alarms()
    loud_cell, loud_week = np.nonzero(found.is_alarm)
    every = np.arange(len(alpha))
    spans = Spans(
        np.concatenate([every, loud_cell]).astype(np.int64),
        np.concatenate([0 * every, loud_week + 1]).astype(np.int64),
    )
    return Certificate(history, found, spans, alpha)


def _best(history: History, spans: Spans, alpha: Array) -> Array:
    """Per span the least UCB over its cuts: the newest cut first, then any that could beat it."""
    newest = _newest(history, spans)
    by_stratum = newest.stratum_upper(alpha[spans.cell])
    best = newest.mix(by_stratum)
    count = history.count[spans.cell]
    first = np.cumsum(count) - count
    has_rows = history.has_rows()
    weeks = np.arange(history.weeks)
    size = max(CUTS_AT_ONCE // max(history.weeks, 1), 1)
    for begin in range(0, len(spans.cell), size):
        part = slice(begin, begin + size)
        cell, start = spans.cell[part], spans.start[part]
        is_cut = has_rows[cell] & (weeks >= start[:, np.newaxis]) & (weeks < history.weeks - 1)
        place, week = np.nonzero(is_cut)
        span = place + begin
        cuts = history.cut(spans.cell[span], spans.start[span], week + 1)
        tested = by_stratum[ragged(first[span], count[span])]
        level = alpha[spans.cell[span]]
        better = cuts.at_least(level, tested) < best[span]
        np.minimum.at(best, span[better], cuts.select(better).upper(level[better]))
    return best


def _newest(history: History, spans: Spans) -> ErrorCells:
    return history.cut(spans.cell, spans.start, _end(history, spans.cell))


def _end(history: History, cell: Whole) -> Whole:
    return np.full(len(cell), history.weeks, dtype=np.int64)
