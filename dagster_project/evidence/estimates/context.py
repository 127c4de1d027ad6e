"""What is judged and against what: one immutable ``Context`` for all makers of a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dagster_project.contracts.numbers import SCALE, round_down, round_nearest, round_up
from dagster_project.contracts.registry.criteria import CRITERIA, comparison_of
from dagster_project.evidence.estimates.reach import Reach
from dagster_project.evidence.estimates.strays import ANY_COHORT, stray_places
from dagster_project.names import ALL_SEGMENT

if TYPE_CHECKING:
    from dagster_project.evidence.estimates.borrowed import Loan

AT_MOST, AT_LEAST = "at_most", "at_least"
SMALLEST_ALPHA = Decimal("0.000001")

# What the gates judge without an estimate.
NOT_ESTIMATED = frozenset(
    {"expectations_met", "level_within_evidence", "signed_by_business", "signed_by_risk"}
)
# Which side each maker bounds: a registry that compares the other way round is an error of the row.
COMPARISONS: Mapping[str, str] = {
    criterion: comparison_of(criterion)
    for criteria in CRITERIA.values()
    for criterion in criteria
    if criterion not in NOT_ESTIMATED
}


class Cell(NamedTuple):
    """What one row is about; cohort ``*`` = evidence that belongs to no cohort."""

    decision_class: str
    segment: str = ALL_SEGMENT
    cohort_id: str = ANY_COHORT


class Threshold(NamedTuple):
    """The threshold in force for a criterion of a class; ``problem`` makes its rows ``error``."""

    threshold: Decimal
    alpha: float
    scope: str = "class"
    problem: str | None = None


class Window(NamedTuple):
    """Days of a class: all dates inclusive, None where the data cannot say.

    ``end`` newest complete data day · ``start`` 28 days · ``weeks_start``/``weeks_end`` the last
    four complete ISO weeks · ``weeks`` how many of these the data cover · ``label_end`` newest
    day whose labels are mature · ``newest`` newest day with a decision that did not fail.
    """

    start: date | None = None
    end: date | None = None
    weeks_start: date | None = None
    weeks_end: date | None = None
    weeks: int = 0
    covers_days: bool = False
    label_end: date | None = None
    newest: date | None = None


class Unreadable(NamedTuple):
    """Units that could not be read and may belong to the class, by what they might have been.

    ``recent_``: landed since the class's four weeks began; none of theirs can have landed before.
    ``foreign``: of ``labels``, selections in the log that Penstock's key did not draw.
    """

    decisions: int = 0
    labels: int = 0
    reviews: int = 0
    reversals: int = 0
    actions: int = 0
    recent_decisions: int = 0
    recent_reviews: int = 0
    foreign: int = 0


@dataclass(frozen=True)
class DecisionClass:
    """A registry row; amounts in ``currency`` per decision, None where the registry is silent."""

    decision_class: str
    workflow: str
    cost_of_delay_amount: float | None
    error_cost_amount: float | None
    reversibility: str
    declared_level: str
    boundary: str
    label_outcome: str
    latency_limit_ms: int | None
    review_pool: str
    review_wait_minutes: int | None
    alpha_weight: Decimal | None
    currency: str = ""
    cost_cap_amount: float | None = None


@dataclass(frozen=True)
class Context:
    """One run: the day, the newest batch known, the registry and the windows of the data."""

    as_of: date
    known_batch: str
    classes: tuple[DecisionClass, ...]
    thresholds: Mapping[tuple[str, str], Threshold]
    cohorts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    current_cohorts: Mapping[str, str] = field(default_factory=dict)
    segments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    windows: Mapping[str, Window] = field(default_factory=dict)
    sources: Mapping[str, frozenset[str]] = field(default_factory=dict)
    reach: Reach = field(default_factory=lambda: Reach({}, {}))
    unreadable: Mapping[str, Unreadable] = field(default_factory=dict)
    latency_limits: Mapping[str, float] = field(default_factory=dict)
    loans: Mapping[tuple[str, str], "Loan"] = field(default_factory=dict)
    planning_errors: Mapping[str, float] = field(default_factory=dict)
    parts: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def judged(self, criterion: str) -> tuple[DecisionClass, ...]:
        """The classes for which the registry holds this criterion."""
        return tuple(
            row for row in self.classes if (criterion, row.decision_class) in self.thresholds
        )

    def cells(self, criterion: str, *, per_cohort: bool = True) -> list[Cell]:
        """Class × segment × cohort; without cohorts where the evidence belongs to none."""
        found = []
        for row in self.judged(criterion):
            name = row.decision_class
            scope = self.thresholds[criterion, name].scope
            segments = self.segments.get(name, ()) if scope == "segment" else ()
            cohorts = self.cohorts.get(name, ()) if per_cohort else ()
            for cohort in cohorts or (ANY_COHORT,):
                found += [Cell(name, segment, cohort) for segment in (ALL_SEGMENT, *segments)]
        return found

    def window(self, name: str) -> Window:
        return self.windows.get(name, Window())

    def lost(self, name: str) -> Unreadable:
        return self.unreadable.get(name, Unreadable())

    def strays(self, cell: Cell) -> tuple[Cell, ...]:
        """The other cells whose decisions could belong to this one: a segment value that nobody
        declared, a cohort part that was not logged. What lies there fails here too."""
        places = stray_places(*cell[1:], self.cohorts.get(cell.decision_class, ()))
        return tuple(Cell(cell.decision_class, *place) for place in places)

    def alpha(self, criterion: str, cell: Cell) -> float:
        """The class's share of alpha, of which a segment that may be delegated alone gets one of
        ``parts``; its j-th cohort gets 1 / (j (j + 1)) of that."""
        share = self.thresholds[criterion, cell.decision_class].alpha / self.parts.get(cell[:2], 1)
        cohorts = self.cohorts.get(cell.decision_class, ())
        if cell.cohort_id not in cohorts:
            return share
        place = cohorts.index(cell.cohort_id) + 1
        return share / (place * (place + 1))


class Estimate(NamedTuple):
    """One row of ``evidence.estimates`` without as_of and known_batch."""

    criterion_id: str
    decision_class: str
    segment: str
    cohort_id: str
    estimate: Decimal | None
    bound: Decimal | None
    refuting_bound: Decimal | None
    threshold_used: Decimal | None
    alpha: Decimal | None
    method: str
    n: int
    n_effective: int
    n_missing: int
    n_needed: int | None
    window_start: date | None
    window_end: date | None
    evidence_newest_date: date | None
    status: str
    reason: str | None


class Basis(NamedTuple):
    """What a number rests on. ``n_needed`` None = no number of further trials would do."""

    method: str
    n: int = 0
    n_effective: int | None = None
    n_missing: int = 0
    n_needed: int | None = 0
    window_start: date | None = None
    window_end: date | None = None
    newest: date | None = None


class Finding(NamedTuple):
    """Estimate, proving bound, refuting bound (None = not to be had), and why if not plain."""

    estimate: float | None = None
    bound: float | None = None
    refuting: float | None = None
    reason: str | None = None
    status: str = "ok"


def row(
    context: Context,
    criterion: str,
    cell: Cell,
    basis: Basis,
    finding: Finding,
    alpha: float | None = None,
) -> Estimate:
    """Round outward (the bound against a pass, the refuting bound against a fail) and assemble.

    ``alpha``: if not the cell's own share. A registry problem replaces the finding and withholds
    every number.
    """
    judged = context.thresholds[criterion, cell.decision_class]
    if judged.problem:
        finding = Finding(reason=judged.problem, status="error")
    estimate, proving, against, reason, status = finding
    is_upper = COMPARISONS[criterion] == AT_MOST
    bound, refuting = (round_up, round_down) if is_upper else (round_down, round_up)
    used = context.alpha(criterion, cell) if alpha is None else alpha
    is_sure = basis.method == "exact" or judged.problem
    return Estimate(
        *(criterion, *cell),
        None if estimate is None else round_nearest(estimate),
        None if proving is None else bound(proving),
        None if against is None else refuting(against),
        None if judged.problem else judged.threshold.quantize(SCALE),
        None if is_sure else _shown_alpha(used),
        basis.method,
        basis.n,
        basis.n if basis.n_effective is None else basis.n_effective,
        basis.n_missing,
        basis.n_needed,
        basis.window_start,
        basis.window_end,
        basis.newest or _looked_until(context, basis, status),
        status,
        reason,
    )


def exact(
    context: Context, criterion: str, name: str, value: float, reason: str | None = None
) -> Estimate:
    """A counted fact of this very day: estimate and both bounds are the same number."""
    basis = Basis("exact", 1, window_end=context.window(name).end, newest=context.as_of)
    return row(context, criterion, Cell(name), basis, Finding(value, value, value, reason))


def insufficient(
    context: Context, criterion: str, cell: Cell, reason: str, basis: Basis
) -> Estimate:
    """A row that says why nothing can be said."""
    finding = Finding(reason=reason, status="insufficient")
    return row(context, criterion, cell, basis, finding)


def broken(context: Context, criterion: str, cell: Cell, reason: str | None) -> Estimate:
    """A row that could not be evaluated; a registry problem speaks before ``reason``."""
    return row(context, criterion, cell, Basis("none"), Finding(reason=reason, status="error"))


def _looked_until(context: Context, basis: Basis, status: str) -> date | None:
    # nothing found up to the end of the window is news of that day, not old evidence
    return (basis.window_end or context.as_of) if status == "insufficient" else None


@lru_cache(maxsize=1 << 16)
def _shown_alpha(alpha: float) -> Decimal:
    # shown with six places; the computation used the exact share
    return max(Decimal(alpha).quantize(SMALLEST_ALPHA), SMALLEST_ALPHA)
