"""``penstock ledger``: its commands by name."""

from typing import Annotated

import typer

from dagster_project.cli.options import EXIT_CODES, Call, command

ledger_app = typer.Typer(help="The record of all verdicts: check, dispose.", epilog=EXIT_CODES)


@command(
    ledger_app,
    "verify",
    "Example: penstock ledger verify. Exit codes: 0 whole, 1 problems, 2 bad input, "
    "4 no ledger yet.",
)
def ledger_verify(call: Call) -> None:
    """Check the chain, the anchor and the publication; change nothing."""
    from dagster_project.cli.ledger import verify_ledger

    raise typer.Exit(verify_ledger(call.project(), as_json=call.as_json))


@command(
    ledger_app,
    "dispose",
    "Example: penstock ledger dispose --dry-run. Exit codes: 0 disposed of, or nothing is due; 1 a "
    "legal hold stands; 2 bad input; 3 failed.",
)
def ledger_dispose(
    call: Call,
    is_dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would go")] = False,
) -> None:
    """Remove months that are older than [retention] ledger_years, and record that."""
    from dagster_project.cli.ledger import dispose_ledger

    raise typer.Exit(dispose_ledger(call.project(), is_dry_run=is_dry_run, as_json=call.as_json))
