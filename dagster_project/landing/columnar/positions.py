"""Where lines, quotes and keys lie in a piece, as arrays of byte positions."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]

_NEWLINE, _QUOTE, _COLON, _SPACE = b'\n": '
_PADDING = 16  # words are read past a token's end
_WORD = 8


class Piece:
    """Whole lines. ``word(at)`` and ``holds(at, literal)`` look at many positions at once."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.padded = content + bytes(_PADDING)
        self.bytes = np.frombuffer(self.padded, np.uint8)[: len(content)]
        self.ends: Positions = np.flatnonzero(self.bytes == _NEWLINE)
        self.starts: Positions = np.concatenate(([0], self.ends[:-1] + 1)).astype(np.int64)
        self.quotes: Positions = np.flatnonzero(self.bytes == _QUOTE)
        self._words: NDArray[np.uint64] = np.ndarray(
            (len(self.padded) - _WORD + 1,), "<u8", buffer=self.padded, strides=(1,)
        )

    def __len__(self) -> int:
        return len(self.ends)

    def line(self, number: int) -> bytes:
        """Without its 0x0A."""
        return self.content[self.starts[number] : self.ends[number]]

    def only(self, keep: Mask) -> "Piece":
        """The lines of ``keep``."""
        lines = zip(self.starts[keep].tolist(), self.ends[keep].tolist(), strict=True)
        return Piece(b"".join([self.content[start : end + 1] for start, end in lines]))

    @cached_property
    def quote_counts(self) -> Positions:
        """Quotes per line."""
        return np.diff(np.searchsorted(self.quotes, self.ends), prepend=0)

    @cached_property
    def key_ends(self) -> Positions:
        """Closing quotes that a colon follows. Only where every line's quotes are paired."""
        closing = self.quotes[1::2]
        return closing[self.bytes[closing + 1] == _COLON]

    @cached_property
    def first_keys(self) -> Positions:
        """Per line, and once more at the end: how many keys come before it."""
        return np.concatenate(([0], np.searchsorted(self.key_ends, self.ends))).astype(np.int64)

    def plain_lines(self) -> Mask:
        """UTF-8 lines without backslash and control characters, whose quotes are paired."""
        plain: Mask = self.quote_counts % 2 == 0
        if b"\\" in self.content:
            plain[self._lines_of(np.flatnonzero(self.bytes == ord("\\")))] = False
        control = self.bytes < _SPACE
        if np.count_nonzero(control) != len(self):
            control[self.ends] = False
            plain[self._lines_of(np.flatnonzero(control))] = False
        if not self.content.isascii():
            self._mark_broken_text(plain)
        return plain

    def _lines_of(self, positions: Positions) -> Positions:
        return np.searchsorted(self.ends, positions)

    def _mark_broken_text(self, plain: Mask) -> None:
        try:
            self.content.decode()
        except UnicodeDecodeError:
            for number in np.unique(self._lines_of(np.flatnonzero(self.bytes > 127))).tolist():
                try:
                    self.line(number).decode()
                except UnicodeDecodeError:
                    plain[number] = False

    def word(self, at: Positions, length: int = _WORD) -> NDArray[np.uint64]:
        """The ``length`` (at most 8) bytes from each position on, as one number."""
        words = self._words[at]
        return words if length == _WORD else words & np.uint64((1 << 8 * length) - 1)

    def holds(self, at: Positions, literal: bytes) -> Mask:
        """Whether ``literal`` stands at each position."""
        length = len(literal)
        if length < _WORD:
            found: Mask = self.word(at, length) == as_word(literal)
            return found
        steps = [*range(0, length - _WORD, _WORD), length - _WORD]
        found = np.ones(len(at), np.bool_)
        for step in steps:
            found &= self.word(at + step) == as_word(literal[step : step + _WORD])
        return found


def as_word(literal: bytes) -> np.uint64:
    """At most 8 bytes as ``Piece.word`` gives them."""
    return np.uint64(int.from_bytes(literal, "little"))
