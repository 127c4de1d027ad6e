"""Canonical JSON: one text for one value, so that equal rows have equal digests.

Sorted keys, no blanks, UTF-8; decimals as plain strings without trailing zeros; dates and
timestamps as ISO text, timestamps in UTC with six fractional digits. A float raises: it has no
single decimal text (``contracts.numbers`` turns estimates into decimals first).
"""

import heapq
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from typing import IO, Any

AS_IS = frozenset({str, int, bool, type(None)})
# made once: json.dumps makes an encoder per call, which takes longer than a row does
ENCODE = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
# lines sorted in memory at once: about 100 MB at 500 bytes a line
CHUNK_LINES = 200_000


class CanonicalError(ValueError):
    """The value has no canonical form: a float, NaN, a time without zone, a lone surrogate."""


def canonical(value: object) -> bytes:
    """Canonical JSON bytes of ``value`` (no newline). Raises CanonicalError."""
    try:
        return ENCODE(plain(value)).encode("utf-8")
    except UnicodeEncodeError as error:
        raise CanonicalError(f"text that is no Unicode: {error}") from error


def sorted_lines(
    rows: Iterable[Mapping[str, Any]], chunk_lines: int = CHUNK_LINES
) -> Iterator[bytes]:
    """Canonical lines (with newline) in byte order; spills to disk, so memory stays bounded."""
    lines = (canonical(row) + b"\n" for row in rows)
    chunk = sorted(islice(lines, chunk_lines))
    if len(chunk) < chunk_lines:
        yield from chunk
        return
    with ExitStack() as stack:
        runs: list[IO[bytes]] = []
        while chunk:
            run = stack.enter_context(tempfile.TemporaryFile())
            run.writelines(chunk)
            run.seek(0)
            runs.append(run)
            chunk = sorted(islice(lines, chunk_lines))
        yield from heapq.merge(*runs)


def timestamp(value: datetime) -> str:
    """UTC text of fixed width, so that text order is time order. Naive times raise."""
    if value.tzinfo is None:
        raise CanonicalError(f"{value}: a time without a zone")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def plain(value: object) -> Any:
    """``value`` made of str, int, bool, None, list and dict only. Raises CanonicalError."""
    if type(value) in AS_IS:
        return value
    if isinstance(value, Mapping):
        if set(map(type, value)) - {str}:
            raise CanonicalError("object keys must be text")
        return {k: v if type(v) in AS_IS else plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, date):
        return value.isoformat()
    raise CanonicalError(f"{value!r}: a {type(value).__name__} has no canonical form")


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise CanonicalError(f"{value} is no number")
    # not normalize(): it rounds to the context's 28 digits, DECIMAL holds 38
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
