"""``penstock plan``: the next safe rung of every class, and what it still takes."""

from itertools import groupby
from typing import TYPE_CHECKING, Any

from dagster_project.cli.words import number

if TYPE_CHECKING:
    from rich.console import Console

    from dagster_project.settings import Project

PLAN = (
    "SELECT plan.* EXCLUDE (as_of), criteria.verdict AS accuracy_verdict "
    "FROM {expansion_plan} AS plan LEFT JOIN {gate_criteria} AS criteria "
    "ON plan.decision_class = criteria.decision_class AND criteria.segment = ? "
    "AND criteria.criterion_id = 'accuracy' "
    "ORDER BY plan.workflow, array_position(?, plan.stage) DESC, plan.decision_class"
)
STEPS = (
    "SELECT * EXCLUDE (as_of) FROM {expansion_step_verdicts} "
    "ORDER BY decision_class, rung_order, starts_at, target"
)

UNKNOWN_NEED = "clean labels still needed: unknown, or more than any number"


def show_plan(project: "Project", *, as_json: bool) -> None:
    """Print every class with its next rung; steps that are registered below it."""
    from dagster_project.cli.release import open_release
    from dagster_project.cli.screen import console, emit_json
    from dagster_project.names import ALL_SEGMENT, STAGES

    with open_release(project) as release:
        heading = release.heading()
        classes, steps = release.rows(PLAN, ALL_SEGMENT, list(STAGES)), release.rows(STEPS)
    for row in classes:
        row["steps"] = [step for step in steps if step["decision_class"] == row["decision_class"]]
    if as_json:
        emit_json(heading | {"classes": classes})
    else:
        _print(console(), heading, classes)


def _print(out: "Console", heading: dict[str, Any], classes: list[dict[str, Any]]) -> None:
    from dagster_project.cli.scorecard_text import print_heading
    from dagster_project.cli.screen import print_indented, text

    print_heading(out, "Expansion plan", heading)
    out.print(text(("labels and days: the most that any segment of a class takes", "dim")))
    for workflow, rows in groupby(classes, key=lambda row: row["workflow"]):
        out.print()
        out.print(text((workflow, "bold")))
        for row in rows:
            out.print(text((row["decision_class"], "bold"), f"  {row['stage']}"))
            print_indented(out, text(f"next rung: {row['next_rung']}, {_status(row)}"))
            if row["first_blocker"]:
                print_indented(out, text(f"{row['next_gate']}: {row['first_blocker']}"))
            if row["reviews_needed"] != 0:
                print_indented(out, text(_needs(row)))
            for step in row["steps"]:
                print_indented(out, text(_step(step)))
            if row["finding"]:
                print_indented(out, text((f"FINDING: {row['finding']}", "bold red")))


def _status(row: dict[str, Any]) -> str:
    if row["status"] == "blocked":
        count = len((row["blocked_by"] or "").split(", "))
        return f"blocked by {count} open {'criterion' if count == 1 else 'criteria'}"
    if row["status"] == "begun":
        return f"begun, not proven yet: {row['unproven_targets']}"
    return "may begin"


def _needs(row: dict[str, Any]) -> str:
    if row["reviews_needed"] is None:
        is_shown = row["accuracy_verdict"] == "fail"
        return "accuracy is shown to be bad: labels will not help" if is_shown else UNKNOWN_NEED
    days = row["review_days_needed"]
    pace = "at no known pace" if days is None else f"about {number(days)} days at the present pace"
    return f"clean labels still needed: {number(row['reviews_needed'])}, {pace}"


def _step(step: dict[str, Any]) -> str:
    target = "" if step["target"] == "(none)" else f" {step['target']}"
    reason = f" ({step['reason']})" if step["reason"] else ""
    return f"step {step['rung']}{target} from {step['starts_at']}: {step['verdict']}{reason}"
