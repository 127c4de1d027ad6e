"""The tokens of one slot over many lines: which JSON scalars they are, and as Arrow text."""

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dagster_project.landing.columnar.positions import Mask, Piece, Positions, as_word

if TYPE_CHECKING:
    import pyarrow as pa

_QUOTE = ord('"')


class Tokens:
    """Bytes from ``begins`` up to ``ends``, never empty."""

    def __init__(self, piece: Piece, begins: Positions, ends: Positions) -> None:
        self._piece = piece
        self._begins = begins
        self._ends = ends
        self.lengths: Positions = ends - begins

    @cached_property
    def is_string(self) -> Mask:
        """Quoted at both ends. That no quote lies between, the line's quote count shows."""
        seen = self._piece.bytes
        quoted = (seen[self._begins] == _QUOTE) & (seen[self._ends - 1] == _QUOTE)
        found: Mask = quoted & (self.lengths >= 2)
        return found

    @cached_property
    def is_null(self) -> Mask:
        return self._is_word(b"null")

    @cached_property
    def is_true(self) -> Mask:
        return self._is_word(b"true")

    @cached_property
    def is_false(self) -> Mask:
        return self._is_word(b"false")

    def _is_word(self, literal: bytes) -> Mask:
        length = len(literal)
        found: Mask = self._piece.word(self._begins, length) == as_word(literal)
        return found & (self.lengths == length)

    def strings(self) -> "pa.Array":
        """What stands between the quotes; NULL where the token is no string."""
        return self._text(self._begins + 1, self._ends - 1, self.is_string)

    def texts(self, valid: Mask) -> "pa.Array":
        """The tokens as they are; NULL where not ``valid``."""
        return self._text(self._begins, self._ends, valid)

    def _text(self, begins: Positions, ends: Positions, valid: Mask) -> "pa.Array":
        """Tokens and the bytes between them are one Arrow text column: every second is taken."""
        import pyarrow as pa

        count = len(begins)
        if not valid.any():
            return pa.nulls(count, pa.string())
        offsets = np.empty(2 * count, np.int32)
        offsets[0::2] = begins
        offsets[1::2] = np.where(valid, ends, begins)
        buffers = (pa.py_buffer(offsets), pa.py_buffer(self._piece.padded))
        both = pa.StringArray.from_buffers(2 * count - 1, *buffers)
        taken = both.take(pa.array(np.arange(0, 2 * count, 2, dtype=np.int32)))
        if valid.all():
            return taken
        _, starts, content = taken.buffers()
        bitmap = pa.array(valid).buffers()[1]
        return pa.StringArray.from_buffers(count, starts, content, bitmap)
