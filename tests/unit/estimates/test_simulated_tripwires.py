"""Each tripwire finds its plant in simulated logs, and none finds anything in a company without."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from estimates_world import BATCH, CLASS, World

from dagster_project.evidence.shown.write import write_shown
from dagster_project.simulate import simulate
from dagster_project.simulate.plan import CLASSES

CLASSIFY, MATCH, APPROVE = (plan.action for plan in CLASSES[:3])
# as many errors and reviews as in the plan, in less than half of the decisions
PLANS = (replace(CLASSES[0], per_week=100.0), *CLASSES[1:3])
SINCE, LAST = date(2025, 3, 10), date(2025, 3, 30)
RULES = Path(__file__).resolve().parents[3] / "dbt" / "seeds" / "tripwires.csv"

FOUND: dict[str | None, set[tuple[str, str]]] = {
    None: set(),
    "escalations_collapse": {(APPROVE, "escalated")},
    "class_splitting": {(CLASSIFY, MATCH)},
    "density_jump": {(MATCH, "confidence")},
    "amount_jump": {(MATCH, "amount")},
    "cherry_picked_reviews": {(MATCH, "confidence at 0.150000")},
    "better_outside_sample": {(MATCH, "reviews")},
}
# errors are few, so that takes some weeks
BEGIN: dict[str | None, date] = {"better_outside_sample": date(2025, 2, 3)}


def land(world: World, folder: Path) -> None:
    """The simulated logs as the fact that tripwires read: a class for each action."""
    world.run("delete from facts.fct_samples_weekly; delete from facts.fct_decisions_daily")
    for table in ("registry.decision_classes", "facts.fct_watermarks"):
        more = ", 0.80 as operating_confidence" if "classes" in table else ""
        world.run(
            f"create temp table one as from {table} where decision_class = '{CLASS}';"
            f"delete from {table};"
            f"insert into {table} select one.* replace (plan.action as decision_class{more})"
            f" from one, (values ('{CLASSIFY}'), ('{MATCH}'), ('{APPROVE}')) plan(action);"
            "drop table one"
        )
    rates = ", ".join(
        f"('{plan.code}', {plan.inclusion_probability}, {plan.amount_limit or 'null'})"
        for plan in PLANS
    )
    world.run(
        f"""
        create temp table decided as
        select made.action as decision_class, made.route, made.decision_id,
            cast(made.occurred_at as timestamp)::date as event_date,
            floor(made.confidence * 100)::int as confidence_bin,
            rates.share::decimal(9, 6) as inclusion_probability,
            ceil(made.amount * 20 / rates.amount_limit)::int as amount_bin,
            (drawn.decision_id is not null)::int as selected,
            coalesce(reviews.verdict in ('agree', 'overturn'), false)::int as labelled,
            coalesce(reviews.verdict = 'overturn', false)::int as wrong
        from read_json('{folder}/decisions.jsonl.gz') as made
        join (values {rates}) rates(code, share, amount_limit)
            on made.decision_id like rates.code || '-%'
        left join read_json('{folder}/audit_sample.jsonl.gz') as drawn using (decision_id)
        left join read_json('{folder}/reviews.jsonl.gz') as reviews using (decision_id);

        insert into facts.fct_samples_weekly by name
        select decision_class, 'all' as segment, 'c1' as cohort_id, route, inclusion_probability,
            case when selected = 1 then decision_id else '(unselected)' end as subject_key,
            event_date, confidence_bin, '{BATCH}' as landing_batch, count(*) as decision_count,
            sum(selected) as selected_count, sum(selected * labelled) as labelled_count,
            sum(selected * wrong) as wrong_count, 0 as late_error_count,
            sum((1 - selected) * labelled) as outside_label_count,
            sum((1 - selected) * wrong) as outside_wrong_count
        from decided group by all;

        insert into facts.fct_decisions_daily by name
        select decision_class, 'w' as workflow, 'all' as segment, event_date,
            count(*) as decision_count, 0 as failed_count, 0 as unreadable_count,
            '{BATCH}' as landing_batch
        from decided group by all;

        insert into facts.fct_amount_bins_daily by name
        select decision_class, amount_bin, event_date, '{BATCH}' as landing_batch,
            count(*) as decision_count
        from decided where amount_bin is not null group by all
        """
    )


def raised(world: World) -> set[tuple[str, str, str]]:
    write_shown(world.connection)
    rows = world.connection.execute(
        "select finding, decision_class, subject, week_start from evidence.tripwires join "
        f"read_csv('{RULES}') as rules using (finding) "
        "where p_value <= alpha and effect >= minimum_effect and not is_explained"
    ).fetchall()
    assert all(week >= SINCE for *_, week in rows)
    return {(finding, name, subject) for finding, name, subject, _ in rows}


@pytest.mark.parametrize("plant", FOUND)
def test_a_tripwire_finds_its_plant_and_nothing_else(
    world: World, tmp_path: Path, plant: str | None
) -> None:
    asked: dict[str, Any] = {"plants": [plant], "since": BEGIN.get(plant, SINCE)} if plant else {}
    named = {name for place in FOUND[plant] for name in place} or {CLASSIFY, MATCH, APPROVE}
    classes = tuple(plan for plan in PLANS if plan.action in named)
    simulate(tmp_path, seed=7, weeks=9, end=LAST, classes=classes, **asked)
    land(world, tmp_path)
    assert raised(world) == {(plant, *place) for place in FOUND[plant]}
