"""All lines of a piece against one shape, in one pass over its bytes."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.landing.columnar.compiled import (
    NO,
    Bytes,
    Signed,
    Unsigned,
    Whole,
    compiled,
    compiled_once,
    digest_of_sources,
)
from dagster_project.landing.columnar.token_numbers import decimal, floating, integer
from dagster_project.landing.columnar.token_texts import boolean, literal, name, nothing, text
from dagster_project.landing.columnar.token_times import date, moment

# what a slot may hold
TEXT, NAME, JSON, DOUBLE, FLOAT, ANY, INTEGER, DECIMAL, BOOLEAN, DATE, MOMENT = range(11)
_NEWLINE, _MINUS, _ZERO = ord("\n"), ord("-"), ord("0")
LENGTH = (1 << 32) - 1
_BLOCK = 256  # lines whose bytes are still near after they were looked at


class Slots(NamedTuple):
    """What a line must be. One value per slot, but where another length is given.

    ``literals``: the bytes before every slot and behind the last, one after another;
    ``ends``: where each of them ends, one more than slots. ``kinds``: what may stand there.
    ``may_miss``: also null. ``most``: the highest whole number, or steps of a decimal;
    ``least``: the lowest, without its sign. ``scales``: of decimals.
    """

    literals: Bytes
    ends: Whole
    kinds: Whole
    may_miss: NDArray[np.bool_]
    most: Unsigned
    least: Unsigned
    scales: Whole


class Found(NamedTuple):
    """What was read: by slot, then by line that fits. ``numbers``: which lines fit.

    ``values``: 64 bits each; of text, and what is read as such, the place and length in the
    piece, 32 bits each. ``is_there``: not null.
    """

    numbers: Whole
    values: Whole
    is_there: NDArray[np.bool_]


@compiled
def _spelt(p: Bytes, i: int, kind: int) -> Signed:
    """A token whose bytes are kept as they are."""
    if kind == TEXT:
        return text(p, i)
    if kind == NAME:
        return name(p, i)
    if kind == DOUBLE:
        return floating(p, i, True)
    if kind == FLOAT:
        return floating(p, i, False)
    end = text(p, i)
    if end == NO:
        end, _ = boolean(p, i)
    if end == NO:
        end = _json_number(p, i, kind)
    return end


@compiled
def _json_number(p: Bytes, i: int, kind: int) -> Signed:
    """In a column of type json only whole numbers have one spelling."""
    if kind == ANY:
        return floating(p, i, True)
    is_negative = p[i] == _MINUS
    end, _ = integer(p, i, np.uint64(10**18 - 1), np.uint64(10**18 - 1))
    return NO if is_negative and p[i + 1] == _ZERO else end


@compiled
def _token(
    p: Bytes, i: int, kind: int, most: np.uint64, least: np.uint64, scale: int
) -> tuple[Signed, Signed]:
    """Where it ends, and its value as ``Found`` has it."""
    if kind <= ANY:
        end = _spelt(p, i, kind)
        quote = kind <= NAME  # these are kept without theirs
        return end, (i + quote) << 32 | (end - i - 2 * quote)
    if kind == INTEGER:
        return integer(p, i, most, least)
    if kind == DECIMAL:
        return decimal(p, i, scale, most)
    if kind == MOMENT:
        return moment(p, i)
    if kind == DATE:
        return date(p, i)
    return boolean(p, i)


def _scanner(sources: str) -> Callable[[Bytes, Whole, Whole, Slots, Found], int]:
    """``sources``: enclosed, so that what is kept on disk is of these sources."""

    def scan(p: Bytes, starts: Whole, lines: Whole, slots: Slots, found: Found) -> int:
        """How many of ``lines`` fit, the numbers of lines that begin at ``starts`` in ``p``."""
        literals, ends, kinds, may_miss, most, least, scales = slots
        numbers, values, is_there = found
        row = 0 if sources else NO
        for line in lines:
            i = starts[line]
            begin = 0
            for slot in range(len(kinds)):
                i = literal(p, i, literals, begin, ends[slot])
                if i == NO:
                    break
                begin = ends[slot]
                end, value = _token(p, i, kinds[slot], most[slot], least[slot], scales[slot])
                is_there[slot, row] = end != NO
                if end == NO and may_miss[slot]:
                    end, value = nothing(p, i), 0
                values[slot, row] = value
                i = end
                if i == NO:
                    break
            if i != NO:
                i = literal(p, i, literals, begin, ends[-1])
            if i != NO and p[i] == _NEWLINE:
                numbers[row] = line
                row += 1
        return row

    return compiled_once(scan)


scan = _scanner(digest_of_sources())


@compiled_once
def gather(
    p: Bytes, spans: Whole, slots: Whole, begins: Whole, ends: NDArray[np.int32], into: Bytes
) -> None:
    """The bytes of the spans of ``slots``: each slot's one after another, from its begin in
    ``into``. ``ends``: by slot, where each ends, counted from that begin; before them a 0.
    """
    rows = spans.shape[1]
    for first in range(0, rows, _BLOCK):
        for number, slot in enumerate(slots):
            for row in range(first, min(first + _BLOCK, rows)):
                start = np.uintp(spans[slot, row] >> 32)
                length = spans[slot, row] & LENGTH
                at = np.uintp(begins[number] + ends[number, row])
                for byte in range(np.uintp(length)):  # unsigned: twice as fast
                    into[at + byte] = p[start + byte]
                ends[number, row + 1] = ends[number, row] + length
