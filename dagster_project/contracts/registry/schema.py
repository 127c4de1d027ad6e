"""The shape of a registry seed: columns, their kinds, keys and references."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final


class Kind(Enum):
    """What a cell may hold; the value is the DuckDB type of the seed's column."""

    TEXT = ("text", "varchar")
    NAME = ("name", "varchar")
    CHOICE = ("choice", "varchar")
    CURRENCY = ("currency", "varchar")
    DIGEST = ("digest", "varchar")
    BOUNDARY = ("boundary", "varchar")
    LIST = ("list", "varchar")
    FLAG = ("flag", "boolean")
    COUNT = ("count", "bigint")
    MONEY = ("money", "decimal(18,4)")
    CENTS = ("cents", "decimal(18,2)")
    HOURS = ("hours", "decimal(18,2)")
    PRICE = ("price", "decimal(18,6)")
    SHARE = ("share", "decimal(9,6)")
    PERCENT = ("whole percent", "decimal(3,2)")
    NUMBER = ("number", "decimal(28,9)")
    DATE = ("date", "date")

    @property
    def data_type(self) -> str:
        """DuckDB type."""
        return self.value[1]


@dataclass(frozen=True)
class NumberRule:
    """``scale`` decimals at most, ``digits`` before the point; ends of the range included."""

    scale: int
    digits: int
    high: Decimal | None = None


NUMBER_RULES: Final = {
    Kind.COUNT: NumberRule(scale=0, digits=15),
    Kind.MONEY: NumberRule(scale=4, digits=14),
    Kind.CENTS: NumberRule(scale=2, digits=16),
    Kind.HOURS: NumberRule(scale=2, digits=16),
    Kind.PRICE: NumberRule(scale=6, digits=12),
    Kind.SHARE: NumberRule(scale=6, digits=1, high=Decimal(1)),
    # what is counted by hundredths can be cut at hundredths alone
    Kind.PERCENT: NumberRule(scale=2, digits=1, high=Decimal(1)),
    Kind.NUMBER: NumberRule(scale=9, digits=18),
}


@dataclass(frozen=True)
class SeedColumn:
    """One column. ``choices``: all values a CHOICE may take, or a LIST may hold.

    ``references``: the seed in whose key the value must be found. ``is_above_zero``: 0 is refused.
    """

    name: str
    kind: Kind
    description: str
    is_required: bool = True
    choices: tuple[str, ...] = ()
    separator: str = ";"
    references: str = ""
    is_above_zero: bool = False
    example: str = ""


@dataclass(frozen=True)
class Seed:
    """One seed file. ``noun`` names one row of it in a message; ``key`` is unique."""

    name: str
    noun: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[SeedColumn, ...]

    @property
    def header(self) -> tuple[str, ...]:
        """Column names, in file order."""
        return tuple(column.name for column in self.columns)
