"""The commands by name. Each does its work in a module of its own, imported when it is called."""

import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dagster_project.cli import faults
from dagster_project.cli.options import FormatOption, ProjectOption
from dagster_project.cli.screen import Format

if TYPE_CHECKING:
    from dagster_project.settings import Project

EXIT_CODES = (
    "Exit codes: 0 ok, 1 no (denied, or a check failed), 2 bad input, 3 failed, "
    "4 nothing there yet."
)

app = typer.Typer(
    name="penstock",
    help="May the AI act alone on this decision class? Verdicts from evidence, every day.",
    epilog=EXIT_CODES,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
ledger_app = typer.Typer(help="The record of all verdicts.", epilog=EXIT_CODES)
app.add_typer(ledger_app, name="ledger")

ClassArgument = Annotated[str, typer.Argument(metavar="CLASS", help="a decision class")]


def _load(folder: Path | None) -> "Project":
    from dagster_project.settings import load_project

    return load_project(folder)


@app.command(epilog="Example: penstock demo. Exit codes: 0, 2 bad input, 3 a step failed.")
def demo(project: ProjectOption = None, style: FormatOption = Format.text) -> None:
    """Run the pipeline on the bundled data and show what came out."""
    from dagster_project.cli.demo import run_demo

    run_demo(project, as_json=style is Format.json)


@app.command(
    epilog="Example: penstock run --as-of 2025-08-03. Exit codes: 0, 2 bad input, 3 a step failed."
)
def run(
    as_of: Annotated[
        str | None,
        typer.Option(help="last business day looked at, such as 2025-08-03", show_default=False),
    ] = None,
    known_at: Annotated[
        str | None,
        typer.Option(help="ignore what landed after this time (UTC)", show_default=False),
    ] = None,
    project: ProjectOption = None,
    style: FormatOption = Format.text,
) -> None:
    """Land what is new, judge every class, record the verdicts and publish them."""
    from dagster_project.cli.run import run_pipeline

    run_pipeline(_load(project), as_of, known_at, as_json=style is Format.json)


@app.command(
    epilog="Example: penstock scorecard procurement.classify_vendor_request. "
    "Exit codes: 0, 1 not to be believed, 2 unknown class, 4 nothing published."
)
def scorecard(
    decision_class: Annotated[
        str | None, typer.Argument(metavar="[CLASS]", help="one class in detail")
    ] = None,
    project: ProjectOption = None,
    style: FormatOption = Format.text,
) -> None:
    """Show every class against the five gates, or one class with its segments and cohorts."""
    from dagster_project.cli.scorecard import show_scorecard

    show_scorecard(_load(project), decision_class, as_json=style is Format.json)


@app.command(
    epilog="Example: penstock explain procurement.classify_vendor_request production_fit. "
    "Exit codes: 0, 1 not to be believed, 2 unknown class, gate or segment, 4 nothing published."
)
def explain(
    decision_class: ClassArgument,
    gate: Annotated[str, typer.Argument(metavar="GATE", help="such as production_fit")],
    segment: Annotated[str, typer.Option(help="such as region=EU")] = "all",
    project: ProjectOption = None,
    style: FormatOption = Format.text,
) -> None:
    """Show each criterion of a gate: estimate, bound, threshold, what is missing."""
    from dagster_project.cli.explain import show_explanation

    show_explanation(_load(project), decision_class, gate, segment, as_json=style is Format.json)


@app.command(
    epilog="Example: penstock inventory --format json. "
    "Exit codes: 0, 1 not to be believed, 2 bad input, 4 nothing published."
)
def inventory(project: ProjectOption = None, style: FormatOption = Format.text) -> None:
    """Show what was declared beside what was seen, and what nobody declared."""
    from dagster_project.cli.inventory import show_inventory

    show_inventory(_load(project), as_json=style is Format.json)


@app.command(
    "may-act",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
    epilog="Example: penstock may-act procurement.classify_vendor_request --cohort ID. "
    "Exit codes: 0 allowed, 1 denied, 2 bad input.",
)
def may_act(context: typer.Context) -> None:
    """Answer a runtime: may it act alone on this class? Every doubt is a no."""
    from dagster_project.cli.permission import answer

    raise typer.Exit(answer(context.args))


@ledger_app.command(
    "verify", epilog="Example: penstock ledger verify. Exit codes: 0, 1 problems, 4 no ledger yet."
)
def ledger_verify(project: ProjectOption = None, style: FormatOption = Format.text) -> None:
    """Check the chain, the anchor and the publication; change nothing."""
    from dagster_project.cli.ledger import verify_ledger

    raise typer.Exit(verify_ledger(_load(project), as_json=style is Format.json))


@app.command(epilog="Example: penstock simulate /tmp/logs --weeks 8. Exit codes: 0, 2 bad input.")
def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="a new or empty folder")],
    seed: Annotated[int, typer.Option(help="same seed, same bytes")] = 7,
    weeks: Annotated[int, typer.Option(help="ISO weeks")] = 26,
    end: Annotated[
        str | None, typer.Option(help="the last day, a Sunday", show_default=False)
    ] = None,
    broken_lines: Annotated[int, typer.Option(help="decisions cut off in mid-line")] = 0,
    project: ProjectOption = None,
    style: FormatOption = Format.text,
) -> None:
    """Write the logs of a simulated company, with the truth planted in them beside."""
    from dagster_project.cli.simulate import write_simulation

    del project  # taken for the sake of sameness: a simulation belongs to no project
    write_simulation(out, seed, weeks, end, broken_lines, as_json=style is Format.json)


@app.command(epilog="Example: penstock doctor --parse. Exit codes: 0, 1 problems, 2 no project.")
def doctor(
    parse: Annotated[bool, typer.Option("--parse", help="renew dbt's manifest if need be")] = False,
    project: ProjectOption = None,
    style: FormatOption = Format.text,
) -> None:
    """Check the installation and the project; every finding names its fix."""
    from dagster_project.cli.doctor import examine

    raise typer.Exit(examine(_load(project), parse=parse, as_json=style is Format.json))


def run_app(arguments: list[str]) -> int:
    """Run one command; expected errors become one message, others go to the error log."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # ✓ on a terminal that knows only ASCII
    as_json = "--format=json" in arguments or ("--format", "json") in pairwise(arguments)
    try:
        code = app(args=arguments or ["--help"], prog_name="penstock", standalone_mode=False)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # Rich exits: the reader, such as `head`, has enough
        # Python flushes stdout once more when it exits
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return faults.OK
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("\npenstock: interrupted\n")
        return faults.INTERRUPTED
    except Exception as error:
        from dagster_project.cli.failure import report

        return report(error, as_json=as_json)
    return code if isinstance(code, int) else faults.OK
