"""``make picture``: the README's picture of the demo's scorecard, out of its newest release."""

import io
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

from dagster_project.cli.release import open_release
from dagster_project.cli.scorecard import class_rows
from dagster_project.cli.scorecard_text import print_legend, print_workflow
from dagster_project.settings import Project, load_project

PICTURE = Path(__file__).with_name("scorecard.svg")
WORKFLOW = "procurement"


def draw(project: Project) -> str:
    """SVG of the workflow's classes; the same for every run on the same data."""
    out = Console(file=io.StringIO(), record=True, width=100, highlight=False, emoji=False)
    with open_release(project) as release:
        rows = [row for row in class_rows(release) if row["workflow"] == WORKFLOW]
    print_legend(out)
    print_workflow(out, WORKFLOW, rows)
    out.print()  # or the last line is cut off below
    return out.export_svg(
        title="penstock scorecard", theme=DEFAULT_TERMINAL_THEME, unique_id="scorecard"
    )


if __name__ == "__main__":
    PICTURE.write_text(draw(load_project()), encoding="utf-8")
