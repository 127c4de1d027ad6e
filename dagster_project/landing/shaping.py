"""Converters around converters: what of a nested value may land (see contracts.source_shape)."""

from collections.abc import Callable
from typing import Any

from dagster_project.contracts.source_shape import Shape
from dagster_project.landing.strict_json import StrictJson

_Convert = Callable[[Any], Any]


def read_nested_text(convert: _Convert, is_json: bool) -> _Convert:
    """An object or list that was written as JSON text is read; empty text holds neither.

    ``is_json``: the column may hold plain text too, which stays what it is.
    """

    def read(value: Any) -> Any:
        if type(value) is str:
            start = value.lstrip()[:1]
            if not start:
                return None
            if not is_json or start in "{[":
                value = StrictJson().value(value.encode(errors="surrogatepass"))
        return convert(value)

    return read


def select_keys(
    convert: _Convert, shape: Shape, path: str, leave_out: Callable[[str], None]
) -> _Convert:
    """The members of an object that may land, at every depth that has a rule of its own.

    The others are named to ``leave_out``.
    """

    filters: dict[str, Callable[[str], object] | None] = {}

    def select(value: Any, path: str) -> Any:
        if path not in filters:
            filters[path] = shape.key_filter(path)
        may_land = filters[path]
        if type(value) is list:
            return [select(item, path) for item in value]
        if type(value) is not dict:
            if may_land is None or value is None:
                return value
            leave_out(path)  # text where members were listed may say anything
            return None
        kept = {}
        for name, member in value.items():
            where = f"{path}.{name}"
            if may_land is None or may_land(name):
                kept[name] = select(member, where)
            else:
                leave_out(where)
        return kept

    return lambda value: convert(select(value, path))


def cut_text(convert: _Convert, length: int) -> _Convert:
    """The first ``length`` characters of a text."""

    def cut(value: Any) -> Any:
        value = convert(value)
        return value[:length] if type(value) is str else value

    return cut
