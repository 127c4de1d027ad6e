"""The expansion ladder: no rung is skipped, none is inherited, and a demotion leads back down."""

from datetime import date, timedelta

import pytest
from compiled_company import Company
from rollout_trials import (
    BILLING,
    CLIMB,
    RAILS,
    STANDINGS,
    add_workflow,
    look,
    pass_gates,
    plan_of,
    register,
    rows,
    stand,
)
from small_company import AS_OF, CLASSIFY, MATCH

pytestmark = pytest.mark.xdist_group("small_company")
VERDICTS = "select verdict, is_proven from gates.gate_expansion_steps order by rung_order"


def test_a_class_climbs_one_proven_rung_after_another(company: Company) -> None:
    # steps registered, cells at scale, day of the look → next rung, its status, the last proven
    climbs = [
        (0, 0, AS_OF, "volume", "blocked", None),
        (0, 1, AS_OF, "volume", "open", None),
        (1, 1, date(2025, 1, 5), "volume", "begun", None),
        (1, 1, date(2025, 1, 6), "adjacent_class", "open", "volume"),
        (2, 1, AS_OF, "adjacent_class", "begun", "volume"),
        (2, 2, AS_OF, "team_or_region", "open", "adjacent_class"),
        (3, 2, AS_OF, "team_or_region", "begun", "adjacent_class"),
        (3, 3, AS_OF, "second_workflow", "open", "team_or_region"),
        (4, 3, AS_OF, "second_workflow", "begun", "team_or_region"),
        (4, 4, AS_OF, "portfolio", "open", "second_workflow"),
        (5, 4, AS_OF, "portfolio", "begun", "second_workflow"),
    ]
    with company.trial() as connection:
        add_workflow(connection)
        for steps, cells, looked, *wanted in climbs:
            register(connection, CLIMB[:steps])
            stand(connection, STANDINGS[:cells])
            look(connection, looked)
            plan = plan_of(company, connection)
            found = [plan["next_rung"], plan["status"], plan["proven_rung"]]
            assert found == wanted, (steps, cells, looked)
            assert plan["finding"] is None or cells == 0
            if plan["status"] == "begun":
                assert plan["unproven_targets"] == (CLIMB[steps - 1][1] or "(none)")
        assert [verdict for verdict, _ in connection.execute(VERDICTS).fetchall()] == ["pass"] * 5
        # a look that does not pass proves nothing
        connection.execute("update gates.gate_verdicts set verdict = 'fail'")
        assert plan_of(company, connection)["next_rung"] == "volume"
        # the class itself falls back: nothing above it stands
        stand(connection, STANDINGS[1:])
        plan = plan_of(company, connection)
        assert (plan["next_rung"], plan["status"]) == ("volume", "blocked")
        assert connection.execute(VERDICTS).fetchall() == [("fail", False)] * 5
        assert plan["finding"].startswith("volume (none): the class is not at scale; adjacent_")


def test_a_step_that_skips_a_rung_fails_even_before_it_begins(company: Company) -> None:
    volume, adjacent, region, workflow, portfolio = CLIMB
    later = AS_OF + timedelta(days=60)
    skips = {
        (adjacent,): ["fail"],
        (volume, region): ["pass", "fail"],
        (volume, adjacent, workflow): ["pass", "pass", "fail"],
        (volume, adjacent, region, portfolio): ["pass", "pass", "pass", "fail"],
        (volume, ("second_workflow", "billing", later)): ["pass", "fail"],
        # on the same day is not after
        (volume, ("adjacent_class", MATCH, volume[2])): ["pass", "fail"],
    }
    with company.trial() as connection:
        add_workflow(connection)
        stand(connection, STANDINGS)
        look(connection)
        for steps, wanted in skips.items():
            register(connection, steps)
            plan = plan_of(company, connection)
            found = [verdict for verdict, _ in connection.execute(VERDICTS).fetchall()]
            assert found == wanted, steps
            assert "skips the rung before" in plan["finding"]


def test_a_planned_step_waits_and_a_begun_one_fails_without_proof(company: Company) -> None:
    volume = CLIMB[0]
    with company.trial() as connection:
        look(connection)
        for cells, day, wanted in [
            ((), AS_OF + timedelta(days=1), "insufficient"),
            ((), AS_OF, "fail"),
            (STANDINGS[:1], AS_OF, "pass"),
            (STANDINGS[:1], AS_OF + timedelta(days=1), "pass"),
        ]:
            register(connection, [("volume", None, day)])
            stand(connection, cells)
            plan_of(company, connection)
            ((verdict, is_proven),) = connection.execute(VERDICTS).fetchall()
            assert verdict == wanted
            assert is_proven == (wanted == "pass" and day <= AS_OF)
        # limited rollout is no scale
        register(connection, [volume])
        stand(connection, STANDINGS[:1], "limited_rollout")
        assert plan_of(company, connection)["status"] == "blocked"
        assert connection.execute(VERDICTS).fetchall() == [("fail", False)]
        # no rung of that name, no first day, no such class
        register(connection, [("everywhere", None, AS_OF)])
        connection.execute(
            "insert into registry.expansion_steps values ($1, 'volume', 'later', null, 'y'), "
            "('x', 'volume', null, $2, 'y')",
            [CLASSIFY, AS_OF],
        )
        plan_of(company, connection)
        assert connection.execute(VERDICTS).fetchall() == [("error", False)] * 3


