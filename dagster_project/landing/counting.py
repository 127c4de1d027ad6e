"""Independent counts of units: they share no code with the decoders they are held against."""

import json
import re
from typing import Protocol

# possessive, and a cut string ends at the end of input: linear on hostile text
TOKEN = re.compile(rb'"[^"\\]*+(?:\\.?[^"\\]*+)*+(?:"|\Z)|[\[\]{},:]|[^\s\[\]{},:"]++', re.DOTALL)
_NEWLINE = ord("\n")


class UnitCounter(Protocol):
    """Fed with the decompressed bytes of a file, in order."""

    def feed(self, chunk: bytes) -> None: ...

    def units(self) -> int | None: ...


class NoCounter:
    """For formats that are counted elsewhere (documents, Parquet)."""

    def feed(self, chunk: bytes) -> None:
        """Nothing to see."""

    def units(self) -> None:
        return None


class LineCounter:
    """Bytes 0x0A, plus one for an unterminated last line."""

    def __init__(self) -> None:
        self._newlines = 0
        self._is_open = False

    def feed(self, chunk: bytes) -> None:
        import numpy as np  # five times as fast as bytes.count

        self._newlines += int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == _NEWLINE))
        self._is_open = not chunk.endswith(b"\n")

    def units(self) -> int:
        return self._newlines + self._is_open


class CsvCounter:
    """Bytes 0x0A outside quotes, plus an unterminated last record, less the header."""

    def __init__(self) -> None:
        self._newlines = 0
        self._in_quotes = False
        self._is_open = False

    def feed(self, chunk: bytes) -> None:
        for number, part in enumerate(chunk.split(b'"')):
            if number:
                self._in_quotes = not self._in_quotes
            if not self._in_quotes:
                self._newlines += part.count(b"\n")
        self._is_open = not chunk.endswith(b"\n")

    def units(self) -> int:
        return max(self._newlines + self._is_open - 1, 0)


def count_elements(document: bytes, record_path: str) -> int:
    """Elements of the array under ``record_path``, from brackets and commas alone."""
    wanted = record_path.split(".") if record_path else []
    keys: list[str | None] = []  # the key being read in each open container
    last = b""
    depth = commas = 0  # depth: how many containers are open inside the array, itself included
    is_empty = True
    for match in TOKEN.finditer(document):
        token = match.group()
        if depth == 1 and token != b"]":
            is_empty = False
        if token in (b"[", b"{"):
            if not depth and token == b"[" and keys == wanted:
                depth = 1
                continue
            depth += depth > 0
            keys.append(None)
        elif token in (b"]", b"}"):
            if depth == 1:
                return 0 if is_empty else commas + 1
            depth -= depth > 0
            if keys:
                keys.pop()
        elif token == b"," and depth == 1:
            commas += 1
        elif token == b":" and keys and not depth:
            keys[-1] = _key(last)
        last = token
    return -1


def _key(token: bytes) -> str | None:
    try:
        return str(json.loads(token))
    except ValueError:
        return None
