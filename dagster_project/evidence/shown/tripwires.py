"""Signs that the numbers are being worked on instead of the work: counts and exact tests by week.

Beside the scorecard: no verdict reads them. Each test holds one complete ISO week of a class
against the eight before it, or two groups of its decisions against each other, by the exact
hypergeometric or binomial chance of so uneven a split.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import bdtrc, gammaln

from dagster_project.contracts.numbers import round_nearest
from dagster_project.evidence.shown.tripwire_counts import Halves, Outside, Week

WEEKS_BEFORE, FEWEST_WEEKS = 8, 4
# an improvement this unlikely by chance explains fewer escalations
EXPLAINED = 0.05
# by how much the density may rise within two hundredths of confidence, or a twentieth of the amount
# limit, as a share of twice as much
SMOOTH_SHARE = 0.6
# a jump this unlikely at another round number: confidences are rounded
ROUNDED = 0.001
# of a class's volume that moves to another one
MOVED_SHARE = 0.2

if TYPE_CHECKING:
    from dagster_project.evidence.estimates.bounds import Array

# a week of a class, and those of the eight before it that are there
Span = tuple[Week, list[Week]]


class Tripwire(NamedTuple):
    """One row of ``evidence.tripwires`` without as_of and known_batch.

    ``case_count`` of ``case_total`` against ``other_count`` of ``other_total``. ``is_explained``:
    something harmless shows the same.
    """

    finding: str
    decision_class: str
    subject: str
    week_start: date
    case_count: int
    case_total: int
    other_count: int
    other_total: int
    effect: Decimal
    p_value: Decimal
    is_explained: bool


def chance_of_so_few(count: int, total: int, all_count: int, all_total: int) -> float:
    """P(X <= count) when ``total`` of ``all_total`` are drawn blindly, ``all_count`` marked."""
    least, chances = _chances(total, all_count, all_total)
    return float(min(chances[: max(count - least + 1, 0)].sum(), 1.0))


def chance_of_so_few_in_all(groups: Sequence[Outside]) -> float:
    """The same for the sum over groups, each drawn from its own: exact, by convolution."""
    least, chances = 0, np.ones(1)
    for group in groups:
        marked = group.outside_wrong + group.inside_wrong
        fewest, own = _chances(group.outside, marked, group.outside + group.inside)
        least, chances = least + fewest, np.convolve(chances, own)
    count = sum(group.outside_wrong for group in groups)
    return float(min(chances[: count - least + 1].sum(), 1.0))


def _chances(total: int, all_count: int, all_total: int) -> tuple[int, "Array"]:
    """The least X can be, and the chance of this and every larger one."""
    least, most = max(0, total - (all_total - all_count)), min(total, all_count)
    found = np.arange(least, most + 1, dtype=np.float64)
    ways = _choose(all_count, found) + _choose(all_total - all_count, total - found)
    return least, np.exp(ways - _choose(all_total, np.asarray(float(total))))


def _choose(size: int, chosen: "Array") -> "Array":
    ways = gammaln(size + 1.0) - gammaln(chosen + 1.0) - gammaln(size - chosen + 1.0)
    return np.asarray(ways, dtype=np.float64)


def tripwires(
    weeks: Iterable[Week],
    amounts: Sequence[Week],
    halves: Iterable[Halves],
    outside: Iterable[Outside],
    workflows: Mapping[str, str],
) -> list[Tripwire]:
    """All tests of all classes; ``workflows`` by class. ``amounts``: what lies near the limit."""
    by_class: dict[str, list[Week]] = defaultdict(list)
    for week in weeks:
        by_class[week.decision_class].append(week)
    found: list[Tripwire] = []
    for own in by_class.values():
        found += _collapses(own)
        found += _jumps(own, "density_jump", "confidence")
    found += _jumps(amounts, "amount_jump", "amount")
    found += _splits(by_class, workflows)
    found += _picked(halves)
    found += _better_outside(outside)
    return sorted(found)


def _before(own: Sequence[Week], week: date) -> list[Week]:
    """The eight weeks before; fewer than four with decisions are no baseline."""
    begin = week - timedelta(weeks=WEEKS_BEFORE)
    found = [item for item in own if begin <= item.week_start < week and item.decisions > 0]
    return found if len(found) >= FEWEST_WEEKS else []


def _collapses(own: Sequence[Week]) -> Iterator[Tripwire]:
    """Fewer decisions escalated to people, without fewer errors."""
    for week in own:
        if not (before := _before(own, week.week_start)) or week.decisions <= 0:
            continue
        escalated = sum(item.escalated for item in before)
        decisions = sum(item.decisions for item in before)
        if escalated <= 0 or week.escalated * decisions >= escalated * week.decisions:
            continue
        chance = chance_of_so_few(
            week.escalated,
            week.decisions,
            escalated + week.escalated,
            decisions + week.decisions,
        )
        wrong, labelled = sum(i.wrong for i in before), sum(i.labelled for i in before)
        better = chance_of_so_few(
            week.wrong, week.labelled, wrong + week.wrong, labelled + week.labelled
        )
        yield _row(
            "escalations_collapse",
            week,
            "escalated",
            (week.escalated, week.decisions, escalated, decisions),
            1.0 - week.escalated / week.decisions * decisions / escalated,
            chance,
            week.labelled > 0 and better <= EXPLAINED,
        )


def _jumps(own: Sequence[Week], finding: str, subject: str) -> Iterator[Tripwire]:
    """More decisions on the good side of a limit than beside them: at and just above the operating
    confidence, or in the last twentieth below the amount limit."""
    for week in own:
        near = week.above + week.below
        if near <= 0:
            continue
        rounded = min(
            (_steep(above, below) for above, below in week.elsewhere if above + below), default=1.0
        )
        yield _row(
            finding,
            week,
            subject,
            (week.above, near, week.below, near),
            week.above / near,
            _steep(week.above, week.below),
            rounded <= ROUNDED,
        )


def _steep(above: int, below: int) -> float:
    if above <= 0:
        return 1.0
    return float(bdtrc(above - 1, above + below, SMOOTH_SHARE))


def _splits(
    by_class: Mapping[str, Sequence[Week]], workflows: Mapping[str, str]
) -> Iterator[Tripwire]:
    """Decisions that moved to another class of the workflow, whose errors are fewer; else to all
    together that grew there or began anywhere, named after the one that gained most."""
    by_workflow: dict[tuple[str | None, date], list[Span]] = defaultdict(list)
    begun: dict[date, list[Span]] = defaultdict(list)
    every = {item.week_start for own in by_class.values() for item in own}
    for name, own in by_class.items():
        at = {item.week_start: item for item in own}
        for day in sorted(every):
            begin = day - timedelta(weeks=WEEKS_BEFORE)
            before = [item for item in own if begin <= item.week_start < day]
            week = at.get(day) or Week(name, day)
            by_workflow[workflows.get(name), day].append((week, before))
            if week.decisions > 0 and _mean(before) <= 0:
                begun[day].append((week, before))
    for (_, day), listed in by_workflow.items():
        for giver, before in (found for found in listed if _has_shrunk(*found)):
            least = MOVED_SHARE * _mean(before)
            large = [found for found in listed if _gain(*found) >= least]
            grown = [found for found in listed if _has_grown(*found)]
            grown += [found for found in begun[day] if found not in grown]
            if grown and not large:
                large = [found for found in [_together(grown)] if _gain(*found) >= least]
            for taker, earlier in large:
                yield _split(giver, before, taker, earlier)


def _together(takers: Sequence[Span]) -> Span:
    """Several classes as one."""
    most, _ = max(takers, key=lambda found: (_gain(*found), found[0].decision_class))
    counts = ("decisions", "labelled", "wrong")
    whole = {name: sum(getattr(week, name) for week, _ in takers) for name in counts}
    return most._replace(**whole), [item for _, earlier in takers for item in earlier]


def _gain(week: Week, before: Sequence[Week]) -> float:
    return week.decisions - _mean(before)


def _has_grown(week: Week, before: Sequence[Week]) -> bool:
    # by less, many classes grow in any week
    return week.decisions > 0 and week.decisions >= (1 + MOVED_SHARE) * _mean(before)


def _has_shrunk(week: Week, before: Sequence[Week]) -> bool:
    has_base = len([item for item in before if item.decisions > 0]) >= FEWEST_WEEKS
    return has_base and week.decisions <= (1 - MOVED_SHARE) * _mean(before)


def _mean(before: Sequence[Week]) -> float:
    return sum(item.decisions for item in before) / WEEKS_BEFORE


def _split(giver: Week, before: Sequence[Week], taker: Week, earlier: Sequence[Week]) -> Tripwire:
    kept, given = giver.decisions, sum(item.decisions for item in before)
    taken, had = taker.decisions, sum(item.decisions for item in earlier)
    chance = chance_of_so_few(kept, kept + taken, kept + given, kept + taken + given + had)
    worse = taker.labelled > 0 and giver.labelled > 0
    worse = worse and taker.wrong * giver.labelled >= giver.wrong * taker.labelled
    moved = 1.0 - kept / _mean(before)
    numbers = (kept, kept + taken, given, given + had)
    return _row("class_splitting", taker, giver.decision_class, numbers, moved, chance, worse)


def _picked(halves: Iterable[Halves]) -> Iterator[Tripwire]:
    """Drawn decisions with a review, among the hard half and the easy half."""
    for half in halves:
        if min(half.hard, half.easy) <= 0:
            continue
        chance = chance_of_so_few(
            half.hard_labelled,
            half.hard,
            half.hard_labelled + half.easy_labelled,
            half.hard + half.easy,
        )
        easy = half.easy_labelled / half.easy
        effect = 1.0 - half.hard_labelled / half.hard / easy if easy > 0 else 0.0
        numbers = (half.hard_labelled, half.hard, half.easy_labelled, half.easy)
        week = Week(half.decision_class, half.week_start)
        yield _row("cherry_picked_reviews", week, half.subject, numbers, effect, chance, False)


def _better_outside(groups: Iterable[Outside]) -> Iterator[Tripwire]:
    """Decisions that nobody drew are found wrong less often than drawn ones of the same week, route
    and probability. One week has too few errors to tell: all together are one test."""
    by_class: dict[str, list[Outside]] = defaultdict(list)
    for group in groups:
        by_class[group.decision_class].append(group)
    for name, own in by_class.items():
        _, weeks, *counts = zip(*own, strict=True)
        outside, wrong, inside, inside_wrong = (sum(column) for column in counts)
        expected = sum(
            group.outside
            * (group.outside_wrong + group.inside_wrong)
            / (group.outside + group.inside)
            for group in own
        )
        if expected > 0:
            numbers = (wrong, outside, inside_wrong, inside)
            chance = chance_of_so_few_in_all(own)
            effect, week = 1.0 - wrong / expected, Week(name, max(weeks))
            yield _row("better_outside_sample", week, "reviews", numbers, effect, chance, False)


def _row(
    finding: str,
    week: Week,
    subject: str,
    numbers: tuple[int, int, int, int],
    effect: float,
    chance: float,
    is_explained: bool,
) -> Tripwire:
    key = (finding, week.decision_class, subject, week.week_start)
    return Tripwire(*key, *numbers, round_nearest(effect), round_nearest(chance), is_explained)
