"""What of a nested value may land, where the declared type alone cannot say it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

SHAPE_KEYS = frozenset({"nested_text", "prefixes", "keys"})
PREFIX_CAP = 1000
_PATTERN = re.compile(r"\S+")


@dataclass(frozen=True)
class Shape:
    """Paths are a column, or a column and the members below it, joined by dots.

    ``nested_text``: a string where an object or list is declared is read as JSON.
    ``prefixes``: of a text, only so many characters. ``keys``: of an object in a json column,
    only members whose name is listed; ``*`` in a name stands for any text.
    """

    nested_text: bool = False
    prefixes: tuple[tuple[str, int], ...] = ()
    keys: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def prefix(self, path: str) -> int | None:
        return dict(self.prefixes).get(path)

    def has_keys(self, path: str) -> bool:
        """Whether a rule speaks of the value at ``path`` or of something inside it."""
        return any(rule == path or rule.startswith(f"{path}.") for rule, _ in self.keys)

    def key_filter(self, path: str) -> Callable[[str], object] | None:
        """Whether a member of the json value at ``path`` may land; None: all may.

        A rule for ``column.*`` holds for every member that has none of its own.
        """
        rules = dict(self.keys)
        patterns = rules.get(path) or rules.get(f"{path.rpartition('.')[0]}.*")
        if patterns is None:
            return None
        forms = "|".join(re.escape(pattern).replace(r"\*", ".*") for pattern in patterns)
        return re.compile(f"(?:{forms})\\Z", re.DOTALL).match


def read_shape(
    meta: Mapping[str, Any], names: set[str], refuse: Callable[[str, str], NoReturn]
) -> Shape:
    """From ``meta.penstock``; ``refuse(key, problem)`` stops at the first wrong entry."""
    nested_text = meta.get("nested_text", False)
    if not isinstance(nested_text, bool):
        refuse("nested_text", "must be true or false")
    prefixes = _mapping(meta, "prefixes", names, refuse)
    for path, length in prefixes.items():
        if type(length) is not int or not 0 < length <= PREFIX_CAP:
            refuse(f"prefixes.{path}", f"must be a number of characters, 1 to {PREFIX_CAP}")
    keys = _mapping(meta, "keys", names, refuse)
    for path, patterns in keys.items():
        if not isinstance(patterns, list) or not patterns or not all(map(_is_pattern, patterns)):
            refuse(f"keys.{path}", "must be a list of names; * stands for any text")
    return Shape(
        nested_text,
        tuple(sorted(prefixes.items())),
        tuple(sorted((path, tuple(patterns)) for path, patterns in keys.items())),
    )


def _is_pattern(value: Any) -> bool:
    return isinstance(value, str) and bool(_PATTERN.fullmatch(value))


def _mapping(
    meta: Mapping[str, Any], key: str, names: set[str], refuse: Callable[[str, str], NoReturn]
) -> dict[str, Any]:
    value = meta.get(key) or {}
    if not isinstance(value, dict):
        refuse(key, "must map a column, or column.member, to its rule")
    for path in value:
        if str(path).split(".")[0] not in names:
            refuse(f"{key}.{path}", "no declared column; add it under columns")
    return {str(path): rule for path, rule in value.items()}
