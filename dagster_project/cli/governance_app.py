"""The commands about who may what: the map, signatures, waivers; by name."""

from typing import Annotated

import typer

from dagster_project.cli.options import Call, command

ClassArgument = Annotated[str, typer.Argument(metavar="CLASS", help="a decision class")]
Trial = Annotated[bool, typer.Option("--dry-run", help="check and show the row, write nothing")]
READ_CODES = "1 the release is not to be believed, 2 bad input, 4 nothing published."


def add_governance(app: typer.Typer) -> None:
    """Register them on the one command line."""
    _add_readers(app)
    _add_writers(app)


def _add_readers(app: typer.Typer) -> None:
    @command(app, "map", f"Example: penstock map --format json. Exit codes: 0 ok, {READ_CODES}")
    def show(
        call: Call,
        decision_class: Annotated[
            str | None, typer.Argument(metavar="CLASS", help="one class with its segments")
        ] = None,
    ) -> None:
        """Show declared, recommended, approved and effective levels, and why."""
        from dagster_project.cli.autonomy_map import show_map

        show_map(call.project(), decision_class, as_json=call.as_json)

    @command(app, "sign-offs", f"Example: penstock sign-offs. Exit codes: 0 ok, {READ_CODES}")
    def signed(call: Call) -> None:
        """Show which signatures count, and what is wrong with the others."""
        from dagster_project.cli.sign_off import list_sign_offs

        list_sign_offs(call.project(), as_json=call.as_json)

    @command(app, "waivers", f"Example: penstock waivers. Exit codes: 0 ok, {READ_CODES}")
    def waived(call: Call) -> None:
        """Show waivers, the open ones first, and what they expose."""
        from dagster_project.cli.waivers import list_waivers

        list_waivers(call.project(), as_json=call.as_json)


def _add_writers(app: typer.Typer) -> None:
    @command(
        app,
        "sign-off",
        "Example: penstock sign-off procurement.classify_vendor_request --role risk --person "
        "yuki-brandt. Exit codes: 0 row written, 1 refused, 2 bad input, 4 nothing published.",
    )
    def sign_off(
        call: Call,
        decision_class: ClassArgument,
        role: Annotated[str, typer.Option(help="business or risk")],
        person: Annotated[str, typer.Option(help="who signs, as people.csv names them")],
        days: Annotated[int, typer.Option(help="how long it counts, up to 366")] = 180,
        dry_run: Trial = False,
    ) -> None:
        """Write a signature under the published map of a class into the registry."""
        from dagster_project.cli.sign_off import sign

        sign(
            call.project(),
            decision_class,
            role,
            person,
            days,
            is_trial=dry_run,
            as_json=call.as_json,
        )

    @command(
        app,
        "waive",
        "Example: penstock waive procurement.match_vendor_category clean_volume --requested-by "
        "mara-lindqvist --approved-by yuki-brandt --exposure 500 --reason 'slow month'. "
        "Exit codes: 0 row written, 2 bad input.",
    )
    def waive(
        call: Call,
        decision_class: ClassArgument,
        criterion: Annotated[str, typer.Argument(metavar="CRITERION", help="such as clean_volume")],
        requested_by: Annotated[str, typer.Option(help="who asks")],
        approved_by: Annotated[str, typer.Option(help="the risk owner, another person")],
        reason: Annotated[str, typer.Option(help="why it may wait")],
        exposure: Annotated[str, typer.Option(help="money at risk, in the class's currency")],
        days: Annotated[int, typer.Option(help="how long, up to 30")] = 30,
        dry_run: Trial = False,
    ) -> None:
        """Write a waiver of one criterion of a class into the registry."""
        from dagster_project.cli.waivers import waive as write

        write(
            call.project(),
            decision_class,
            criterion,
            (requested_by, approved_by),
            reason,
            exposure,
            days,
            is_trial=dry_run,
            as_json=call.as_json,
        )
