"""The tokens of one slot over many lines: which JSON scalars they are, and as Arrow text."""

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dagster_project.landing.columnar.positions import Mask, Piece, Positions, as_word, word_mask
from dagster_project.landing.columnar.shapes import Place

if TYPE_CHECKING:
    import pyarrow as pa

_QUOTE = ord('"')
_BYTE = np.uint64(0xFF)


class Tokens:
    """One slot's tokens, never empty."""

    def __init__(self, piece: Piece, place: Place) -> None:
        self._piece = piece
        self._place = place
        self.lengths: Positions = place.ends - place.begins

    @cached_property
    def is_string(self) -> Mask:
        """Quoted at both ends. That no quote lies between, the count of all quotes shows."""
        quoted: Mask = self._place.heads & _BYTE == _QUOTE
        quoted &= self._place.is_closed
        quoted &= self.lengths >= 2
        return quoted

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
        found: Mask = self._place.heads & word_mask(length) == as_word(literal)
        found &= self.lengths == length
        return found

    def strings(self) -> "pa.Array":
        """What stands between the quotes; NULL where the token is no string."""
        begins, ends, *_ = self._place
        return cut_texts(self._piece, begins + 1, ends - 1, self.is_string)

    def texts(self, valid: Mask) -> "pa.Array":
        """The tokens as they are; NULL where not ``valid``."""
        return cut_texts(self._piece, self._place.begins, self._place.ends, valid)


def cut_texts(
    piece: Piece, begins: Positions, ends: Positions, valid: Mask | None = None
) -> "pa.Array":
    """Text from ``begins`` up to ``ends``, ascending; NULL where not ``valid``.

    It and the bytes between are one Arrow column, of which every second is taken.
    """
    import pyarrow as pa

    count = len(begins)
    if valid is not None:
        if not valid.any():
            return pa.nulls(count, pa.string())
        if valid.all():
            valid = None
    offsets = np.empty(2 * count, np.int32)
    offsets[0::2] = begins
    offsets[1::2] = ends if valid is None else np.where(valid, ends, begins)
    buffers = (pa.py_buffer(offsets), pa.py_buffer(piece.content))
    both = pa.StringArray.from_buffers(2 * count - 1, *buffers)
    taken = both.take(pa.array(np.arange(0, 2 * count, 2, dtype=np.int32)))
    if valid is None:
        return taken
    _, starts, content = taken.buffers()
    bitmap = pa.array(valid).buffers()[1]
    return pa.StringArray.from_buffers(count, starts, content, bitmap)
