"""Physical lines: cut at byte 0x0A only, never at CR or U+2028, never more than 16 MiB held."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

LINE_CAP = 16 << 20
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class LongLine:
    """A line over the cap: only its hash and length are kept."""

    sha256: str
    byte_count: int


def physical_lines(chunks: Iterator[bytes]) -> Iterator[bytes | LongLine]:
    """Lines without their 0x0A; an unterminated last line counts; a BOM at the start is dropped."""
    pending = _Pending()
    first = True
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        if ended:
            pending.add(ended[0])
            line = pending.take()
            if first and isinstance(line, bytes):
                line = line.removeprefix(BOM)
            first = False
            yield line
            yield from ended[1:]
        pending.add(rest)
    if pending.size:
        last = pending.take()
        yield last.removeprefix(BOM) if first and isinstance(last, bytes) else last


class _Pending:
    """A line that goes on over several chunks."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0
        self._digest: hashlib._Hash | None = None

    def add(self, part: bytes) -> None:
        self.size += len(part)
        self.parts.append(part)
        if self.size > LINE_CAP:
            self._digest = self._digest or hashlib.sha256()
            for kept in self.parts:
                self._digest.update(kept)
            self.parts = []

    def take(self) -> bytes | LongLine:
        parts, size, digest = self.parts, self.size, self._digest
        self.parts, self.size, self._digest = [], 0, None
        if digest is not None:
            return LongLine(digest.hexdigest(), size)
        return parts[0] if len(parts) == 1 else b"".join(parts)
