"""The expectation types a suite may use: their arguments, and what their results can tell.

An allow-list, because a type that cannot run on DuckDB (every ``regex`` type), or that passes
on nothing (a free query whose condition matches no row), must be refused while reading the
file and not found out at night. Tests hold it against the installed Great Expectations.
"""

from dataclasses import dataclass
from typing import Final

BOUNDS: Final = frozenset({"min_value", "max_value", "strict_min", "strict_max"})
ROW_COUNT: Final = "expect_table_row_count_to_be_between"
COLUMNS_PRESENT: Final = "expect_table_columns_to_match_set"


@dataclass(frozen=True)
class Kind:
    """``columns``: arguments that name tested columns. ``names_classes``: the failing rows can
    be traced to decision classes. ``tests_values``: a missing value leaves the question open.
    """

    columns: tuple[str, ...] = ("column",)
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    names_classes: bool = True
    tests_values: bool = True
    is_aggregate: bool = False

    @property
    def arguments(self) -> frozenset[str]:
        return frozenset(self.columns) | self.required | self.optional

    @property
    def is_between(self) -> bool:
        return "min_value" in self.optional


_NULLNESS = Kind(tests_values=False)
_SET = Kind(required=frozenset({"value_set"}))
_PAIR = ("column_A", "column_B")
_AGGREGATE = Kind(optional=BOUNDS, names_classes=False, is_aggregate=True)

KINDS: Final[dict[str, Kind]] = {
    ROW_COUNT: Kind((), optional=BOUNDS, names_classes=False, tests_values=False),
    COLUMNS_PRESENT: Kind(
        (),
        required=frozenset({"column_set"}),
        optional=frozenset({"exact_match"}),
        names_classes=False,
        tests_values=False,
    ),
    "expect_column_values_to_not_be_null": _NULLNESS,
    "expect_column_values_to_be_null": _NULLNESS,
    "expect_column_values_to_be_unique": Kind(),
    "expect_column_values_to_be_between": Kind(optional=BOUNDS),
    "expect_column_values_to_be_in_set": _SET,
    "expect_column_values_to_not_be_in_set": _SET,
    "expect_column_pair_values_a_to_be_greater_than_b": Kind(
        _PAIR, optional=frozenset({"or_equal"})
    ),
    "expect_column_pair_values_to_be_equal": Kind(_PAIR),
    # 1.24.1 leaves a bound parameter, or an ambiguous column, in the query that should name
    # the failing rows of these two: they can only fail every class
    "expect_column_value_lengths_to_be_between": Kind(optional=BOUNDS, names_classes=False),
    "expect_compound_columns_to_be_unique": Kind(("column_list",), names_classes=False),
    "expect_column_min_to_be_between": _AGGREGATE,
    "expect_column_max_to_be_between": _AGGREGATE,
    "expect_column_mean_to_be_between": _AGGREGATE,
    "expect_column_median_to_be_between": _AGGREGATE,
    "expect_column_stdev_to_be_between": _AGGREGATE,
    "expect_column_sum_to_be_between": _AGGREGATE,
    "expect_column_unique_value_count_to_be_between": _AGGREGATE,
}
