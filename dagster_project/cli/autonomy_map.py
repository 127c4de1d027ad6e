"""``penstock map``: declared, recommended, approved and effective level, the four tests and why."""

from itertools import groupby
from typing import TYPE_CHECKING, Any

from dagster_project.cli.options import known
from dagster_project.cli.words import NONE, number
from dagster_project.names import ALL_SEGMENT

if TYPE_CHECKING:
    from rich.console import Console

    from dagster_project.cli.release import Release
    from dagster_project.settings import Project

MAP = "SELECT * EXCLUDE (as_of) FROM {autonomy_map} ORDER BY workflow, decision_class, segment"


def show_map(project: "Project", decision_class: str | None, *, as_json: bool) -> None:
    """Print every class in segment `all`, or one class with every segment."""
    from dagster_project.cli.release import open_release
    from dagster_project.cli.screen import console, emit_json

    with open_release(project) as release:
        heading, rows = release.heading(), map_rows(release)
    if decision_class is not None:
        known("decision class", decision_class, sorted({row["decision_class"] for row in rows}))
        rows = [row for row in rows if row["decision_class"] == decision_class]
    if as_json:
        emit_json(heading | {"map": rows})
        return
    if decision_class is None:
        rows = [row for row in rows if row["segment"] == ALL_SEGMENT]
    print_map(console(), heading, rows)


def map_rows(release: "Release") -> list[dict[str, Any]]:
    """Every class and segment, `all` before the others; the tests in a dict of their own."""
    rows = sorted(
        map(release.as_it_stands, release.rows(MAP)),
        key=lambda row: (
            *(row["workflow"], row["decision_class"], row["segment"] != ALL_SEGMENT),
            row["segment"],
        ),
    )
    for row in rows:
        names = [name for name in row if name.endswith("_test")]
        row["tests"] = {name.removesuffix("_test"): row.pop(name) for name in names}
    return rows


def signed_map(release: "Release", decision_class: str) -> list[dict[str, Any]]:
    """What a signature covers: the class, then its segments. Raises UsageProblemError for an
    unknown class."""
    rows = map_rows(release)
    known("decision class", decision_class, sorted({row["decision_class"] for row in rows}))
    return [row for row in rows if row["decision_class"] == decision_class]


def print_map(out: "Console", heading: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """Per class: the four levels, why, and what was signed or would be."""
    from dagster_project.cli.scorecard_text import print_heading
    from dagster_project.cli.screen import print_indented, text

    print_heading(out, "Autonomy map", heading)
    for workflow, group in groupby(rows, key=lambda row: row["workflow"]):
        out.print()
        out.print(text((workflow, "bold")))
        for row in group:
            segment = "" if row["segment"] == ALL_SEGMENT else f"  {row['segment']}"
            effective = row["effective_level"]
            style = "bold" if effective == row["declared_level"] else "bold yellow"
            out.print(text((row["decision_class"], "bold"), segment))
            approved = row["approved_level"] or "not yet"
            levels = f"declared {row['declared_level']}; recommended {row['recommended_level']}; "
            words = text(levels, f"approved {approved}; effective ", (effective, style))
            print_indented(out, words)
            print_indented(out, text(("recommended: ", "dim"), row["recommended_reason"] or NONE))
            print_indented(out, text(("effective: ", "dim"), row["effective_reason"] or NONE))
            print_indented(out, text(("boundary: ", "dim"), row["boundary"] or "none", _limit(row)))
            print_indented(out, text((f"map digest {row['map_digest']}", "dim")))


def _limit(row: dict[str, Any]) -> str:
    declared, supported = row["declared_amount_limit"], row["amount_limit"]
    if declared is None and supported is None:
        return ""
    money = row["currency"] or ""
    shown = f"; amount limit {number(supported)} {money}".rstrip()
    return shown if declared == supported else f"{shown} (declared {number(declared)})"
