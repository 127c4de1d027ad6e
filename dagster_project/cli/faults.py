"""Errors that a command expects, each with its exit code, and the log of those nobody expected."""

import os
import traceback
from datetime import UTC, datetime
from pathlib import Path

OK, NO, USAGE, FAILED, NOTHING = 0, 1, 2, 3, 4
INTERRUPTED = 130  # 128 + SIGINT, as shells count
ERROR_LOG = "penstock-error.log"


class CliError(Exception):
    """Shown as one message without a traceback; ``details`` are further lines below it."""

    exit_code = NO

    def __init__(self, message: str, details: list[str] | None = None) -> None:
        super().__init__(message)
        self.details = details or []


class RefusedError(CliError):
    """The answer is no, or a check failed."""


class UsageProblemError(CliError):
    """What was typed, or what the project declares, is wrong."""

    exit_code = USAGE


class PipelineFailedError(CliError):
    """A step of the pipeline failed; the text names it and the log."""

    exit_code = FAILED


class NothingYetError(CliError):
    """There is nothing to show; the text names the command that makes it."""

    exit_code = NOTHING


def log_unexpected(error: BaseException) -> Path | None:
    """Append the traceback to ``PENSTOCK_HOME/logs``; None when it cannot be written."""
    from dagster_project.settings import load_project

    try:
        path = load_project().home / "logs" / ERROR_LOG
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(traceback.format_exception(error))
        with path.open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"--- {datetime.now(UTC).isoformat()}\n{text}")
    except (OSError, ValueError):
        return None
    return path


def is_debugging() -> bool:
    """PENSTOCK_DEBUG=1 asks for tracebacks on the terminal."""
    return os.environ.get("PENSTOCK_DEBUG", "") not in ("", "0")
