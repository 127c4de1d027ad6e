"""JSON as it is written: no repeated keys, no NaN, no half characters, bounded nesting."""

import json
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from itertools import accumulate
from typing import Any

from dagster_project.landing.reasons import RefusedValueError

NESTING_CAP = 64
# possessive, and a cut string ends at the end of input: linear on hostile text
_STRING = re.compile(rb'"[^"\\]*+(?:\\.?[^"\\]*+)*+(?:"|\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_SPACE = " \t\r\n"
_ReadNumber = Callable[[str], Any]
_STEP = {91: 1, 123: 1, 93: -1, 125: -1}


class Flawed:
    """Stands where a value was that JSON allows to write but that has no single meaning."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


class StrictJson:
    """A decoder that leaves a Flawed in place of what is refused, and remembers that it did.

    Numbers with a fraction or exponent arrive as Decimal: no digit is lost before typing.
    """

    def __init__(self) -> None:
        self.flaws: list[Flawed] = []
        self._fast = self._reader(int, Decimal)
        self._slow = self._reader(self._integer, self._fraction)

    def _reader(self, integer: _ReadNumber, fraction: _ReadNumber) -> json.JSONDecoder:
        return json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=integer,
            parse_float=fraction,
            parse_constant=self._constant,
        )

    def decode(self, raw: bytes) -> Any:
        """One value; raises RefusedValueError for what is not one. See ``flaws`` afterwards."""
        if raw.count(b"{") + raw.count(b"[") > NESTING_CAP and _depth(raw) > NESTING_CAP:
            raise RefusedValueError("nesting_too_deep")
        try:
            text = raw.decode().strip(_SPACE)
        except UnicodeDecodeError as error:
            raise RefusedValueError("invalid_utf8", f"byte {error.start + 1}") from None
        try:
            value, end = self._read(text)
        except json.JSONDecodeError as error:
            detail = f"{error.msg} at character {error.pos + 1}"
            raise RefusedValueError("invalid_json", detail) from None
        if end != len(text):
            raise RefusedValueError("extra_data", f"at character {end + 1}")
        return value

    def _read(self, text: str) -> tuple[Any, int]:
        """Numbers that int and Decimal refuse are rare, so hooks for them are not paid always."""
        self.flaws.clear()
        try:
            return self._fast.raw_decode(text)
        except json.JSONDecodeError:
            raise
        except (ValueError, InvalidOperation):
            self.flaws.clear()
            return self._slow.raw_decode(text)

    def value(self, raw: bytes) -> Any:
        """One JSON value without flaws. Raises RefusedValueError."""
        value = self.decode(raw)
        if self.flaws:
            raise RefusedValueError(self.flaws[0].reason)
        if b"\\ud" in raw or b"\\uD" in raw:
            check_characters(value)
        return value

    def record(self, raw: bytes) -> dict[str, Any]:
        """One JSON object without flaws. Raises RefusedValueError."""
        value = self.value(raw)
        if type(value) is not dict:
            raise RefusedValueError("not_an_object")
        return value

    def _flaw(self, reason: str) -> Flawed:
        flaw = Flawed(reason)
        self.flaws.append(flaw)
        return flaw

    def _object(self, pairs: list[tuple[str, Any]]) -> Any:
        members = dict(pairs)
        return members if len(members) == len(pairs) else self._flaw("duplicate_key")

    def _integer(self, text: str) -> Any:
        try:
            return int(text)
        except ValueError:  # more than 4,300 digits would cost quadratic time
            return self._flaw("out_of_range")

    def _fraction(self, text: str) -> Any:
        try:
            return Decimal(text)
        except InvalidOperation:  # an exponent of 20 digits
            return self._flaw("out_of_range")

    def _constant(self, _: str) -> Any:
        return self._flaw("number_not_finite")


def check_characters(value: Any) -> None:
    """Raises RefusedValueError when a string holds half of a UTF-16 pair."""
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        raise RefusedValueError("lone_surrogate") from None


def find_flaw(value: Any) -> Flawed | None:
    """The first Flawed inside ``value``."""
    if isinstance(value, Flawed):
        return value
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return None
    return next((flaw for item in value if (flaw := find_flaw(item))), None)


def canonical(value: Any) -> str:
    """JSON text with sorted keys and one spelling per number. Raises RefusedValueError."""
    if isinstance(value, dict):
        members = (f"{_quoted(k)}:{canonical(value[k])}" for k in sorted(value))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):  # from Parquet
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, Flawed):
        raise RefusedValueError(value.reason)
    return _quoted(value)


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _number(value: Decimal) -> str:
    """The float's spelling where a float holds the number exactly as written, else all digits."""
    if not value.is_finite() or (value and abs(value.adjusted()) > 307):
        raise RefusedValueError("number_not_finite", "beyond a double")
    short = repr(float(value))
    return short if Decimal(short) == value else str(value)


def _depth(raw: bytes) -> int:
    brackets = _STRING.sub(b"", raw).translate(None, _NOT_BRACKETS)
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0)
