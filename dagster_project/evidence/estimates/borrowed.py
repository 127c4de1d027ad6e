"""Borrowed evidence: what another class or cohort showed, discounted, in the prior and only there.

A prior may be anything that was fixed before the first trial: the bound stays valid at every look.
A lender below the limit that misleads costs power, not safety; one at the limit or above it has
nothing to lend and is refused. By itself a loan proves nothing: without a trial of its own a
class's bound is 1, and 59 clean ones are the least for 5 % whatever is borrowed.
"""

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from dagster_project.evidence.estimates.bounds import clopper_pearson
from dagster_project.evidence.estimates.strata import FIRST_MONDAY, Sample
from dagster_project.names import ALL_SEGMENT

if TYPE_CHECKING:
    import duckdb

MOST_WEIGHT = 0.25
# how surely the lender's own log must contradict what was registered of it
CONTRADICTION_ALPHA = 0.05


class Loan(NamedTuple):
    """A registered row, as far as it is about one cohort. ``lender_cohort`` None = all of them."""

    lender_class: str
    lender_cohort: str | None
    failures: int
    trials: int
    weight: float
    registered_at: date
    is_late: bool = False

    def added(self) -> tuple[float, float]:
        """Failures and successes that the prior gains; nothing from a late or impossible row."""
        is_sound = 0 < self.weight <= MOST_WEIGHT and 0 <= self.failures <= self.trials
        weight = self.weight if is_sound and not self.is_late else 0.0
        return weight * self.failures, weight * (self.trials - self.failures)

    def refusal(self, limit: float) -> str | None:
        """Why a row that counts has nothing to lend against this limit of the error; None if it
        has."""
        if self.is_late or self.failures < limit * self.trials:
            return None
        lent = f"{self.failures} failures in {self.trials} trials of {self.lender_class}"
        return f"borrowed evidence refused: {lent} are not below {limit:g}"

    def words(self) -> str:
        """What stands beside the number that rests on it."""
        if self.is_late:
            return f"borrowed evidence of {self.registered_at} not counted: registered too late"
        lent = f"{self.failures} failures in {self.trials} trials of {self.lender_class}"
        return f"prior borrowed: {self.weight:g} x {lent}"


# (class, cohort)
Loans = dict[tuple[str, str], Loan]


def read_loans(
    connection: "duckdb.DuckDBPyConnection", starts: dict[tuple[str, str], date]
) -> Loans:
    """Per cohort the newest row registered before its first decision; else a late one."""
    rows = connection.execute(
        "SELECT decision_class, lender_class, lender_cohort, failure_count::BIGINT, "
        "trial_count::BIGINT, weight::DOUBLE, registered_at FROM registry.borrowed_evidence "
        "ORDER BY registered_at, lender_class"
    ).fetchall()
    found: Loans = {}
    for name, *rest in rows:
        loan = Loan(*rest)
        for (owner, cohort), start in starts.items():
            if owner != name:
                continue
            is_late = loan.registered_at >= start
            if not is_late or (owner, cohort) not in found:
                found[owner, cohort] = loan._replace(is_late=is_late)
    return found


def lent(loan: Loan | None, limit: float, sample: Sample) -> tuple[float, float]:
    """Failures and successes that a prior gains: of a loan in time, below ``limit``, borne out."""
    if loan is None or loan.refusal(limit) or contradiction(loan, sample):
        return 0.0, 0.0
    return loan.added()


def contradiction(loan: Loan, sample: Sample) -> str | None:
    """What the lender's log says against a row; None if it bears it.

    Held against its weeks that ended before the day of registration: labels that became mature
    since may make its error a little higher than was known, so only what is proven counts.
    """
    numbers = {
        item.number
        for cell, strata in sample.strata.items()
        if (cell.decision_class, cell.segment) == (loan.lender_class, ALL_SEGMENT)
        and loan.lender_cohort in (None, cell.cohort_id)
        for item in strata
        if item.is_sampled and item.is_judged
    }
    weeks, trials, failures = sample.weeks, 0, 0.0
    for place, (number, week) in enumerate(
        zip(weeks.stratum.tolist(), weeks.week.tolist(), strict=True)
    ):
        if number in numbers and FIRST_MONDAY + timedelta(weeks=week + 1) <= loan.registered_at:
            trials += max(int(weeks.trials[place]), 0)
            failures += float(weeks.failures[place])
    if loan.trials > trials:
        return f"{loan.lender_class} had {trials} trials, not {loan.trials}"
    # whole failures, of shares that were rounded up
    failed = min(int(failures), trials)
    least = float(clopper_pearson(failed, trials, CONTRADICTION_ALPHA)[0])
    if loan.failures < least * loan.trials:
        return f"{loan.lender_class} had {failures:g} failures in {trials} trials"
    return None
