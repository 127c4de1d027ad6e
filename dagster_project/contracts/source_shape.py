"""What of a nested value may land, where the declared type alone cannot say it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from dagster_project.contracts.column_types import ColumnType, paths_of
from dagster_project.contracts.source_columns import PERSON_MEMBERS

SHAPE_KEYS = frozenset({"nested_text", "prefixes", "keys", "persons"})
PREFIX_CAP = 1000
_PATTERN = re.compile(r"\S+")


@dataclass(frozen=True)
class Shape:
    """Paths are a column, or a column and the members below it, joined by dots.

    ``nested_text``: a string where an object or list is declared is read as JSON.
    ``prefixes``: of a text, only so many characters. ``keys``: of an object in a json column,
    only members whose name is listed; ``*`` in a name stands for any text. ``persons``: members
    of which only a keyed pseudonym lands, besides those that PERSON_MEMBERS names.
    """

    nested_text: bool = False
    prefixes: tuple[tuple[str, int], ...] = ()
    keys: tuple[tuple[str, tuple[str, ...]], ...] = ()
    persons: tuple[str, ...] = ()

    @property
    def names_persons(self) -> bool:
        """Whether a member that lands may name a person."""
        patterns = [_any_of(names) for _, names in self.keys]
        return bool(self.persons) or any(
            pattern.match(name) for pattern in patterns for name in PERSON_MEMBERS
        )

    def is_person(self, path: str, name: str) -> bool:
        """Whether the member ``name`` of an object, at ``path``, names a person."""
        return name in PERSON_MEMBERS or path in self.persons

    def speaks_of(self, column: str) -> bool:
        """Whether values of that column may land otherwise than they are written."""
        rules = [*self.persons, *(path for path, _ in (*self.prefixes, *self.keys))]
        return self.nested_text or any(path.split(".")[0] == column for path in rules)

    def prefix(self, path: str) -> int | None:
        return dict(self.prefixes).get(path)

    def has_keys(self, path: str) -> bool:
        """Whether a rule speaks of the value at ``path`` or of something inside it."""
        rules = [*self.persons, *(rule for rule, _ in self.keys)]
        return any(rule == path or rule.startswith(f"{path}.") for rule in rules)

    def key_filter(self, path: str) -> Callable[[str], object] | None:
        """Whether a member of the json value at ``path`` may land; None: all may.

        A rule for ``column.*`` holds for every member that has none of its own.
        """
        rules = dict(self.keys)
        patterns = rules.get(path) or rules.get(f"{path.rpartition('.')[0]}.*")
        return None if patterns is None else _any_of(patterns).match


def _any_of(patterns: Sequence[str]) -> re.Pattern[str]:
    forms = "|".join(re.escape(pattern).replace(r"\*", ".*") for pattern in patterns)
    return re.compile(f"(?:{forms})\\Z", re.DOTALL)


def read_shape(
    meta: Mapping[str, Any],
    types: Mapping[str, ColumnType],
    refuse: Callable[[str, str], NoReturn],
    *,
    must_list_keys: bool,
) -> Shape:
    """From ``meta.penstock``; ``refuse(key, problem)`` stops at the first wrong entry.

    A rule that meets nothing would let everything land, so its path must be a declared one.
    ``must_list_keys``: every json value needs a rule.
    """
    nested_text = meta.get("nested_text", False)
    if not isinstance(nested_text, bool):
        refuse("nested_text", "must be true or false")
    shape = Shape(
        nested_text,
        _prefixes(meta, types, refuse),
        _keys(meta, types, refuse),
        _persons(meta, types, refuse),
    )
    for path in _paths(types, "json") if must_list_keys else ():
        if not shape.key_filter(path):
            refuse(f"keys.{path}", "missing; list the attributes that may land")
    return shape


def _prefixes(
    meta: Mapping[str, Any], types: Mapping[str, ColumnType], refuse: Callable[[str, str], NoReturn]
) -> tuple[tuple[str, int], ...]:
    rules = _rules(meta, "prefixes", refuse)
    texts = _paths(types, "varchar")
    for path, length in rules.items():
        if path not in texts:
            refuse(f"prefixes.{path}", "no varchar of that path is declared")
        if type(length) is not int or not 0 < length <= PREFIX_CAP:
            refuse(f"prefixes.{path}", f"must be a number of characters, 1 to {PREFIX_CAP}")
    return tuple(sorted(rules.items()))


def _keys(
    meta: Mapping[str, Any], types: Mapping[str, ColumnType], refuse: Callable[[str, str], NoReturn]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    rules = _rules(meta, "keys", refuse)
    objects = _paths(types, "json")
    for path, names in rules.items():
        if not any(path == known or path.startswith(f"{known}.") for known in objects):
            refuse(f"keys.{path}", "no json of that path is declared")
        if not isinstance(names, list) or not names or not all(map(_is_pattern, names)):
            refuse(f"keys.{path}", "must be a list of names; * stands for any text")
    return tuple(sorted((path, tuple(names)) for path, names in rules.items()))


def _persons(
    meta: Mapping[str, Any], types: Mapping[str, ColumnType], refuse: Callable[[str, str], NoReturn]
) -> tuple[str, ...]:
    listed = meta.get("persons") or []
    if not isinstance(listed, list) or not all(map(_is_pattern, listed)):
        refuse("persons", "must be a list of paths, such as scores.author")
    texts = [path for path in _paths(types, "varchar") if path not in types]
    objects = _paths(types, "json")
    for path in listed:
        if path in types:
            refuse("persons", f"{path} is a column; write `pseudonym: true` there")
        if path not in texts and not any(path.startswith(f"{known}.") for known in objects):
            refuse("persons", f"no varchar or member of a json of the path {path} is declared")
    known = [path for path in texts if any(path.endswith(f".{name}") for name in PERSON_MEMBERS)]
    return tuple(sorted({*listed, *known}))


def _paths(types: Mapping[str, ColumnType], wanted: str) -> list[str]:
    return [path for name, kind in types.items() for path in paths_of(kind, wanted, name)]


def _is_pattern(value: Any) -> bool:
    return isinstance(value, str) and bool(_PATTERN.fullmatch(value))


def _rules(
    meta: Mapping[str, Any], key: str, refuse: Callable[[str, str], NoReturn]
) -> dict[str, Any]:
    value = meta.get(key) or {}
    if not isinstance(value, dict):
        refuse(key, "must map a column, or column.member, to its rule")
    return {str(path): rule for path, rule in value.items()}
