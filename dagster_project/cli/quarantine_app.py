"""``penstock quarantine``: its commands by name."""

from typing import Annotated

import typer

from dagster_project.cli.options import EXIT_CODES, Call, command

quarantine_app = typer.Typer(
    help="Refused lines: look at them, take repaired ones out of the count.", epilog=EXIT_CODES
)


@command(
    quarantine_app,
    "list",
    "Example: penstock quarantine list --reason wrong_type. Exit codes: 0 ok, 2 unknown source, "
    "file or reason, 4 nothing has landed.",
)
def quarantine_list(
    call: Call,
    source: Annotated[str | None, typer.Option(help="such as crm, or crm.decisions")] = None,
    file: Annotated[str | None, typer.Option(help="name, or beginning of its SHA-256")] = None,
    reason: Annotated[str | None, typer.Option(help="such as invalid_json")] = None,
) -> None:
    """Show refused units by file and reason, and unaccountable files."""
    from dagster_project.cli.quarantine import list_refused

    list_refused(call.project(), source, file, reason, as_json=call.as_json)


@command(
    quarantine_app,
    "show",
    "Example: penstock quarantine show decisions.jsonl --place 17. Exit codes: 0 ok, 2 no such "
    "file or place, 4 nothing has landed.",
)
def quarantine_show(
    call: Call,
    file: Annotated[str, typer.Argument(metavar="FILE", help="name, or beginning of its SHA-256")],
    place: Annotated[int | None, typer.Option(help="line or record, from 1")] = None,
) -> None:
    """Show the refused units of a file one by one; never their content."""
    from dagster_project.cli.quarantine import show_refused

    show_refused(call.project(), file, place, as_json=call.as_json)


@command(
    quarantine_app,
    "retry",
    "Example: penstock quarantine retry decisions.jsonl --with decisions-corrected.jsonl. Exit "
    "codes: 0 nothing is open any more, 1 something still is, 2 bad input, 3 failed, 4 nothing "
    "has landed.",
)
def quarantine_retry(
    call: Call,
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="one file (default: all with open units)")
    ] = None,
    corrected: Annotated[
        str | None, typer.Option("--with", help="a corrected copy of FILE, dropped beside it")
    ] = None,
) -> None:
    """Read refused units again, as declared today, or take over those a corrected copy mends."""
    from dagster_project.cli.quarantine_retry import retry_refused

    raise typer.Exit(retry_refused(call.project(), file, corrected, as_json=call.as_json))
