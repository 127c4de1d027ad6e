"""What tells records apart: a hash over the declared columns of a row, as they are stored."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

SEPARATOR, NULL = "\x1f", "\0"
_ESCAPES = (("\\", "\\\\"), (SEPARATOR, "\\s"), (NULL, "\\n"))
_HEX = 64


class PayloadHasher:
    """SHA-256 over the texts of the declared columns, in order.

    After typing, and after pseudonyms: a hash of the names would let them be guessed.

    The text of a column is Arrow's, of a moment its microseconds, of nested values their JSON.
    ``SEPARATOR`` stands between two, ``NULL`` where there is no value; text that holds one of
    these has it escaped. So rows share a text only if they are equal. All ways of landing come
    here.
    """

    def __init__(self) -> None:
        self._idle: list[DuckDBPyConnection] = []

    @contextmanager
    def connection(self) -> "Iterator[DuckDBPyConnection]":
        """One per call at a time; made only when rows land: most calls find nothing new."""
        import duckdb

        try:
            connection = self._idle.pop()
        except IndexError:
            connection = duckdb.connect(":memory:", config={"threads": 1})
            connection.execute("SET TimeZone='UTC'")
        try:
            yield connection
        finally:
            self._idle.append(connection)

    def hashes(self, rows: "pa.RecordBatch", *, is_plain: bool = False) -> "pa.Array":
        """One hex digest per row, in order. Threads may call it.

        ``is_plain``: no text holds a backslash or a control character, so none is escaped.
        """
        import pyarrow.compute as pc

        parts = list(self._parts(rows, is_plain))
        texts = pc.binary_join_element_wise(
            *parts, SEPARATOR, null_handling="replace", null_replacement=NULL
        )
        return _hashes(texts, len(rows))

    def close(self) -> None:
        for connection in self._idle:
            connection.close()

    def _parts(
        self, rows: "pa.RecordBatch", is_plain: bool
    ) -> "Iterator[pa.StringArray | pa.Scalar]":
        """What stands between separators; columns without any value that follow another are one."""
        import pyarrow as pa

        for is_empty, columns in groupby(rows.columns, _is_empty):
            if is_empty:
                yield pa.scalar(SEPARATOR.join(NULL for _ in columns))
            else:
                yield from (self._text(column, is_plain) for column in columns)

    def _text(self, column: "pa.Array", is_plain: bool) -> "pa.StringArray":
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.int64())
        elif pa.types.is_nested(column.type):
            column = self._json(column)
        if not pa.types.is_string(column.type):
            return column.cast(pa.string())  # numbers, dates, truth
        for special, escape in () if is_plain else _ESCAPES:
            column = pc.replace_substring(column, special, escape)
        return column

    def _json(self, values: "pa.Array") -> "pa.StringArray":
        import pyarrow as pa

        with self.connection() as connection:
            relation = connection.from_arrow(pa.table({"value": values}))
            found = relation.project("cast(to_json(value) AS varchar) AS text").to_arrow_table()
        return found.column("text").combine_chunks()


def _is_empty(column: "pa.Array") -> bool:
    return bool(column.null_count == len(column))


def _hashes(texts: "pa.StringArray | pa.StringScalar", count: int) -> "pa.Array":
    """``texts``: a scalar where all rows are alike, without any value."""
    import numpy as np
    import pyarrow as pa

    if isinstance(texts, pa.Scalar):
        texts = pa.repeat(texts, count)
    _, offsets, content = texts.buffers()
    ends = np.frombuffer(offsets, np.int32, count + 1).tolist()
    view = memoryview(content)
    sha256 = hashlib.sha256
    digests = [sha256(view[start:end]).digest() for start, end in pairwise(ends)]
    written = pa.py_buffer(b"".join(digests).hex().encode())
    places = np.arange(0, _HEX * (count + 1), _HEX, dtype=np.int32)
    return pa.StringArray.from_buffers(count, pa.py_buffer(places), written)
