"""The commands about the rollout as a whole: ladder, rails, readiness."""

import typer

from dagster_project.cli.options import Call, command

READING = "1 the release is not to be believed, 2 bad input, 4 nothing published."


def add_rollout_commands(app: typer.Typer) -> None:
    """Add ``plan``, ``rails`` and ``readiness``."""
    command(app, "plan", f"Example: penstock plan. Exit codes: 0 ok, {READING}")(plan)
    command(app, "rails", f"Example: penstock rails. Exit codes: 0 ok, {READING}")(rails)
    command(app, "readiness", f"Example: penstock readiness. Exit codes: 0 ok, {READING}")(
        readiness
    )


def plan(call: Call) -> None:
    """Show the next safe rung of every class, and what blocks it."""
    from dagster_project.cli.plan import show_plan

    show_plan(call.project(), as_json=call.as_json)


def rails(call: Call) -> None:
    """Show which workflow uses which shared rail, and what shows that it works."""
    from dagster_project.cli.rails import show_rails

    show_rails(call.project(), as_json=call.as_json)


def readiness(call: Call) -> None:
    """Show the readiness checklist of every workflow, and whether it is ready to scale."""
    from dagster_project.cli.readiness import show_readiness

    show_readiness(call.project(), as_json=call.as_json)
