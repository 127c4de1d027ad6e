"""``penstock landed``: its commands by name."""

from typing import Annotated

import typer

from dagster_project.cli.options import EXIT_CODES, Call, command

landed_app = typer.Typer(help="Landed rows: dispose of the oldest.", epilog=EXIT_CODES)


@landed_app.callback()
def _group() -> None:
    """A group, also while it has one command."""


@command(
    landed_app,
    "dispose",
    "Example: penstock landed dispose --confirm. Exit codes: 0 disposed of, or nothing is due; 1 a "
    "legal hold stands; 2 bad input; 3 failed; 4 nothing has landed.",
)
def landed_dispose(
    call: Call,
    is_confirmed: Annotated[
        bool, typer.Option("--confirm", help="do it; without, only say what would go")
    ] = False,
) -> None:
    """Remove landed rows older than [retention] landed_days, and record that; facts stay."""
    from dagster_project.cli.landed import dispose_rows

    raise typer.Exit(dispose_rows(call.project(), is_trial=not is_confirmed, as_json=call.as_json))
