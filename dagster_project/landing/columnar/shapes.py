"""Shapes: one line with its scalar values taken out."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from dagster_project.landing.reasons import RefusedValueError
from dagster_project.landing.strict_json import StrictJson

# of a line without backslashes that strict JSON has accepted
_OPEN = re.compile(r" *\{ *")
_MEMBER = re.compile(r'"([^"]*)": *(?=("[^"]*"|[^ ",{}\[\]]+))')
_NEXT = re.compile(r" *, *")


class Slot(NamedTuple):
    """One value's place. ``literal``: all text since the slot before."""

    name: str
    literal: str


@dataclass(frozen=True)
class Shape:
    """Slots in the order of the line, then ``tail`` up to the line's end."""

    slots: tuple[Slot, ...]
    tail: str


def shape_of(line: bytes) -> Shape | None:
    """None if the line is refused, nested, escaped or without keys."""
    try:
        record = StrictJson().record(line)
    except RefusedValueError:
        return None
    text = line.decode()
    opening = _OPEN.match(text)
    if not record or opening is None or "\\" in text:
        return None
    slots: list[Slot] = []
    before, at = 0, opening.end()
    while member := _MEMBER.match(text, at):
        slots.append(Slot(member[1], text[before : member.end()]))
        before = member.end(2)
        following = _NEXT.match(text, before)
        at = following.end() if following else len(text)
    if [slot.name for slot in slots] != list(record):
        return None
    return Shape(tuple(slots), text[before:])
