"""Who a ledger line says has called the command."""

import getpass


def user_actor() -> str:
    """``user:NAME``."""
    try:
        return f"user:{getpass.getuser()}"
    except (KeyError, OSError):  # a container without a user of that number
        return "user:unknown"
