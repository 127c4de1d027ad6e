"""When reading by columns is worth its start, and whether it can."""

import logging
from typing import TYPE_CHECKING

import numpy as np

from dagster_project.landing.columnar.shapes import Shape, Slot

if TYPE_CHECKING:
    from dagster_project.landing.columnar.reader import ColumnarReader

LOG = logging.getLogger(__name__)
# loading takes 0.5 s in every process, compiling 4 to 6 s once an installation; a line read by
# itself takes 0.01 ms longer
WORTH_LINES = 100_000


class Start:
    """Of one process."""

    def __init__(self) -> None:
        self._lines = 0
        self._reader: type[ColumnarReader] | None = None
        self._has_failed = False

    def reader(self, lines: int) -> "type[ColumnarReader] | None":
        """For a file of so many lines. None: these and all before are not worth it yet."""
        self._lines += lines
        if self._reader is None and self._lines >= WORTH_LINES and not self._has_failed:
            try:
                self._reader = _load()
            except Exception as error:
                # landing goes on without, and gives the same rows
                self._has_failed = True
                LOG.warning("JSON Lines are read one by one, which is slow: %r", error)
        return self._reader


START = Start()


def _load() -> "type[ColumnarReader]":
    """With its compiled code. Raises whatever is wrong with that, ValueError if it misreads."""
    import pyarrow as pa

    from dagster_project.landing.columnar.columns import ShapeReader, Token
    from dagster_project.landing.columnar.reader import ColumnarReader
    from dagster_project.landing.columnar.scan import TEXT

    line = b'{"a":"b"}'
    shape = Shape((Slot("a", '{"a":'),), "}")
    piece = np.frombuffer(line + b"\n", np.uint8)
    reader = ShapeReader(shape, {"a": Token(TEXT, may_miss=True)}, {"a": pa.string()})
    read = reader.read(piece, np.array([0, len(piece)]), np.arange(1))
    if read.columns["a"].to_pylist() != ["b"]:
        raise ValueError("the compiled scan reads a line wrongly")
    return ColumnarReader
