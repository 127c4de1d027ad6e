"""The commands by name. Each does its work in a module of its own, imported when it is called."""

import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import Annotated, TypedDict, Unpack

import typer

from dagster_project.cli import faults
from dagster_project.cli.governance_app import add_governance
from dagster_project.cli.landed_app import landed_app
from dagster_project.cli.ledger_app import ledger_app
from dagster_project.cli.options import EXIT_CODES, Call, command
from dagster_project.cli.persons_app import add_persons
from dagster_project.cli.quarantine_app import quarantine_app
from dagster_project.cli.rollout_app import add_rollout_commands

app = typer.Typer(
    name="penstock",
    help="May the AI act alone on this decision class? Verdicts from evidence, every day.",
    epilog=EXIT_CODES,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ClassArgument = Annotated[str, typer.Argument(metavar="CLASS", help="a decision class")]


class SimulationOptions(TypedDict, total=False):
    """What may be chosen; what is not given is the simulator's own default."""

    seed: Annotated[int, typer.Option(help="same seed, same bytes (default 7)")]
    weeks: Annotated[int, typer.Option(help="how many ISO weeks (default 26)")]
    end: Annotated[str, typer.Option(help="the last day, a Sunday (default 2025-08-03)")]
    broken_lines: Annotated[int, typer.Option(help="decisions cut off in mid-line (default 0)")]
    plants: Annotated[list[str], typer.Option("--plant", help="plant a trouble; may be repeated")]
    since: Annotated[str, typer.Option(help="day on which plants begin (default: the middle)")]


@command(
    app,
    "init",
    "Example: penstock init acme. Exit codes: 0 ok, 2 the folder is not empty or not writable.",
)
def init(
    call: Call,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="a new or empty folder")],
) -> None:
    """Write a small company project that runs at once."""
    from dagster_project.cli.init import start_project

    start_project(folder, as_json=call.as_json)


@command(app, "demo", "Example: penstock demo. Exit codes: 0 ok, 2 bad input, 3 a step failed.")
def demo(call: Call) -> None:
    """Run the pipeline on the bundled data and show what came out."""
    from dagster_project.cli.demo import run_demo

    run_demo(call.folder, as_json=call.as_json)


@command(
    app,
    "run",
    "Example: penstock run --as-of 2025-08-03. Exit codes: 0 ok, 2 bad input (also a registry "
    "with problems), 3 a step failed.",
)
def run(
    call: Call,
    as_of: Annotated[str | None, typer.Option(help="last business day looked at")] = None,
    known_at: Annotated[str | None, typer.Option(help="look at what had landed by then")] = None,
) -> None:
    """Land what is new, judge every class, record the verdicts, publish them."""
    from dagster_project.cli.run import run_pipeline

    run_pipeline(call.project(), as_of, known_at, as_json=call.as_json)


@command(
    app,
    "scorecard",
    "Example: penstock scorecard procurement.classify_vendor_request. Exit codes: 0 ok, "
    "1 the release is not to be believed, 2 unknown class, 4 nothing published.",
)
def scorecard(
    call: Call,
    decision_class: Annotated[
        str | None, typer.Argument(metavar="CLASS", help="one class in detail")
    ] = None,
) -> None:
    """Show all classes against the five gates, or one in detail."""
    from dagster_project.cli.scorecard import show_scorecard

    show_scorecard(call.project(), decision_class, as_json=call.as_json)


@command(
    app,
    "explain",
    "Example: penstock explain procurement.classify_vendor_request production_fit. Exit codes: "
    "0 ok, 1 the release is not to be believed, 2 unknown class, gate or segment, "
    "4 nothing published.",
)
def explain(
    call: Call,
    decision_class: ClassArgument,
    gate: Annotated[str, typer.Argument(metavar="GATE", help="such as production_fit")],
    segment: Annotated[str, typer.Option(help="such as region=EU")] = "all",
) -> None:
    """Show why a gate has its verdict, and what is missing."""
    from dagster_project.cli.explain import show_explanation

    show_explanation(call.project(), decision_class, gate, segment, as_json=call.as_json)


