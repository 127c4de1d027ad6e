"""Is this one cell what its column says it is?"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from dagster_project.contracts.boundary import BoundaryError, parse_boundary
from dagster_project.contracts.registry.problems import quoted
from dagster_project.contracts.registry.schema import (
    NUMBER_RULES,
    Kind,
    NumberRule,
    SeedColumn,
)


class Fault(NamedTuple):
    """What is wrong with a cell, and what to do."""

    message: str
    fix: str


# Names become file names, segment texts and command-line arguments.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,119}")
_NUMBER = re.compile(r"-?[0-9]+(\.(?P<decimals>[0-9]+))?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
# A year outside is a typing error: agents have no older or later business.
FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2199


def cell_fault(column: SeedColumn, value: str) -> Fault | None:
    """The first fault of a cell, or None. References are checked elsewhere."""
    if not value:
        return _empty(column) if column.is_required else None
    if not value.strip():
        return Fault("holds only blanks", "fill it in, or leave it really empty")
    if value != value.strip():
        return Fault(f"{quoted(value)} has blanks around it", "delete the blanks")
    if any(ord(character) < ord(" ") and character not in "\n\r\t" for character in value):
        return Fault(f"{quoted(value)} holds a control character", "delete it")
    return _CHECKS[column.kind](column, value)


def _empty(column: SeedColumn) -> Fault:
    hint = f" (such as {column.example})" if column.example else ""
    return Fault("is empty", f"fill it in{hint}")


def _text(column: SeedColumn, value: str) -> Fault | None:
    return None


def _name(column: SeedColumn, value: str) -> Fault | None:
    if _NAME.fullmatch(value):
        return None
    return Fault(
        f"{quoted(value)} is no name",
        "use up to 120 of the characters a-z A-Z 0-9 _ . : / -, beginning with a letter or digit",
    )


def _choice(column: SeedColumn, value: str) -> Fault | None:
    if value in column.choices:
        return None
    return Fault(f"{quoted(value)} is not allowed", f"use one of {', '.join(column.choices)}")


def _flag(column: SeedColumn, value: str) -> Fault | None:
    if value in ("true", "false"):
        return None
    return Fault(f"{quoted(value)} is neither true nor false", "write true or false")


def _list(column: SeedColumn, value: str) -> Fault | None:
    parts = value.split(column.separator)
    for position, part in enumerate(parts):
        if part not in column.choices:
            return Fault(
                f"{quoted(part)} is not allowed in the list",
                f"use {', '.join(column.choices)}, separated by {column.separator} without blanks",
            )
        if part in parts[:position]:
            return Fault(f"{quoted(part)} stands in the list twice", "delete one")
    return None


def _number(column: SeedColumn, value: str) -> Fault | None:
    rule = NUMBER_RULES[column.kind]
    found = _NUMBER.fullmatch(value)
    if not found:
        return Fault(
            f"{quoted(value)} is not a plain number",
            "write digits with a decimal point, such as 0.05 (no NaN, infinity, exponent, "
            "thousands separator, % or currency)",
        )
    if len(found["decimals"] or "") > rule.scale:
        return Fault(
            f"{quoted(value)} has more than {rule.scale} decimals",
            "round it: the rest would be lost without a word",
        )
    return _out_of_range(column, value, rule)


def _out_of_range(column: SeedColumn, value: str, rule: NumberRule) -> Fault | None:
    number = Decimal(value)
    if value.startswith("-"):
        return Fault(f"{quoted(value)} is negative", "write 0 or more")
    if not number and column.is_above_zero:
        return Fault(f"{quoted(value)} is not above 0", "write more than 0")
    if rule.high is not None and number > rule.high:
        return Fault(f"{quoted(value)} is above {rule.high}", "write a share from 0 to 1")
    if number >= 10**rule.digits:
        return Fault(
            f"{quoted(value)} is too large", f"use at most {rule.digits} digits before the point"
        )
    return None


def _date(column: SeedColumn, value: str) -> Fault | None:
    if not _DATE.fullmatch(value):
        return Fault(f"{quoted(value)} is not a date", "write YYYY-MM-DD, such as 2026-03-01")
    try:
        year = date.fromisoformat(value).year
    except ValueError:
        return Fault(f"{quoted(value)} is not in the calendar", "write a day that exists")
    return _implausible_year(value, year)


def _implausible_year(value: str, year: int) -> Fault | None:
    if FIRST_YEAR <= year <= LAST_YEAR:
        return None
    return Fault(f"{quoted(value)} has an impossible year", f"use {FIRST_YEAR} to {LAST_YEAR}")


def _currency(column: SeedColumn, value: str) -> Fault | None:
    if _CURRENCY.fullmatch(value):
        return None
    return Fault(
        f"{quoted(value)} is no currency code", "write the three capitals of ISO 4217, such as EUR"
    )


def _digest(column: SeedColumn, value: str) -> Fault | None:
    if _DIGEST.fullmatch(value):
        return None
    return Fault(
        f"{quoted(value)} is no digest", "copy the 64 hex digits that `penstock sign-off` prints"
    )


def _boundary(column: SeedColumn, value: str) -> Fault | None:
    try:
        parse_boundary(value)
    except BoundaryError as error:
        return Fault(error.message, error.fix)
    return None


_CHECKS: Final[dict[Kind, Callable[[SeedColumn, str], Fault | None]]] = {
    Kind.TEXT: _text,
    Kind.NAME: _name,
    Kind.CHOICE: _choice,
    Kind.CURRENCY: _currency,
    Kind.DIGEST: _digest,
    Kind.BOUNDARY: _boundary,
    Kind.LIST: _list,
    Kind.FLAG: _flag,
    Kind.COUNT: _number,
    Kind.MONEY: _number,
    Kind.CENTS: _number,
    Kind.HOURS: _number,
    Kind.PRICE: _number,
    Kind.SHARE: _number,
    Kind.PERCENT: _number,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
}
