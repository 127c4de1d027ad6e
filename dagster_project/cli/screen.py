"""Where answers go: a terminal or a pipe as text, or exactly one JSON document on stdout."""

import json
import shutil
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from dagster_project.cli.words import BLOCKED, VERDICT_LOOKS, clean, plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

PIPE_WIDTH = 100


class Format(StrEnum):
    """``json``: one document on stdout and nothing else."""

    text = "text"
    json = "json"


def emit_json(document: Any) -> None:
    """Write ``document`` as JSON; characters beyond ASCII are escaped."""
    sys.stdout.write(json.dumps(plain(document), indent=2) + "\n")


def console(*, is_error: bool = False) -> "Console":
    """A console on stdout (or stderr): colour only on a terminal, 100 columns in a pipe."""
    from rich.console import Console

    stream = sys.stderr if is_error else sys.stdout
    # the environment variable COLUMNS wins in both
    width = shutil.get_terminal_size((PIPE_WIDTH, 24)).columns if not stream.isatty() else None
    return Console(
        file=stream, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False
    )


def text(*parts: object | tuple[object, str]) -> "Text":
    """Harmless text; a part is a value, or (value, style)."""
    from rich.text import Text

    line = Text()
    for part in parts:
        value, style = part if isinstance(part, tuple) else (part, "")
        line.append(clean(value), style=style)
    return line


def verdict_text(verdict: str, *, is_blocked: bool = False, is_wide: bool = True) -> "Text":
    """Symbol and word of a verdict; blocked ones carry a sign of their own and are dim."""
    symbol, short, style = VERDICT_LOOKS.get(verdict, ("!", verdict, "bold red"))
    word = verdict if is_wide else short
    if is_blocked:
        return text((f"{BLOCKED} {word}", "dim"))
    return text((f"{symbol} {word}", style))


def print_indented(
    out: "Console", line: "Text", indent: int = 4, mark: "Text | None" = None
) -> None:
    """Print ``line``; where it is wrapped, every line is set in. ``mark``, no wider than
    ``indent``, stands before the first."""
    before = mark or text()
    before.pad_right(indent - before.cell_len)
    for part in line.wrap(out, max(20, out.width - indent)):
        part.rstrip()
        out.print(before + part)
        before = text(" " * indent)


def table(*columns: str, numeric: Sequence[str] = ()) -> "Table":
    """A table with a header line and no frame; columns in ``numeric`` stand to the right."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in columns:
        made.add_column(
            name,
            justify="right" if name in numeric else "left",
            overflow="fold",
            no_wrap=name in numeric,
        )
    return made
