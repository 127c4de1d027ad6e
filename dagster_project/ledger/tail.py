"""The end of the ledger: the last run and what was written after it, without reading the rest."""

from pathlib import Path

from dagster_project.ledger.ledger import Line, parsed
from dagster_project.ledger.verify import month_files

RUN_KIND = b',"kind":"run",'


def last_run(ledger_dir: Path) -> Line | None:
    """The newest run line. Raises LedgerError."""
    return since_last_run(ledger_dir)[0]


def since_last_run(ledger_dir: Path) -> tuple[Line | None, list[Line]]:
    """The newest run line and every whole line after it, each checked by itself.

    Without a run: None and all lines. Raises LedgerError.
    """
    later: list[Line] = []
    for path in reversed(month_files(ledger_dir)):
        content = path.read_bytes()
        end = content.rfind(b"\n") + 1
        run, start = _last_run_of(content[:end], path.name)
        lines = [parsed(raw, path.name) for raw in content[start:end].split(b"\n") if raw]
        later = lines + later
        if run is not None:
            return run, later
    return None, later


def _last_run_of(content: bytes, name: str) -> tuple[Line | None, int]:
    """The last run line and the place behind it, or None and 0."""
    end = len(content)
    # the words may also stand inside a body or a reason: the line itself decides
    while (found := content.rfind(RUN_KIND, 0, end)) >= 0:
        start, stop = content.rfind(b"\n", 0, found) + 1, content.index(b"\n", found)
        line = parsed(content[start:stop], name)
        if line.kind == "run":
            return line, stop + 1
        end = start
    return None, 0
