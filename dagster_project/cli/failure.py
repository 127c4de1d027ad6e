"""The last words of a command that did not work."""

import sys
import traceback

import typer

from dagster_project.cli.faults import (
    FAILED,
    USAGE,
    CliError,
    UsageProblemError,
    is_debugging,
    log_unexpected,
)
from dagster_project.cli.screen import emit_json
from dagster_project.cli.words import clean
from dagster_project.settings import SettingsError


def report(error: Exception, *, as_json: bool) -> int:
    """Say what went wrong, on stderr or as the one JSON document; the exit code."""
    known = _as_known(error)
    if known is None:
        known = _unexpected(error)
    if as_json:
        emit_json(
            {
                "error": str(known),
                "details": known.details,
                "exit_code": known.exit_code,
            }
        )
    else:
        lines = [f"penstock: {known}", *(f"  {detail}" for detail in known.details)]
        # message by message, so that a message of several lines keeps them
        shown = "\n".join(clean(part) for line in lines for part in line.split("\n"))
        sys.stderr.write(shown + "\n")
    return known.exit_code


def _as_known(error: Exception) -> CliError | None:
    if isinstance(error, CliError):
        return error
    if isinstance(error, SettingsError):
        return UsageProblemError(str(error))
    if isinstance(error, typer.TyperException) and getattr(error, "exit_code", None) == USAGE:
        return UsageProblemError(f"{error.format_message()} (see --help)")
    return None


def _unexpected(error: Exception) -> CliError:
    if is_debugging():
        traceback.print_exception(error)
    log = log_unexpected(error)
    where = f"; traceback in {log}" if log else "; PENSTOCK_DEBUG=1 shows the traceback"
    words = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    known = CliError(f"unexpected error: {words}{where}")
    known.exit_code = FAILED
    return known