@command(
    app,
    "inventory",
    "Example: penstock inventory --format json. Exit codes: 0 ok, 1 the release is not to be "
    "believed, 2 bad input, 4 nothing published.",
)
def inventory(call: Call) -> None:
    """Show what was declared beside what was seen."""
    from dagster_project.cli.inventory import show_inventory

    show_inventory(call.project(), as_json=call.as_json)


@app.command(
    "may-act",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
    epilog="Exit codes: 0 allowed, 1 denied, 2 bad input.",
)
def may_act(context: typer.Context) -> None:
    """Answer a runtime: may it act alone? A doubt is a no."""
    from dagster_project.cli.permission import answer

    raise typer.Exit(answer(context.args))


@command(
    app,
    "revoke",
    "Example: penstock revoke crm.tag_lead --reason 'case 4711'. Exit codes: 0 recorded, or shown; "
    "1 there is nothing to lift; 2 unknown class, no reason; 3 the ledger or the anchor hook "
    "failed; 4 no run yet.",
)
def revoke(
    call: Call,
    decision_class: Annotated[
        str | None, typer.Argument(metavar="CLASS", help="without it, and without --all: list")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="why; for the ledger")] = None,
    is_for_all: Annotated[bool, typer.Option("--all", help="every class")] = False,
    is_lift: Annotated[bool, typer.Option("--lift", help="take a revocation back")] = False,
) -> None:
    """Take delegation back at once; it stays so until it is lifted."""
    from dagster_project.cli.revoke import change_revocations

    change_revocations(
        call.project(),
        decision_class,
        reason,
        is_for_all=is_for_all,
        is_lift=is_lift,
        as_json=call.as_json,
    )


class ReplayOptions(TypedDict, total=False):
    """Which recorded run, the newest if none is named, and from what."""

    as_of: Annotated[str, typer.Option(help="business day that the run looked at")]
    known_at: Annotated[str, typer.Option(help="it knew nothing that landed later than this")]
    run: Annotated[str, typer.Option(help="its id, or the number of its line in the ledger")]
    ledger: Annotated[Path, typer.Option(help="a copy of a ledger folder; needs no project")]


@command(
    app,
    "replay",
    "Example: penstock replay --as-of 2025-08-03. Exit codes: 0 the recorded digest came out, "
    "1 another digest, or the ledger is damaged, 2 bad input, 3 a step failed, 4 no such run.",
)
def replay(
    call: Call,
    from_raw: Annotated[
        bool, typer.Option("--from-raw", help="make facts and evidence again from landed files")
    ] = False,
    **options: Unpack[ReplayOptions],
) -> None:
    """Judge a recorded run again, and compare the digests; change nothing."""
    from dagster_project.cli.replay import show_replay

    raise typer.Exit(show_replay(call, dict(options), from_raw=from_raw))


@command(
    app,
    "simulate",
    "Example: penstock simulate /tmp/logs --weeks 8. Exit codes: 0 ok, 2 bad input.",
)
def simulate(
    call: Call,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="a new or empty folder")],
    **options: Unpack[SimulationOptions],
) -> None:
    """Write the logs of a synthetic company with planted truth."""
    from dagster_project.cli.simulate import write_simulation

    write_simulation(out, dict(options), as_json=call.as_json)


@command(
    app,
    "sample",
    "Example: penstock sample --format json. Exit codes: 0 ok, 1 a published file was edited or "
    "the key is another one, 2 no folder or no key, 3 failed, 4 no run yet.",
)
def sample(
    call: Call,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="make the key, once, before the first draw")
    ] = False,
) -> None:
    """Draw the audit sample and publish it for the reviewers."""
    from dagster_project.cli.sample import draw

    draw(call.project(), makes_key=new_key, as_json=call.as_json)


@command(
    app,
    "doctor",
    "Example: penstock doctor --parse. Exit codes: 0 ok, 1 problems found, 2 no project.",
)
def doctor(
    call: Call,
    parse: Annotated[bool, typer.Option("--parse", help="renew dbt's manifest if need be")] = False,
) -> None:
    """Check installation and project; every finding names its fix."""
    from dagster_project.cli.doctor import examine

    raise typer.Exit(examine(call.project(), parse=parse, as_json=call.as_json))


add_persons(app)
add_governance(app)
app.add_typer(landed_app, name="landed")
app.add_typer(ledger_app, name="ledger")
app.add_typer(quarantine_app, name="quarantine")
add_rollout_commands(app)


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
