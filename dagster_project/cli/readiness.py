"""``penstock readiness``: what a workflow needs to begin, and to scale."""

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rich.console import Console

    from dagster_project.settings import Project

ITEMS = "SELECT * EXCLUDE (as_of) FROM {readiness_checklist} ORDER BY workflow, item_order"
SECTIONS: Final = {"checklist": "readiness checklist", "ready_to_scale": "ready to scale"}


def show_readiness(project: "Project", *, as_json: bool) -> None:
    """Print every item of every workflow with its evidence."""
    from dagster_project.cli.release import open_release
    from dagster_project.cli.screen import console, emit_json

    with open_release(project) as release:
        heading, rows = release.heading(), release.rows(ITEMS)
    if as_json:
        emit_json(heading | {"items": rows})
    else:
        _print(console(), heading, rows)


def _print(out: "Console", heading: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    from dagster_project.cli.scorecard_text import print_heading
    from dagster_project.cli.screen import print_indented, text

    print_heading(out, "Readiness", heading)
    for (workflow, section), group in groupby(
        rows, key=lambda row: (row["workflow"], row["section"])
    ):
        items = list(group)
        met = sum(item["is_met"] is True for item in items)
        out.print()
        out.print(
            text((workflow, "bold"), f"  {SECTIONS.get(section, section)}: {met} of {len(items)}")
        )
        for item in items:
            sign, style = ("✓", "green") if item["is_met"] is True else ("✗", "red")
            out.print(text((sign, style), f" {item['item'].replace('_', ' ')}"))
            print_indented(out, text(item["evidence"]))
