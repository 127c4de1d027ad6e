"""Tells the anchor hook where the ledger ends, for places that a file cannot reach."""

import os
import signal
import subprocess
import tempfile
from pathlib import Path

from dagster_project.ledger.anchor import Watch, anchor_line
from dagster_project.ledger.ledger import last_line
from dagster_project.settings import Project

SHOWN_CHARACTERS = 500


class HookFailedError(RuntimeError):
    """The hook did not take the ledger's end: it is not there, failed, or took too long."""


def watch_of(project: Project) -> Watch:
    """Anchor and head of a project."""
    return Watch(project.anchor, project.publish)


def call_hook(project: Project) -> None:
    """Run ``[ledger] hook`` (no shell) with the newest anchor line on stdin; none: do nothing.

    Raises HookFailedError with the end of what it printed. A hook that is still at work after
    ``hook_seconds`` is killed with all that it started.
    """
    last = last_line(project.ledger)
    if not project.hook or last is None:
        return
    # files, not pipes: a grandchild that outlives the hook would keep a pipe open
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as line:
        line.write(anchor_line(last))
        line.seek(0)
        problem = _run(
            project.hook, project.root, project.hook_seconds, line.fileno(), said.fileno()
        )
        if problem:
            said.seek(0)
            words = said.read().decode("utf-8", "replace").strip()[-SHOWN_CHARACTERS:]
            raise HookFailedError(
                f"the anchor hook {project.hook[0]!r} {problem}"
                + (f": {words}" if words else "")
                + f"; lines up to {last.seq} of the ledger are recorded, and not yet anchored by it"
            )


def _run(command: tuple[str, ...], folder: Path, seconds: int, line: int, said: int) -> str:
    """What went wrong, or nothing."""
    try:
        process = subprocess.Popen(
            command, stdin=line, stdout=said, stderr=said, cwd=folder, start_new_session=True
        )
    except OSError as error:
        return f"cannot be started ({error.strerror})"
    try:
        code = process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return f"was killed after {seconds} s"
    return f"ended with {code}" if code else ""