def test_every_step_of_a_rung_must_be_proven_before_the_next(company: Company) -> None:
    other = "procurement.approve_supplier_exception"
    volume, adjacent, region, *_ = CLIMB
    with company.trial() as connection:
        register(connection, [volume, adjacent, ("adjacent_class", other, adjacent[2]), region])
        stand(connection, STANDINGS[:3])
        look(connection)
        plan = plan_of(company, connection)
        assert (plan["next_rung"], plan["unproven_targets"]) == ("adjacent_class", other)
        assert plan["finding"] == "team_or_region region=EU: the rung before is not proven"
        found = connection.execute(VERDICTS).fetchall()
        assert sorted(found) == [("fail", True), ("pass", False), ("pass", True), ("pass", True)]


def test_a_second_workflow_inherits_rails_and_never_autonomy(company: Company) -> None:
    with company.trial() as connection:
        add_workflow(connection)
        company.rebuild(connection, "gates")
        register(connection, CLIMB[:4])
        pass_gates(connection, STANDINGS[:3])
        look(connection)
        connection.execute("update gates.gate_autonomy_map set recommended_level = 'delegate'")
        connection.execute(
            "insert into registry.rails values "
            "('audit_logs', 'billing', 'company decision log', true, 7)"
        )
        company.rebuild(connection, "gate_levels")
        plan = plan_of(company, connection, BILLING)
        levels = connection.execute(
            "select decision_class, stage, effective_level from gates.gate_levels "
            "where segment = 'all' and decision_class in ($1, $2) order by 1",
            [CLASSIFY, BILLING],
        ).fetchall()
        for model in RAILS:
            company.rebuild(connection, model)
        rails = rows(connection, "from marts.rails_coverage where workflow = 'billing'")
    assert levels == [(BILLING, "proposed", "human_only"), (CLASSIFY, "scale", "delegate")]
    assert (plan["next_rung"], plan["status"]) == ("volume", "blocked")
    assert {row["rail"] for row in rails if row["coverage"] == "shared"} == {"audit_logs"}


def test_days_follow_from_clean_labels_of_the_slowest_segment(company: Company) -> None:
    """90 clean labels at one subject and week each in 28 days; 135 needed: 42 days."""
    with company.trial() as connection:
        connection.execute("delete from facts.fct_samples_weekly")
        connection.execute(
            "update gates.gate_verdicts set verdict = 'insufficient', n_needed = 135, "
            "window_end = date '2025-03-24' where criterion_id = 'accuracy'"
        )

        def add(segment: str, subjects: int, day: str, wrong: int = 0, labelled: int = 1) -> None:
            connection.execute(
                "insert into facts.fct_samples_weekly by name select $1 as decision_class, "
                "$2 as segment, 's' || range as subject_key, $3::date as event_date, "
                "(select known_batch from intermediate.int_run_context) as landing_batch, "
                "$4 as wrong_count, $5 as labelled_count from range($6)",
                [CLASSIFY, segment, day, wrong, labelled, subjects],
            )

        for segment in ("all", "region=EU", "region=US", "region=APAC"):
            add(segment, 500, "2025-02-24")  # before the window
            add(segment, 500, "2025-03-25")  # not mature
            add(segment, 30, "2025-02-25")
            add(segment, 30, "2025-03-13")
            add(segment, 30, "2025-03-14")  # the same subjects and week
            add(segment, 30, "2025-03-24")
            add(segment, 30, "2025-03-04", wrong=1)
            add(segment, 30, "2025-03-18", labelled=0)
        plan = plan_of(company, connection)
        assert (plan["reviews_needed"], plan["review_days_needed"]) == (135, 42)
        connection.execute(
            "update gates.gate_verdicts set n_needed = 136 where segment = 'region=EU'"
        )
        plan = plan_of(company, connection, models=("expansion_plan",))
        assert (plan["reviews_needed"], plan["review_days_needed"]) == (136, 43)
        connection.execute("delete from facts.fct_samples_weekly where segment = 'region=EU'")
        plan = plan_of(company, connection, models=("expansion_plan",))
        assert (plan["reviews_needed"], plan["review_days_needed"]) == (136, None)
        connection.execute(
            "update gates.gate_verdicts set n_needed = null where segment = 'region=US'"
        )
        plan = plan_of(company, connection, models=("expansion_plan",))
        assert (plan["reviews_needed"], plan["review_days_needed"]) == (None, None)
        connection.execute(
            "update gates.gate_verdicts set verdict = 'pass' where criterion_id = 'accuracy'"
        )
        plan = plan_of(company, connection, models=("expansion_plan",))
        assert (plan["reviews_needed"], plan["review_days_needed"]) == (0, 0)
