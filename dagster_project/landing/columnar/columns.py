"""Tokens as Arrow columns of the declared types: what ``strict_types`` accepts, or handed back.

A column maker gives the values and a mask of the tokens it is sure of; the others are NULL in
the values. It may be unsure of a token that ``strict_types`` would take, never the reverse.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from dagster_project.contracts.column_types import INTEGER_BITS, TIMESTAMP, ColumnType
from dagster_project.landing.arrow_schema import arrow_type
from dagster_project.landing.columnar.positions import Mask
from dagster_project.landing.columnar.tokens import Tokens
from dagster_project.landing.strict_types import FLOAT_MAX, integer_range

if TYPE_CHECKING:
    import pyarrow as pa

Made = tuple["pa.Array", Mask]
ColumnMaker = Callable[[Tokens], Made]
_Convert = Callable[["pa.Array"], "pa.Array"]

_WHOLE = r"^(0|-?[1-9][0-9]{0,17})$"  # always within 64 bits, and one spelling per number
# more digits than any column holds are strict_json's to judge (4,300 are its cap)
_NUMBER = r"^-?(0|[1-9][0-9]{0,400})(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?$"
_DAY = r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_DATE = f"^{_DAY}$"
# the years are those of the text, as in strict_types
_MOMENT = rf"^{_DAY}[T ]{_CLOCK}:[0-5][0-9](\.[0-9]{{1,6}})?(Z|[+-]{_CLOCK})$"
_MINUS_ZERO = "-0"  # an integer to Python, a negative zero to Arrow
_DIGITS = 38


def column_maker(kind: ColumnType) -> ColumnMaker | None:
    """None for nested types, which are read line by line."""
    if kind.kind in INTEGER_BITS:
        return partial(_integer, kind.kind)
    if kind.kind == "decimal":
        return partial(_decimal, kind.precision, kind.scale)
    return _MAKERS.get(kind.kind)


def scalars(tokens: Tokens) -> Mask:
    """Valid JSON scalars, of whatever type."""
    named = tokens.is_string | tokens.is_null | tokens.is_true | tokens.is_false
    if named.all():
        return named
    rest = tokens.texts(~named)
    return named | _matching(rest, _NUMBER)


def _matching(texts: "pa.Array", pattern: str) -> Mask:
    import pyarrow.compute as pc

    found = pc.match_substring_regex(texts, pattern).fill_null(False)
    mask: Mask = found.to_numpy(zero_copy_only=False)
    return mask


def _kept(texts: "pa.Array", keep: Mask) -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(pa.array(keep), texts, None)


def _read(tokens: Tokens, texts: "pa.Array", pattern: str, convert: _Convert) -> Made:
    """``texts`` of the right form, converted; the rest, if not null, is left out."""
    good = _matching(texts, pattern)
    fine = good | tokens.is_null
    if not fine.all():
        texts = _kept(texts, good)
    return _converted(texts, fine, convert)


def _converted(texts: "pa.Array", fine: Mask, convert: _Convert) -> Made:
    import pyarrow as pa

    try:
        return convert(texts), fine
    except pa.ArrowInvalid:  # such as 30 February: rare, so found by halving
        able = _able(texts, convert)
        return convert(_kept(texts, able)), fine & able


def _able(texts: "pa.Array", convert: _Convert) -> Mask:
    import pyarrow as pa

    count = len(texts)
    try:
        convert(texts)
    except pa.ArrowInvalid:
        if count == 1:
            return np.zeros(1, np.bool_)
        half = count // 2
        return np.concatenate([_able(texts[:half], convert), _able(texts[half:], convert)])
    return np.ones(count, np.bool_)


def _varchar(tokens: Tokens) -> Made:
    if tokens.is_string.all():
        return tokens.strings(), tokens.is_string
    return tokens.strings(), tokens.is_string | tokens.is_null


def _json(tokens: Tokens) -> Made:
    """Scalars whose canonical text is the token itself."""
    named = tokens.is_string | tokens.is_true | tokens.is_false
    if not (named | tokens.is_null).all():
        texts = tokens.texts(~named & ~tokens.is_null)
        named = named | _matching(texts, _WHOLE)
    return tokens.texts(named), named | tokens.is_null


def _boolean(tokens: Tokens) -> Made:
    import pyarrow as pa

    known = tokens.is_true | tokens.is_false
    return pa.array(tokens.is_true, mask=~known), known | tokens.is_null


def _integer(kind: str, tokens: Tokens) -> Made:
    import pyarrow as pa

    whole, fine = _read(
        tokens, tokens.texts(~tokens.is_null), _WHOLE, lambda texts: texts.cast(pa.int64())
    )
    if kind == "bigint":
        return whole, fine
    lowest, highest = integer_range(kind)
    numbers = whole.fill_null(0).to_numpy(zero_copy_only=False)
    fine = fine & (numbers >= lowest) & (numbers <= min(highest, 2**63 - 1))
    return _kept(whole, fine).cast(arrow_type(ColumnType(kind))), fine


def _decimal(precision: int, scale: int, tokens: Tokens) -> Made:
    import pyarrow as pa
    import pyarrow.compute as pc

    final = pa.decimal128(precision, scale)
    before = precision - scale
    whole = rf"^-?(0|[1-9][0-9]{{0,{before - 1}}})" if before else "^-?0"
    exact = whole + (rf"(\.[0-9]{{1,{scale}}})?$" if scale else "$")
    texts = tokens.texts(~tokens.is_null)
    good = _matching(texts, exact)
    fine = good | tokens.is_null
    if fine.all():
        return _converted(texts, fine, lambda values: values.cast(final))
    most = _DIGITS - 1 - before  # a digit is left for 9.99 that rounds to 10.0
    if most <= scale:
        return _converted(_kept(texts, good), fine, lambda values: values.cast(final))
    wide = pa.decimal128(_DIGITS, most)

    def rounded(values: "pa.Array") -> "pa.Array":
        return pc.round(values.cast(wide), scale, "half_towards_infinity").cast(final)

    return _read(tokens, texts, rf"{whole}(\.[0-9]{{1,{most}}})?$", rounded)


def _double(tokens: Tokens, largest: float = np.inf) -> Made:
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = tokens.texts(~tokens.is_null)
    good = _matching(texts, _NUMBER) & ~_matching(texts, f"^{_MINUS_ZERO}$")
    fine = good | tokens.is_null
    if not fine.all():
        texts = _kept(texts, good)
    numbers, fine = _converted(texts, fine, lambda values: values.cast(pa.float64()))
    size = np.abs(numbers.fill_null(0.0).to_numpy(zero_copy_only=False))
    within = np.isfinite(size) & (size <= largest)
    if not within.all():
        numbers = pc.if_else(pa.array(within), numbers, None)
    return numbers, fine & within


def _float(tokens: Tokens) -> Made:
    """Through double, as Python rounds."""
    import pyarrow as pa

    numbers, fine = _double(tokens, FLOAT_MAX)
    return numbers.cast(pa.float32()), fine


def _timestamp(tokens: Tokens) -> Made:
    import pyarrow as pa

    kind = pa.timestamp("us", tz="UTC")
    return _read(tokens, tokens.strings(), _MOMENT, lambda texts: texts.cast(kind))


def _date(tokens: Tokens) -> Made:
    import pyarrow as pa

    return _read(tokens, tokens.strings(), _DATE, lambda texts: texts.cast(pa.date32()))


_MAKERS: dict[str, ColumnMaker] = {
    "varchar": _varchar,
    "json": _json,
    "boolean": _boolean,
    "double": _double,
    "float": _float,
    "date": _date,
    TIMESTAMP: _timestamp,
}
