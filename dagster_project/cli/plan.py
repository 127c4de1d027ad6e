"""``penstock plan``: the next safe rung of every class, and what it still takes."""

from itertools import groupby
from typing import TYPE_CHECKING, Any

from dagster_project.cli.words import number

if TYPE_CHECKING:
    from rich.console import Console

    from dagster_project.settings import Project

PLAN = (
    "SELECT * EXCLUDE (as_of) FROM {expansion_plan} ORDER BY workflow, "
    "array_position(?, stage) DESC, decision_class"
)
STEPS = (
    "SELECT * EXCLUDE (as_of) FROM {expansion_step_verdicts} "
    "ORDER BY decision_class, rung_order, starts_at, target"
)


def show_plan(project: "Project", *, as_json: bool) -> None:
    """Print every class with its next rung; steps that are registered below it."""
    from dagster_project.cli.release import open_release
    from dagster_project.cli.screen import console, emit_json
    from dagster_project.names import STAGES

    with open_release(project) as release:
        heading = release.heading()
        classes, steps = release.rows(PLAN, list(STAGES)), release.rows(STEPS)
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
        return "clean labels still needed: no number is known to do"
    days = row["review_days_needed"]
    pace = "at no known pace" if days is None else f"about {number(days)} days at the present pace"
    return f"clean labels still needed: {number(row['reviews_needed'])}, {pace}"


def _step(step: dict[str, Any]) -> str:
    target = "" if step["target"] == "(none)" else f" {step['target']}"
    reason = f" ({step['reason']})" if step["reason"] else ""
    return f"step {step['rung']}{target} from {step['starts_at']}: {step['verdict']}{reason}"
