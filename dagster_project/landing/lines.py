"""Physical lines: cut at byte 0x0A only, never at CR or U+2028; at most 16 MiB of one is held."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

LINE_CAP = 16 << 20
BOM = b"\xef\xbb\xbf"
# what is made once per piece does not count; a few are in memory
PIECE_BYTES = 4 << 20
READ_BYTES = 2 * PIECE_BYTES  # one piece: who reads waits for the threads that type each time


@dataclass(frozen=True)
class LongLine:
    """A line over the cap: only its hash and length are kept."""

    sha256: str
    byte_count: int


def physical_lines(chunks: Iterator[bytes]) -> Iterator[bytes | LongLine]:
    """Lines without their 0x0A; an unterminated last line counts; a BOM at the start is dropped."""
    pending = OpenLine()
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


def cut_pieces(chunks: Iterator[bytes], size: int = PIECE_BYTES) -> Iterator[bytes | LongLine]:
    """Lines in order, each ended by 0x0A: many together, or one that is over the cap.

    An unterminated last line is ended too; a BOM at the start is dropped.
    """
    pieces = _cut(chunks, size)
    for first in pieces:
        yield first.removeprefix(BOM) if isinstance(first, bytes) else first
        yield from pieces


def _cut(chunks: Iterator[bytes], size: int) -> Iterator[bytes | LongLine]:
    line = OpenLine()
    ended: list[bytes | memoryview] = []
    held = 0
    for chunk in chunks:
        first_end = chunk.find(b"\n") + 1
        last_end = chunk.rfind(b"\n") + 1
        line.add(chunk[: first_end - 1] if first_end else chunk)
        if not first_end:
            continue
        whole = line.take()
        if isinstance(whole, LongLine):
            if ended:
                yield b"".join(ended)
                ended, held = [], 0
            yield whole
        else:
            ended.append(whole + b"\n")
            held += len(whole) + 1
        ended.append(memoryview(chunk)[first_end:last_end])
        held += last_end - first_end
        line.add(chunk[last_end:])
        if held >= size:
            yield b"".join(ended)
            ended, held = [], 0
    last: bytes | LongLine | None = line.take() if line.size else None
    if isinstance(last, bytes):
        ended.append(last + b"\n")
    if any(ended):
        yield b"".join(ended)
    if isinstance(last, LongLine):
        yield last


class OpenLine:
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
