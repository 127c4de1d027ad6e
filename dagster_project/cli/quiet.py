"""All output of the pipeline into a log file, child processes included, and a way round it."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

KEPT_LOGS = 60  # two months of a daily run


def new_log(folder: Path) -> Path:
    """A name for the log of a run that starts now; the oldest logs beyond 60 are deleted."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob("run-*.log"))[: -KEPT_LOGS + 1]:
        old.unlink(missing_ok=True)
    return folder / f"run-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.log"


@contextmanager
def output_into(log: Path) -> Iterator[TextIO]:
    """Within, file descriptors 1 and 2 are ``log``; yields what stderr was before.

    Descriptors, because dbt is a process of its own and writes to what it inherits.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with (
        log.open("a", encoding="utf-8", errors="backslashreplace", buffering=1) as sink,
        os.fdopen(os.dup(kept[1]), "w", encoding="utf-8", errors="replace") as terminal,
    ):
        try:
            os.dup2(sink.fileno(), 1)
            os.dup2(sink.fileno(), 2)
            with redirect_stdout(sink), redirect_stderr(sink):
                yield terminal
        finally:
            os.dup2(kept[0], 1)
            os.dup2(kept[1], 2)
            os.close(kept[0])
            os.close(kept[1])


@contextmanager
def progress(log: Path, first_step: str, *, is_quiet: bool) -> Iterator[Callable[[str], None]]:
    """Within, output goes into ``log``, and the terminal shows the step that was told last."""
    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner

    with output_into(log) as terminal:
        # something live on what is no terminal prints nothing
        screen = Console(file=terminal, quiet=is_quiet)
        spinner = Spinner("dots", first_step)
        # `Status` would take stdout back from the log, and show all of it
        with Live(
            spinner,
            console=screen,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        ):
            yield lambda step: spinner.update(text=step)
