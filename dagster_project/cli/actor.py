"""Who a ledger line says has called the command."""

import getpass

from dagster_project.cli.words import sayable


def user_actor() -> str:
    """``user:NAME``."""
    try:
        return f"user:{sayable(getpass.getuser())}"
    except (KeyError, OSError):  # a container without a user of that number
        return "user:unknown"
