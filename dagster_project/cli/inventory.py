"""``penstock inventory``: what was declared, beside what was seen."""

from itertools import groupby
from typing import TYPE_CHECKING, Any

from dagster_project.cli.words import NONE, number

if TYPE_CHECKING:
    from rich.console import Console

    from dagster_project.settings import Project

INVENTORY = (
    "SELECT * EXCLUDE (as_of) FROM {decision_inventory} "
    "ORDER BY is_declared DESC, workflow NULLS LAST, decision_count DESC, decision_class"
)


def show_inventory(project: "Project", *, as_json: bool) -> None:
    """Print declared classes, then decisions that no declared class covers."""
    from dagster_project.cli.release import open_release
    from dagster_project.cli.screen import console, emit_json

    with open_release(project) as release:
        heading, rows = release.heading(), release.rows(INVENTORY)
    undeclared = [row for row in rows if not row["is_declared"]]
    counts = {
        "declared_class_count": len(rows) - len(undeclared),
        "undeclared_class_count": len(undeclared),
        "undeclared_decision_count": sum(row["decision_count"] for row in undeclared),
    }
    if as_json:
        emit_json(heading | counts | {"classes": rows})
    else:
        _print(console(), heading, rows, counts)


def _print(
    out: "Console", heading: dict[str, Any], rows: list[dict[str, Any]], counts: dict[str, int]
) -> None:
    from dagster_project.cli.scorecard_text import print_heading
    from dagster_project.cli.screen import text

    print_heading(out, "Decision inventory", heading)
    declared = [row for row in rows if row["is_declared"]]
    for workflow, group in groupby(declared, key=lambda row: row["workflow"]):
        _print_workflow(out, workflow, list(group))
    out.print()
    found = counts["undeclared_decision_count"]
    if not counts["undeclared_class_count"]:
        out.print(text("undeclared: none, every decision belongs to a declared class"))
        return
    noun = "decision" if found == 1 else "decisions"
    out.print(text((f"UNDECLARED: {number(found)} {noun} outside the registry", "bold red")))
    for row in rows:
        if not row["is_declared"]:
            name, count = row["decision_class"] or NONE, number(row["decision_count"])
            days = f"{row['first_decision_date']} to {row['newest_decision_date']}"
            out.print(text("  ", (name, "red"), f"  {count}, {days}"))
    out.print(text("declare them in seeds/registry/decision_classes.csv and class_mapping.csv"))


def _print_workflow(out: "Console", workflow: str, rows: list[dict[str, Any]]) -> None:
    """Name and volumes on one line, what was declared on the next: 80 columns are enough."""
    from dagster_project.cli.screen import print_indented, text

    width = max([len(workflow), *(len(row["decision_class"]) for row in rows)])
    width = min(width, out.width - 26)
    out.print()
    header = text(
        (workflow.ljust(width), "bold"), (f"  {'decisions':>10}  {'28 days':>10}", "bold")
    )
    out.print(header)
    for row in rows:
        counts = [number(row[name]) for name in ("decision_count", "decisions_last_28_days_count")]
        style = "" if row["decision_count"] else "yellow"
        line = text((row["decision_class"], "bold"))
        line.pad_right(max(0, width - line.cell_len))
        out.print(line + text((f"  {counts[0]:>10}  {counts[1]:>10}", style)))
        print_indented(out, text(_declared(row)))


def _declared(row: dict[str, Any]) -> str:
    amount = f"{number(row['error_cost_amount'])} {row['currency'] or ''}".rstrip()
    parts = [
        f"declared {row['declared_level']}",
        f"error cost {row['error_cost']} ({amount})",
        f"reversibility {row['reversibility']}",
        "regulated" if row["is_regulated"] else "",
        "" if row["decision_count"] else "never seen",
    ]
    return "; ".join(part for part in parts if part)
