"""Converters around converters: what of a nested value may land (see contracts.source_shape)."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from dagster_project.contracts.source_shape import Shape
from dagster_project.landing.pseudonyms import UnprotectedError
from dagster_project.landing.reasons import RefusedValueError
from dagster_project.landing.strict_json import Flawed, StrictJson

_Convert = Callable[[Any], Any]
_Pseudonym = Callable[[str], str]


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
    convert: _Convert,
    shape: Shape,
    path: str,
    leave_out: Callable[[str], None],
    pseudonym: _Pseudonym | None,
) -> _Convert:
    """The members of an object that may land, at every depth that has a rule of its own.

    The others are named to ``leave_out``. Members that name persons become pseudonyms.
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
            if may_land is not None and not may_land(name):
                leave_out(where)
            elif shape.is_person(where, name):
                kept[name] = _person(member, where, pseudonym)
            else:
                kept[name] = select(member, where)
        return kept

    return lambda value: convert(select(value, path))


def name_persons(convert: _Convert, path: str, pseudonym: _Pseudonym | None) -> _Convert:
    """The pseudonym of whom a text names."""
    return lambda value: _person(convert(value), path, pseudonym)


def _person(value: Any, path: str, pseudonym: _Pseudonym | None) -> Any:
    if pseudonym is None:
        raise UnprotectedError(f"{path} names a person, and no key was given")
    if value is None:
        return None
    if type(value) is list:
        return [_person(item, path, pseudonym) for item in value]
    if isinstance(value, Flawed):
        raise RefusedValueError(value.reason, path)
    if type(value) not in (str, int):
        raise RefusedValueError("wrong_type", f"{path}: the name of a person declared")
    name = _unquoted(str(value))
    if "\0" in name:
        raise RefusedValueError("nul_character", path)
    try:
        return pseudonym(name)
    except UnicodeEncodeError:
        raise RefusedValueError("lone_surrogate", path) from None


def _unquoted(name: str) -> str:
    """A name that was written as JSON text, as MLflow does, is the same name."""
    if len(name) > 1 and name[0] == name[-1] == '"':
        with suppress(RefusedValueError, UnicodeEncodeError):
            read = StrictJson().value(name.encode())
            return read if type(read) is str else name
    return name


def cut_text(convert: _Convert, length: int) -> _Convert:
    """The first ``length`` characters of a text."""

    def cut(value: Any) -> Any:
        value = convert(value)
        return value[:length] if type(value) is str else value

    return cut
