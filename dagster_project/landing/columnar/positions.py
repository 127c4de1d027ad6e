"""Where lines, quotes and keys lie in a piece, as arrays of byte positions."""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]

_NEWLINE, _QUOTE, _COLON, _SPACE = b'\n": '
WORD = 8
LONGEST_LITERAL = 240
_BYTE = np.uint64(0xFF)
_FRONT = LONGEST_LITERAL + WORD + 8  # what `around` may read before the first byte


class Around(NamedTuple):
    """What stands at many positions: whether the literal ends there, whether a quote comes
    before it, and the 8 bytes after it as one number."""

    fits: Mask
    is_quoted: Mask
    head: NDArray[np.uint64]


class Piece:
    """Whole lines, each ended by 0x0A."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._padded = b"".join((bytes(_FRONT), content, bytes(WORD)))
        self.bytes = np.frombuffer(content, np.uint8)
        self.ends: Positions = np.flatnonzero(self.bytes == _NEWLINE)
        self.starts: Positions = np.concatenate(([0], self.ends[:-1] + 1)).astype(np.int64)
        self._is_quote: Mask = self.bytes == _QUOTE

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
    def quote_count(self) -> int:
        return int(np.count_nonzero(self._is_quote))

    @cached_property
    def quote_counts(self) -> Positions:
        """Quotes per line."""
        quotes = np.flatnonzero(self._is_quote)
        before: Positions = np.searchsorted(quotes, self.ends)
        return np.diff(before, prepend=0)

    @cached_property
    def key_ends(self) -> Positions:
        """Quotes that a colon follows: the ends of keys, and texts that begin with a colon."""
        return np.flatnonzero(self._is_quote[:-1] & (self.bytes[1:] == _COLON))

    @cached_property
    def first_keys(self) -> Positions:
        """Per line, and once more at the end: how many keys come before it."""
        return np.concatenate(([0], np.searchsorted(self.key_ends, self.ends))).astype(np.int64)

    def plain_lines(self) -> Mask:
        """UTF-8 lines without backslash and control characters."""
        plain: Mask = np.ones(len(self), np.bool_)
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

    def around(self, at: Positions, literal: bytes) -> Around:
        """Look at ``literal``, which should end at ``at``; one copy per position."""
        words = len(literal) // WORD + 1  # the literal and one byte before it
        spare = WORD * words - len(literal)
        windows: NDArray[np.void] = np.ndarray(
            (len(self.content) + 1,),
            f"V{WORD * (words + 1)}",
            buffer=self._padded,
            offset=_FRONT - WORD * words,
            strides=(1,),
        )
        seen = windows[at].view("<u8").reshape(len(at), words + 1)
        first = seen[:, 0]
        is_quoted: Mask = (first >> np.uint64(8 * (spare - 1))) & _BYTE == _QUOTE
        fits: Mask = np.ones(len(at), np.bool_)
        if spare < WORD:
            fits = first >> np.uint64(8 * spare) == as_word(literal[: WORD - spare])
        for number in range(1, words):
            start = WORD * number - spare
            fits &= seen[:, number] == as_word(literal[start : start + WORD])
        return Around(fits, is_quoted, seen[:, words])


def as_word(literal: bytes) -> np.uint64:
    """At most 8 bytes as ``Around.head`` gives them."""
    return np.uint64(int.from_bytes(literal, "little"))


def word_mask(length: int) -> np.uint64:
    """Keeps the first ``length`` bytes of a word."""
    return np.uint64((1 << 8 * length) - 1)
