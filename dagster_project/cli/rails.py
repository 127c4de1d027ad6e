"""``penstock rails``: which workflow uses which shared rail, and does it work?"""

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rich.console import Console

    from dagster_project.settings import Project

RAILS = "SELECT * EXCLUDE (as_of) FROM {rails_coverage} ORDER BY workflow, rail_order"
WARNINGS: Final = {
    "platform_before_workflow": (
        "shared rails before a first workflow works: no class of any workflow has reached "
        "limited rollout"
    ),
    "islands": "islands: several workflows have a one-off of the same rail",
}
COVERAGE_LOOKS: Final = {"shared": "green", "one_off": "yellow", "missing": "bold red"}


def show_rails(project: "Project", *, as_json: bool) -> None:
    """Print nine rails for every workflow, then the warnings."""
    from dagster_project.cli.release import open_release
    from dagster_project.cli.screen import console, emit_json

    with open_release(project) as release:
        heading, rows = release.heading(), release.rows(RAILS)
    warned = {
        name: sorted({row["rail"] for row in rows if row["warning"] == name}) for name in WARNINGS
    }
    if as_json:
        emit_json(heading | {"warnings": warned, "rails": rows})
    else:
        _print(console(), heading, rows, warned)


def _print(
    out: "Console",
    heading: dict[str, Any],
    rows: list[dict[str, Any]],
    warned: dict[str, list[str]],
) -> None:
    from dagster_project.cli.scorecard_text import print_heading
    from dagster_project.cli.screen import print_indented, table, text

    print_heading(out, "Rails coverage", heading)
    for workflow, group in groupby(rows, key=lambda row: row["workflow"]):
        out.print()
        out.print(text((workflow, "bold")))
        made = table("rail", "coverage", "evidence", "what stands for it")
        for row in group:
            made.add_row(
                text(row["rail"]),
                text((row["coverage"], COVERAGE_LOOKS.get(row["coverage"], ""))),
                text(_evidence(row)),
                text(_components(row)),
            )
        out.print(made)
    out.print()
    for name, rails in warned.items():
        if rails:
            out.print(text((f"WARNING {WARNINGS[name]}", "yellow")))
            print_indented(out, text(", ".join(rails)))


def _evidence(row: dict[str, Any]) -> str:
    days = {
        "not_passed": row["newest_unpassed_date"],
        "none": None,
    }
    seen = [day for day in (row["newest_passed_date"], row["newest_log_date"]) if day]
    day = days.get(row["evidence_state"], max(seen, default=None))
    return f"{row['evidence_state']} {day}" if day else row["evidence_state"]


def _components(row: dict[str, Any]) -> str:
    other, unknown = row["shared_elsewhere"], row["unregistered_components"]
    said = row["components"] or ""
    said += f" (shared elsewhere: {other})" if other else ""
    return said + (f" (observed, not registered: {unknown})" if unknown else "")
