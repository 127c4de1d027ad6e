"""Decoded content into landed and quarantined rows: every unit goes one of three ways."""

import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dagster_project.landing.decode_json import LineReader
from dagster_project.landing.lines import LongLine
from dagster_project.landing.payloads import PayloadHasher
from dagster_project.landing.typing_rows import RowTyper
from dagster_project.landing.undeclared import UndeclaredKeys
from dagster_project.landing.units import Decoded, Flaw, Unit
from dagster_project.landing.write import LandedRows, Stamp
from dagster_project.landing.write_refused import QuarantinedUnits

if TYPE_CHECKING:
    from dagster_project.landing.columnar.reader import TypedPiece

WORKERS = min(os.cpu_count() or 1, 8)
AHEAD = 2  # pieces that wait, typed, to be taken in order


@dataclass(frozen=True)
class Sinks:
    """Where units go. ``undeclared`` is the one that ``typer`` counts in."""

    typer: RowTyper
    landed: LandedRows
    refused: QuarantinedUnits
    undeclared: UndeclaredKeys


def pour(decoded: Decoded, stamp: Stamp, sinks: Sinks, hasher: PayloadHasher) -> int:
    """Returns how many units were blank."""
    if decoded.pieces is None:
        return _pour_units(decoded.units, sinks)
    with closing(_ahead(decoded.pieces, decoded.expected, stamp, hasher)) as ahead:
        return _pour_lines(ahead, sinks)


def _pour_units(units: Iterable[Unit], sinks: Sinks) -> int:
    blanks = 0
    for unit in units:
        if unit.record is None and unit.flaw is None:
            blanks += 1
            continue
        outcome = unit.flaw or sinks.typer.row(unit.record or {})
        if isinstance(outcome, Flaw):
            sinks.refused.add(unit.place, outcome, unit.sha256())
        else:
            sinks.landed.add(unit.place, outcome, len(unit.raw or ""))
    return blanks


def _pour_lines(
    pieces: "Iterator[tuple[bytes | LongLine, TypedPiece | None]]", sinks: Sinks
) -> int:
    """By columns where lines are alike, one by one where not: the same rows either way."""
    blanks, before = 0, 0
    reader = LineReader()
    for piece, typed in pieces:
        # at the cap it depends on the order of lines which names are kept
        if typed and sinks.undeclared.has_room(typed.undeclared):
            blanks += _pour_units(reader.units(typed.odd, before), sinks)
            sinks.undeclared.update(typed.undeclared)
            sinks.landed.add_typed(typed.numbers + (before + 1), typed.rows, typed.payloads)
            before += typed.line_count
        else:
            lines = [piece] if isinstance(piece, LongLine) else piece.split(b"\n")[:-1]
            blanks += _pour_units(reader.units(enumerate(lines), before), sinks)
            before += len(lines)
    return blanks


def _ahead(
    pieces: Iterator[bytes | LongLine], expected: int, stamp: Stamp, hasher: PayloadHasher
) -> Generator["tuple[bytes | LongLine, TypedPiece | None]", None, None]:
    """Each piece with what reading it by columns gave; some are read ahead, in threads.

    ``expected``: lines of the file. None for each piece of a file that is not read by columns.
    """
    from dagster_project.landing.columnar.start import START  # 0.1 s: numpy

    make_reader = START.reader(expected)
    if make_reader is None:
        yield from ((piece, None) for piece in pieces)
        return
    source = stamp.source
    # opened here, so that no two threads make a key
    pseudonyms = stamp.pseudonyms().column if source.persons else None
    reader = make_reader(source, hasher, pseudonyms)
    waiting: deque[tuple[bytes | LongLine, Future[TypedPiece | None]]] = deque()
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="landing") as pool:
        try:
            for piece in pieces:
                waiting.append((piece, pool.submit(reader.read, piece)))
                if len(waiting) > WORKERS + AHEAD:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            for _, future in waiting:
                future.cancel()
