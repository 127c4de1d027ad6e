"""What may stand in a slot of each declared type, as a pattern of RE2.

A pattern takes only what ``strict_types`` takes and what DuckDB reads as the very same value; it
may leave out some that both take, never the reverse. No pattern matches a quote, a backslash or
a control character inside a text, so a text ends where the line says it does.
"""

from dagster_project.contracts.column_types import INTEGER_BITS, TIMESTAMP, ColumnType
from dagster_project.landing.strict_types import integer_range

_CHARACTER = r"[ !#-\[\]-\x{d7ff}\x{e000}-\x{10ffff}]"
TEXT = f'"{_CHARACTER}*"'
# a key that begins with what can be seen is not blank
NAME = f'"[!#-\\[\\]-~]{_CHARACTER}*"'
_LOGICAL = "true|false"
_WHOLE = "0|-?[1-9][0-9]{0,17}"
_EXPONENT = "(?:[eE][+-]?[0-9]{1,2})?"
# the shortest spelling of a double has no more places, or an exponent
_FRACTION = r"(?:\.[0-9]{1,21})?"
_SINGLE = f"0|-?[1-9][0-9]{{0,14}}{_FRACTION}|-?0\\.[0-9]{{1,21}}"
_DOUBLE = f"0|-?[1-9][0-9]{{0,14}}{_FRACTION}{_EXPONENT}|-?0\\.[0-9]{{1,21}}{_EXPONENT}"
ANY = f"{TEXT}|{_LOGICAL}|{_DOUBLE}|{_WHOLE}"
_LEAP_YEAR = "(?:(?:19|20)(?:0[48]|[2468][048]|[13579][26])|2000)"
_DAY = (
    "(?:(?:19|20)[0-9]{2}-(?:"
    "(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    "|(?:0[13-9]|1[0-2])-(?:29|30)"
    "|(?:0[13578]|1[02])-31"
    f")|{_LEAP_YEAR}-02-29)"
)
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
_ZONE = "(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
# DuckDB takes a decimal from the double it is: exact up to so many digits, and rounded right up to
# so many, unless the token lies next to the middle of two steps
_EXACT_DIGITS, _ROUNDED_DIGITS = 15, 12
_NOT_MIDDLE = "(?:[0-36-9]|4(?:[0-8]|9[0-8])|5(?:[1-9]|0[1-9]))[0-9]{0,11}"


def token_pattern(kind: ColumnType) -> str | None:
    """Alternatives, ``null`` aside. None for types that are read line by line."""
    if kind.kind in INTEGER_BITS:
        return _integer(kind.kind)
    if kind.kind == "decimal":
        return _decimal(kind.precision, kind.scale)
    return _PATTERNS.get(kind.kind)


def _integer(kind: str) -> str:
    lowest, highest = integer_range(kind)
    negative = f"|-(?:{_up_to(-lowest)})" if lowest else ""
    return f"0|{_up_to(highest)}{negative}"


def _up_to(most: int) -> str:
    """Whole numbers from 1 to ``most``, in digits of one spelling."""
    digits = str(most)
    count = len(digits)
    ways = [f"[1-9][0-9]{{0,{count - 2}}}"] if count > 1 else []
    for place, digit in enumerate(digits):
        lowest = 0 if place else 1
        if int(digit) > lowest:
            free = f"[0-9]{{{count - place - 1}}}"
            ways.append(f"{digits[:place]}[{lowest}-{int(digit) - 1}]{free}")
    return "|".join([*ways, digits])


def _decimal(precision: int, scale: int) -> str | None:
    exact = _digits(min(precision, _EXACT_DIGITS) - scale)
    rounded = _digits(min(precision - 1, _ROUNDED_DIGITS) - scale)  # 9.99 may round to 10.0
    if exact is None:
        return None
    ways = [rf"-?{exact}(?:\.[0-9]{{1,{scale}}})?" if scale else f"-?{exact}"]
    if rounded is not None:
        ways.append(rf"-?{rounded}\.[0-9]{{{scale}}}{_NOT_MIDDLE}")
    return "|".join(ways)


def _digits(most: int) -> str | None:
    """What stands before the point; None where nothing may."""
    if most < 1:
        return "0" if most == 0 else None
    return f"(?:0|[1-9][0-9]{{0,{most - 1}}})"


_PATTERNS = {
    "varchar": TEXT,
    "json": f"{TEXT}|{_LOGICAL}|{_WHOLE}",
    "boolean": _LOGICAL,
    "double": _DOUBLE,
    "float": _SINGLE,
    "date": f'"{_DAY}"',
    TIMESTAMP: f'"{_DAY}[T ]{_CLOCK}{_ZONE}"',
}
