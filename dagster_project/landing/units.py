"""What decoders hand on: one unit per record, line or row of a file."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dagster_project.landing.lines import LongLine
from dagster_project.landing.strict_json import Flawed


class Flaw(NamedTuple):
    """Why a unit may not land. ``detail`` holds no data of the unit."""

    reason: str
    column: str = ""
    detail: str = ""


class Unit(NamedTuple):
    """``place`` is 1-based. A record to type, else a flaw, else (both None) a blank unit.

    ``raw``: the unit's bytes, or its hex SHA-256 where the bytes are not kept.
    """

    place: int
    record: dict[str, Any] | None
    flaw: Flaw | None = None
    raw: bytes | str | None = None

    def sha256(self) -> str:
        """Of the raw bytes; without them, of the record as canonical text."""
        if isinstance(self.raw, str):
            return self.raw
        raw = self.raw if self.raw is not None else repr(_ordered(self.record)).encode()
        return hashlib.sha256(raw).hexdigest()


@dataclass(frozen=True)
class Decoded:
    """A file's units, how many an independent count expects, and what stands around them.

    ``names``: columns the file itself declares (CSV header, Parquet schema).
    ``pieces``: whole lines together, in place of ``units``, where many are read at once.
    """

    units: Iterator[Unit]
    expected: int
    envelope: dict[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    is_text: bool = False
    pieces: Iterator[bytes | LongLine] | None = None


def _ordered(value: Any) -> Any:
    """The same text for the same value, also where canonical JSON refuses it."""
    if isinstance(value, dict):
        return [(key, _ordered(value[key])) for key in sorted(value)]
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return value.reason if isinstance(value, Flawed) else value
