"""The commands about people in the logs: erasure and pseudonyms."""

from typing import Annotated

import typer

from dagster_project.cli.options import Call, command


def add_persons(app: typer.Typer) -> None:
    """Add ``erase`` and ``pseudonym``."""
    command(
        app,
        "erase",
        "Example: penstock erase --subject - < id.txt. Exit codes: 0 erased, or what was begun is "
        "finished; 1 nothing of it has landed; 2 bad input; 3 failed.",
    )(erase)
    command(
        app,
        "pseudonym",
        "Example: penstock pseudonym < names.txt. Exit codes: 0 ok, 2 no key yet.",
    )(pseudonym)


def erase(
    call: Call,
    subject: Annotated[
        str | None, typer.Option(help="whom the rows are about: name or pseudonym; -: from stdin")
    ] = None,
    decision: Annotated[str | None, typer.Option(help="id of a decision; -: from stdin")] = None,
    finish: Annotated[bool, typer.Option("--finish", help="only finish what was begun")] = False,
    reason: Annotated[str | None, typer.Option(help="for the ledger; no personal data")] = None,
) -> None:
    """Make landed rows of a person or a decision anonymous, and record that in the ledger."""
    from dagster_project.cli.erase import erase_rows

    asked = {"subject": subject, "decision": decision}
    raise typer.Exit(
        erase_rows(call.project(), asked, reason, only_finish=finish, as_json=call.as_json)
    )


def pseudonym(call: Call) -> None:
    """Print the pseudonym of every name on stdin, one a line, such as for reviewers.csv."""
    from dagster_project.cli.erase import print_pseudonyms

    print_pseudonyms(call.project(), as_json=call.as_json)
