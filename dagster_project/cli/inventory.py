"""``penstock inventory``: what was declared, beside what was seen."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dagster_project.cli.words import NONE, number
from dagster_project.names import UNKNOWN

if TYPE_CHECKING:
    from rich.console import Console

    from dagster_project.settings import Project

INVENTORY = (
    "SELECT * EXCLUDE (as_of) FROM {decision_inventory} "
    "ORDER BY is_declared DESC, workflow NULLS LAST, decision_count DESC, decision_class"
)
UNDECLARED = (
    "SELECT * EXCLUDE (as_of) FROM {undeclared_actions} "
    "ORDER BY decision_count DESC, source, workflow, action"
)
CHANGES = "SELECT * FROM {taxonomy} ORDER BY effective_from DESC, decision_class, former_class"
ACTIONS_SHOWN = 20
TITLES = ("decisions", "a week", "declared")
COUNTS = ("decision_count", "observed_weekly_count", "declared_weekly_count")


def show_inventory(project: "Project", *, as_json: bool) -> None:
    """Print declared classes, then decisions that no declared class covers."""
    from dagster_project.cli.release import open_release
    from dagster_project.cli.screen import console, emit_json

    with open_release(project) as release:
        heading, rows = release.heading(), release.rows(INVENTORY)
        actions, changes = release.rows(UNDECLARED), release.rows(CHANGES)
    undeclared = [row for row in rows if not row["is_declared"]]
    counts = {
        "declared_class_count": len(rows) - len(undeclared),
        "undeclared_class_count": len(undeclared),
        "undeclared_decision_count": sum(row["decision_count"] for row in undeclared),
        "decision_count": sum(row["decision_count"] for row in rows),
    }
    found = {"classes": rows, "undeclared_actions": actions, "taxonomy": changes}
    if as_json:
        emit_json(heading | counts | found)
    else:
        _print(console(), heading, found, counts)


def _print(
    out: "Console",
    heading: dict[str, Any],
    found: dict[str, list[dict[str, Any]]],
    counts: dict[str, int],
) -> None:
    from dagster_project.cli.scorecard_text import print_heading

    print_heading(out, "Decision inventory", heading)
    rows, former = found["classes"], _former_names(found["taxonomy"])
    declared = [row for row in rows if row["is_declared"]]
    for workflow, group in groupby(declared, key=lambda row: row["workflow"]):
        _print_workflow(out, workflow, list(group), former)
    out.print()
    _print_undeclared(out, found, counts)


def _print_undeclared(
    out: "Console", found: dict[str, list[dict[str, Any]]], counts: dict[str, int]
) -> None:
    """How much lies outside the inventory, and what agents call it."""
    from dagster_project.cli.screen import text

    outside = counts["undeclared_decision_count"]
    if not counts["undeclared_class_count"]:
        out.print(text("undeclared: none, every decision belongs to a declared class"))
        return
    noun = "decision" if outside == 1 else "decisions"
    of_all = f"{100 * (counts['decision_count'] - outside) / max(1, counts['decision_count']):.1f}"
    out.print(text((f"UNDECLARED: {number(outside)} {noun} outside the registry", "bold red")))
    out.print(text(f"  {of_all} % of {number(counts['decision_count'])} decisions are covered"))
    for row in found["classes"]:
        if not row["is_declared"]:
            name = row["decision_class"] or NONE
            out.print(text("  ", (name, "red"), _seen(row)))
    actions = found["undeclared_actions"]
    for row in actions[:ACTIONS_SHOWN]:
        place = f"{row['workflow'] or NONE}, source {row['source'] or NONE}"
        out.print(text("    action ", (row["action"], "bold"), f" in {place}:", _seen(row)))
    if len(actions) > ACTIONS_SHOWN:
        out.print(text(f"    and {number(len(actions) - ACTIONS_SHOWN)} more actions"))
    outsiders = {row["decision_class"] for row in found["classes"] if not row["is_declared"]}
    for line in _advice(outsiders):
        out.print(text(line))


def _advice(names: set[str | None]) -> Iterator[str]:
    if UNKNOWN in names:
        yield (
            f"{UNKNOWN}: the record lacks its time, its workflow, or both action and class, or its "
            "rule does not apply to it yet; declare the columns of the source, or let the staging "
            "line say them"
        )
    if names - {UNKNOWN}:
        yield "declare them in seeds/registry/decision_classes.csv and class_mapping.csv"


def _seen(row: dict[str, Any]) -> str:
    days = f"{row['first_decision_date']} to {row['newest_decision_date']}"
    return f"  {number(row['decision_count'])}, {days}"


def _former_names(changes: list[dict[str, Any]]) -> dict[str, str]:
    """By class: what it was called before, and since when it is what it is."""
    names: dict[str, list[str]] = {}
    for row in changes:
        kept = "evidence kept" if row["has_kept_evidence"] else "evidence anew"
        words = f"{row['kind']} from {row['former_class']} on {row['effective_from']}, {kept}"
        names.setdefault(row["decision_class"], []).append(words)
    return {name: "; ".join(words) for name, words in names.items()}


def _print_workflow(
    out: "Console", workflow: str, rows: list[dict[str, Any]], former: dict[str, str]
) -> None:
    """Name and volumes on one line, what was declared on the next: 80 columns are enough."""
    from dagster_project.cli.screen import print_indented, text

    width = max([len(workflow), *(len(row["decision_class"]) for row in rows)])
    width = min(width, out.width - 38)
    out.print()
    out.print(text((f"{workflow.ljust(width)}  {_columns(TITLES)}", "bold")))
    for row in rows:
        counts = [number(row[name]) for name in COUNTS]
        style = "" if row["decision_count"] else "yellow"
        line = text((row["decision_class"], "bold"))
        line.pad_right(max(0, width - line.cell_len))
        out.print(line + text(("  " + _columns(counts), style)))
        print_indented(out, text(_declared(row)))
        if row["decision_class"] in former:
            print_indented(out, text((former[row["decision_class"]], "dim")))


def _columns(cells: Sequence[str]) -> str:
    return "  ".join(f"{cell:>10}" for cell in cells)


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
