"""What changed in the registry between two runs, as ledger lines: who allowed what, and when.

A row of any table that was added, changed or removed is a ``signoff``, ``waiver`` or ``policy``
line: a guardrail that is gone allows as much as a looser threshold. A
threshold or alpha in force that became looser is a ``policy`` line of its own, however that came
about: a new row, one dated back, a stricter row removed, a new default of the product. A class that
is new is held against every class that it followed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from dagster_project.ledger.ledger import Entry
from dagster_project.ledger.succession import Followers, followers

TAXONOMY: Final = "taxonomy_changes"
# every other table of the registry is policy
KINDS: Final = {"sign_offs": "signoff", "waivers": "waiver"}
IN_FORCE: Final = "int_thresholds__effective"

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]


def registry_events(before: Tables, now: Tables, keys: Mapping[str, Sequence[str]]) -> list[Entry]:
    """``before`` and ``now``: table → canonical rows, of the registry and IN_FORCE; ``keys``: table
    → its key columns. Without rows before, every row is new and nothing became looser.
    """
    events = []
    for table, columns in keys.items():
        for key, old, new in _changes(before.get(table, ()), now.get(table, ()), columns):
            change = "added" if old is None else "removed" if new is None else "changed"
            name = " ".join(str(part) for part in key if part is not None)
            body = {"table": table, "change": change, "before": old, "after": new}
            kind = KINDS.get(table, "policy")
            events.append(Entry(kind, f"{table} {name}: {change}", body))
    heirs = followers(now.get(TAXONOMY, ()))
    return events + list(_loosened(before.get(IN_FORCE, ()), now.get(IN_FORCE, ()), heirs))


def _changes(
    before: Iterable[Row], now: Iterable[Row], key: Sequence[str]
) -> Iterator[tuple[tuple[Any, ...], Row | None, Row | None]]:
    old = {tuple(row[column] for column in key): row for row in before}
    new = {tuple(row[column] for column in key): row for row in now}
    for each in sorted(old.keys() | new.keys(), key=str):
        if old.get(each) != new.get(each):
            yield each, old.get(each), new.get(each)


def _loosened(before: Iterable[Row], now: Iterable[Row], heirs: Followers) -> Iterator[Entry]:
    held = list(before)
    own = {_criterion(row) for row in held}
    for new in sorted((row for row in now if row["is_in_force"]), key=_criterion):
        name, criterion = key = _criterion(new)
        formers = {name} if key in own else {one for one in heirs if name in heirs[one]}
        for old in held:
            if old["criterion_id"] != criterion or old["decision_class"] not in formers:
                continue
            looser = [each for each in ("threshold", "alpha") if _is_looser(each, old, new)]
            if looser:
                steps = ", ".join(f"{each} {old[each]} to {new[each]}" for each in looser)
                body = {"change": "loosened", "loosened": looser, "before": old, "after": new}
                yield Entry("policy", f"{' '.join(key)} loosened: {steps}", body)


def _criterion(row: Row) -> tuple[str, str]:
    return row["decision_class"], row["criterion_id"]


def _is_looser(name: str, old: Row, new: Row) -> bool:
    """A number that is not known on one side is no loosening: the criterion is an error then."""
    if old[name] is None or new[name] is None:
        return False
    step = Decimal(new[name]) - Decimal(old[name])
    return step > 0 if name == "alpha" or new["comparison"] == "at_most" else step < 0
