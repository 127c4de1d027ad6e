"""The plan, the rails and readiness, as the commands show them."""

from cli_world import DELEGATED, TODAY, World
from conftest import Ask

from dagster_project.cli import plan


def test_the_plan_names_next_rung_blocker_need_and_finding(ask: Ask, published: World) -> None:
    said = ask(published, "plan")
    lines = [line.strip() for line in said.out.splitlines()]
    at = lines.index(f"{DELEGATED}  pilot")
    assert lines[at + 1 : at + 4] == [
        "next rung: volume, blocked by 1 open criterion",
        "production_fit: latency: 1540 more clean trials",
        "clean labels still needed: 1,540, about 77 days at the present pace",
    ]
    assert lines[at + 4].startswith("step adjacent_class procurement.match_vendor from ")
    assert "FINDING: adjacent_class: skips the rung before" in lines
    assert "next rung: volume, blocked by 2 open criteria" in lines
    assert "clean labels still needed: unknown, or more than any number" in lines


def test_labels_are_not_asked_for_where_they_cannot_help() -> None:
    found = {"reviews_needed": None, "review_days_needed": None}
    said = plan._needs(found | {"accuracy_verdict": "fail"})
    assert said == "accuracy is shown to be bad: labels will not help"
    assert plan._needs(found | {"accuracy_verdict": "error"}) == plan.UNKNOWN_NEED


def test_the_plan_in_json_holds_the_steps_of_each_class(ask: Ask, published: World) -> None:
    first, *others = ask(published, "plan", "--format", "json").document()["classes"]
    assert (first["decision_class"], first["next_rung"]) == (DELEGATED, "volume")
    assert [step["verdict"] for step in first["steps"]] == ["fail"]
    assert not any(row["steps"] for row in others)


def test_rails_show_what_stands_for_them_and_warn_of_islands(ask: Ask, published: World) -> None:
    out = ask(published, "rails", columns=200).out
    row = next(line for line in out.splitlines() if "spreadsheet of support" in line)
    assert " ".join(row.split()) == (
        f"cost_controls one_off working {TODAY} "
        "spreadsheet of support (shared elsewhere: central budget) "
        "(observed, not registered: notebook)"
    )
    assert "WARNING islands: several workflows have a one-off of the same rail" in out
    assert "WARNING shared rails before" not in out
    document = ask(published, "rails", "--format", "json").document()
    assert document["warnings"] == {"platform_before_workflow": [], "islands": ["cost_controls"]}
    assert len(document["rails"]) == 2


def test_readiness_counts_only_what_is_shown_to_be_met(ask: Ask, published: World) -> None:
    lines = ask(published, "readiness").out.splitlines()
    assert "procurement  readiness checklist: 1 of 2" in lines
    assert "procurement  ready to scale: 0 of 1" in lines
    assert lines.count("✗ reliable production data") == 2
    assert "    2 [red]of[/red] 9" in lines
    items = ask(published, "readiness", "--format", "json").document()["items"]
    assert [item["is_met"] for item in items[:3]] == [True, False, None]
