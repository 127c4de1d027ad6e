"""Agreement of reviewers, per decision class."""

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from dagster_project.contracts.numbers import round_nearest
from dagster_project.evidence.estimates.context import Context
from dagster_project.evidence.shown.agreement import Pairs, agreement

if TYPE_CHECKING:
    import duckdb


class AgreementRow(NamedTuple):
    """One row of ``evidence.agreement`` without as_of and known_batch."""

    decision_class: str
    pair_count: int
    both_right_count: int
    first_wrong_count: int
    second_wrong_count: int
    both_wrong_count: int
    agreement: Decimal
    kappa: Decimal | None
    ac1: Decimal


def agreement_rows(connection: "duckdb.DuckDBPyConnection", context: Context) -> list[AgreementRow]:
    """Classes with a decision that two registered reviewers judged blind, up to as_of."""
    found = connection.execute(
        """
        SELECT decision_class, sum(both_right_count)::BIGINT, sum(first_wrong_count)::BIGINT,
            sum(second_wrong_count)::BIGINT, sum(both_wrong_count)::BIGINT
        FROM facts.fct_review_pairs_daily JOIN registry.decision_classes USING (decision_class)
        WHERE landing_batch <= $known AND event_date <= $as_of
        GROUP BY decision_class ORDER BY decision_class
        """,
        {"known": context.known_batch, "as_of": context.as_of},
    ).fetchall()
    rows = []
    for name, *counts in found:
        pairs = Pairs(*counts)
        if sum(pairs) <= 0:
            continue
        share, kappa, ac1 = agreement(pairs)
        shown = None if kappa is None else round_nearest(kappa)
        rows.append(
            AgreementRow(name, sum(pairs), *pairs, round_nearest(share), shown, round_nearest(ac1))
        )
    return rows
