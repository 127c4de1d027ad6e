"""A seed file as rows that know their line. What cannot be read is a problem, never a guess."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dagster_project.contracts.registry.problems import Problem, quoted
from dagster_project.contracts.registry.schema import Seed


@dataclass(frozen=True)
class Row:
    """One record: ``line`` is the physical line on which it starts; cells by column name."""

    line: int
    cells: dict[str, str]


@dataclass
class SeedFile:
    """One seed as read. ``is_complete``: every row was read, so a missing key is really missing."""

    seed: Seed
    file: str
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_complete: bool = True
    faulty: set[tuple[int, str]] = field(default_factory=set)

    def report(self, row: Row, column: str, message: str, fix: str) -> None:
        """Note a problem with one cell; cross-row rules then leave the cell alone."""
        self.faulty.add((row.line, column))
        self.problems.append(Problem(self.file, row.line, column, row.cells[column], message, fix))

    def report_unreadable(self, line: int, message: str, fix: str, column: str = "") -> None:
        """Note a problem because of which rows are missing."""
        self.is_complete = False
        self.problems.append(Problem(self.file, line, column, "", message, fix))

    def sound(self, *columns: str) -> Iterator[Row]:
        """Rows whose cells in ``columns`` have no fault so far."""
        for row in self.rows:
            if not any((row.line, column) in self.faulty for column in columns):
                yield row

    def keys(self) -> set[str]:
        """Values of the first key column."""
        return {row.cells[self.seed.key[0]] for row in self.rows}


def read_seed(path: Path, file: str, seed: Seed) -> SeedFile:
    """Read ``path``; ``file`` is its name in messages. Problems are noted, not raised."""
    found = SeedFile(seed, file)
    text = _text(path, found)
    if text is None:
        return found
    # newline="": the reader itself sees every line end, so quoted ones count as lines too
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        header = next(reader, [])
        if not _header_is_right(header, found):
            return found
        line = reader.line_num + 1
        for cells in reader:
            _take_row(found, line, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        found.report_unreadable(
            line, f"cannot be read as CSV ({error})", 'close the quote, and write " inside as ""'
        )
    return found


def _text(path: Path, found: SeedFile) -> str | None:
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = "is missing" if isinstance(error, FileNotFoundError) else "cannot be opened"
        header = ",".join(found.seed.header)
        found.report_unreadable(0, reason, f"provide it with the header {header}")
        return None
    if content.startswith(b"\xef\xbb\xbf"):
        found.report_unreadable(1, "begins with a byte order mark", "save as UTF-8 without BOM")
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        found.report_unreadable(line, f"byte 0x{byte:02x} is not UTF-8", "save as UTF-8")
        return None


def _header_is_right(header: Sequence[str], found: SeedFile) -> bool:
    wanted = found.seed.header
    if tuple(header) == wanted:
        return True
    if not header:
        found.report_unreadable(1, "has no header", f"write {','.join(wanted)}")
        return False
    names = [name.strip() for name in header]
    shown = ",".join(wanted)
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        found.report_unreadable(1, "columns are not separated by commas", f"write {shown}")
        return False
    for name in wanted:
        if name not in names:
            found.report_unreadable(1, "is missing from the header", f"write {shown}", name)
    for position, name in enumerate(names):
        if name not in wanted:
            message = f"{quoted(name)} is no column of this file"
            found.report_unreadable(1, message, "delete the column or correct its name", name)
        elif name in names[:position]:
            found.report_unreadable(1, "stands in the header twice", "delete one", name)
    if found.is_complete:
        moved = next(
            (name for name, right in zip(header, wanted, strict=True) if name != right), ""
        )
        reason = "has blanks around it" if moved != moved.strip() else "is not in its place"
        found.report_unreadable(1, f"{quoted(moved)} {reason}", f"write {shown}", moved.strip())
    return False


def _take_row(found: SeedFile, line: int, cells: Sequence[str]) -> None:
    wanted = found.seed.header
    if len(cells) == len(wanted):
        found.rows.append(Row(line, dict(zip(wanted, cells, strict=True))))
    elif not cells:
        found.report_unreadable(line, "is an empty line", "delete it")
    else:
        found.report_unreadable(
            line,
            f"has {len(cells)} cells, the header {len(wanted)}",
            "add the missing commas, or put text that holds a comma in double quotes",
        )
