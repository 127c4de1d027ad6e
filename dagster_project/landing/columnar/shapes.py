"""Shapes: one line with its scalar values taken out, and the lines that are like it."""

import re
from dataclasses import dataclass

import numpy as np

from dagster_project.landing.columnar.positions import Mask, Piece, Positions
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


@dataclass(frozen=True)
class Found:
    """Lines of one shape, and where each slot's token begins and ends in each of them."""

    lines: Positions
    begins: list[Positions]
    ends: list[Positions]


@dataclass(frozen=True)
class Shape:
    """Slots in the order of the line, then ``tail`` up to the line's end."""

    slots: tuple[Slot, ...]
    tail: bytes

    def find(self, piece: Piece, lines: Positions) -> Found:
        """Those of ``lines`` that differ from the shape in their slots alone."""
        first = piece.first_keys[lines]
        alike = piece.first_keys[lines + 1] - first == len(self.slots)
        lines, first = lines[alike], first[alike]
        fits: Mask = np.ones(len(lines), np.bool_)
        begins: list[Positions] = []
        ends: list[Positions] = []
        for number, slot in enumerate(self.slots):
            begin = piece.key_ends[first + number] + slot.gap
            before = begin - len(slot.literal)
            if begins:
                fits &= before > begins[-1]
                ends.append(before)
            else:
                fits &= before == piece.starts[lines]
            fits &= piece.holds(np.maximum(before, 0), slot.literal)
            begins.append(begin)
        last = piece.ends[lines] - len(self.tail)
        fits &= last > begins[-1]
        fits &= piece.holds(np.maximum(last, 0), self.tail)
        ends.append(last)
        if fits.all():
            return Found(lines, begins, ends)
        return Found(lines[fits], [at[fits] for at in begins], [at[fits] for at in ends])


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
    return Shape(tuple(slots), line[before:])
