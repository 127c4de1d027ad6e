"""Which classes stand for one that was renamed, split or merged, over every later change too."""

from collections.abc import Iterable, Mapping
from typing import Any

Followers = Mapping[str, frozenset[str]]


def followers(changes: Iterable[Mapping[str, Any]]) -> Followers:
    """Former class → every class it became, at once or by further changes; never itself.

    ``changes``: rows of ``taxonomy_changes``.
    """
    direct: dict[str, set[str]] = {}
    for row in changes:
        direct.setdefault(row["former_class"], set()).add(row["decision_class"])
    return {name: frozenset(_reached(name, direct) - {name}) for name in direct}


def _reached(name: str, direct: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    ahead = {name}
    while ahead:
        ahead = {each for former in ahead for each in direct.get(former, ())} - found
        found |= ahead
    return found
