"""Shapes: one line with its scalar values taken out, and the lines that are like it."""

import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.landing.columnar.positions import LONGEST_LITERAL, Mask, Piece, Positions
from dagster_project.landing.reasons import RefusedValueError
from dagster_project.landing.strict_json import StrictJson

# of a line without backslashes and control characters that strict JSON has accepted
_OPEN = re.compile(rb" *\{ *")
_MEMBER = re.compile(rb'"([^"]*)":( *)(?:"[^"]*"|[^ ",{}\[\]]+)')
_NEXT = re.compile(rb" *, *")


@dataclass(frozen=True)
class Slot:
    """One value's place. ``literal``: all bytes since the slot before; ``gap``: the last of them,
    from the key's closing quote on."""

    name: str
    literal: bytes
    gap: int


class Place(NamedTuple):
    """One slot's tokens: begin, end, first 8 bytes, whether the last byte is a quote."""

    begins: Positions
    ends: Positions
    heads: NDArray[np.uint64]
    is_closed: Mask

    def only(self, keep: Mask) -> "Place":
        begins, ends, heads, is_closed = self
        return Place(begins[keep], ends[keep], heads[keep], is_closed[keep])


@dataclass(frozen=True)
class Found:
    """Lines of one shape, and the tokens of each slot."""

    lines: Positions
    places: list[Place]


@dataclass(frozen=True)
class Shape:
    """Slots in the order of the line, then ``tail`` up to the line's end."""

    slots: tuple[Slot, ...]
    tail: bytes

    def find(self, piece: Piece, lines: Positions) -> Found:
        """Those of ``lines`` that differ from the shape in their slots alone."""
        keys = piece.first_keys[lines]
        alike = piece.first_keys[lines + 1] - keys == len(self.slots)
        if not alike.all():
            lines, keys = lines[alike], keys[alike]
        begins = [piece.key_ends[keys + n] + slot.gap for n, slot in enumerate(self.slots)]
        ends = [
            *(b - len(s.literal) for b, s in zip(begins[1:], self.slots[1:], strict=True)),
            piece.ends[lines] - len(self.tail),
        ]
        fits: Mask = begins[0] - len(self.slots[0].literal) == piece.starts[lines]
        for begin, end in zip(begins, ends, strict=True):
            fits &= begin < end
        seen = [piece.around(b, s.literal) for b, s in zip(begins, self.slots, strict=True)]
        seen.append(piece.around(piece.ends[lines], self.tail))
        for one in seen:
            fits &= one.fits
        places = [
            Place(begin, end, here.head, behind.is_quoted)
            for begin, end, here, behind in zip(begins, ends, seen[:-1], seen[1:], strict=True)
        ]
        if fits.all():
            return Found(lines, places)
        return Found(lines[fits], [place.only(fits) for place in places])


def shape_of(line: bytes) -> Shape | None:
    """Of a plain line (``Piece.plain_lines``); None if it is refused, nested or without keys."""
    try:
        record = StrictJson().record(line)
    except RefusedValueError:
        return None
    opening = _OPEN.match(line)
    if not record or opening is None:
        return None
    slots: list[Slot] = []
    before, at = 0, opening.end()
    while member := _MEMBER.match(line, at):
        begin = member.end(2)
        slots.append(Slot(member[1].decode(), line[before:begin], begin - member.end(1)))
        before = member.end()
        following = _NEXT.match(line, before)
        at = following.end() if following else len(line)
    if [slot.name for slot in slots] != list(record):
        return None
    if max(len(slot.literal) for slot in slots) > LONGEST_LITERAL:
        return None
    return Shape(tuple(slots), line[before:])
