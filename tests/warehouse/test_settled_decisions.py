"""What expectations look at: the newest state of the decisions of the last 28 days."""

import pytest
from compiled_company import Company

pytestmark = pytest.mark.xdist_group("small_company")


def test_a_decision_that_left_the_days_leaves_no_older_self_in_them(company: Company) -> None:
    settled = "select is_conflict from intermediate.int_decisions__settled where decision_id = $1"
    with company.trial() as connection:
        (name, batch) = connection.execute(
            "select decision_id, landing_batch from intermediate.int_decisions__settled "
            "where not is_conflict order by decision_id limit 1"
        ).fetchall()[0]
        assert connection.execute(settled, [name]).fetchall() == [(False,)]
        for sign, changed in (
            (-1, ""),
            (1, ", date '2024-01-01' as event_date, true as is_conflict"),
        ):
            connection.execute(
                "insert into intermediate.int_decisions__changes by name select * replace "
                f"({sign} as sign, landing_batch || 'later' as landing_batch{changed}) "
                "from intermediate.int_decisions__changes "
                "where decision_id = $1 and landing_batch = $2 and sign = 1",
                [name, batch],
            )
        connection.execute("update landing.run_context set known_batch = known_batch || 'later'")
        company.rebuild(connection, "int_decisions__settled")
        assert connection.execute(settled, [name]).fetchall() == []
