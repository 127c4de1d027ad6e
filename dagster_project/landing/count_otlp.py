"""Spans and log records of OTLP/JSON lines, counted from brackets, commas and keys alone."""

import json

from dagster_project.landing.counting import TOKEN
from dagster_project.landing.lines import LINE_CAP
from dagster_project.landing.reasons import UnaccountableError

# a list in an object in a list in an object in a list of the batch, whatever they are called: a
# member that nobody knows may hold records as well
_IS_LIST = (False, True, False, True, False)


class OtlpCounter:
    """The records of every line, and 1 for a line that holds none."""

    def __init__(self) -> None:
        self._count = 0
        self._pending = b""

    def feed(self, chunk: bytes) -> None:
        """Raises UnaccountableError: what a longer line holds would not be known."""
        *lines, self._pending = (self._pending + chunk).split(b"\n")
        for line in lines:
            self._add(line)
        if len(self._pending) > LINE_CAP:
            self._add(self._pending)

    def units(self) -> int:
        return self._count + (max(count_records(self._pending), 1) if self._pending else 0)

    def _add(self, line: bytes) -> None:
        if len(line) > LINE_CAP:
            raise UnaccountableError("line_too_long", f"more than {LINE_CAP} bytes")
        self._count += max(count_records(line), 1)


def count_records(line: bytes) -> int:
    """Elements of all record lists; of a cut line, those that begin in it."""
    keys: list[str | None] = []  # the key being read in each open object, None for an array
    count = 0
    inside = 0  # how many containers are open inside a record list, the list included
    last = b""
    for match in TOKEN.finditer(line):
        token = match.group()
        if inside == 1 and token not in (b"]", b",") and last in (b"[", b","):
            count += 1
        if token in (b"[", b"{"):
            if inside or (token == b"[" and tuple(key is None for key in keys) == _IS_LIST):
                inside += 1
            else:
                keys.append(None)
        elif token in (b"]", b"}"):
            if inside:
                inside -= 1
            elif keys:
                keys.pop()
        elif token == b":" and keys and not inside:
            keys[-1] = _key(last)
        last = token
    return count


def _key(token: bytes) -> str | None:
    try:
        return str(json.loads(token))
    except ValueError:
        return None
