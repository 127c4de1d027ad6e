"""What changed in the registry between two runs, as ledger lines: who allowed what, and when.

A row that was added, changed or removed is a ``signoff``, ``waiver`` or ``policy`` line. A
threshold or alpha in force that became looser is a ``policy`` line of its own, however that came
about: a new row, one dated back, a stricter row removed, a new default of the product.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from dagster_project.ledger.ledger import Entry

# of the registry: what allows, limits or answers for delegation
KINDS: Final = {
    "sign_offs": "signoff",
    "waivers": "waiver",
    "thresholds": "policy",
    "decision_classes": "policy",
    "amount_limits": "policy",
    "owners": "policy",
}
IN_FORCE: Final = "int_thresholds__effective"

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]


def registry_events(before: Tables, now: Tables, keys: Mapping[str, Sequence[str]]) -> list[Entry]:
    """``before`` and ``now``: table → canonical rows, of KINDS and IN_FORCE; ``keys``: table → its
    key columns. Without rows before, every row is new and nothing became looser.
    """
    events = []
    for table, kind in KINDS.items():
        if table not in keys:  # the company has no such table
            continue
        changes = _changes(before.get(table, ()), now.get(table, ()), keys[table])
        for key, old, new in changes:
            change = "added" if old is None else "removed" if new is None else "changed"
            name = " ".join(str(part) for part in key if part is not None)
            body = {"table": table, "change": change, "before": old, "after": new}
            events.append(Entry(kind, f"{table} {name}: {change}", body))
    return events + list(_loosened(before.get(IN_FORCE, ()), now.get(IN_FORCE, ())))


def _changes(
    before: Iterable[Row], now: Iterable[Row], key: Sequence[str]
) -> Iterator[tuple[tuple[Any, ...], Row | None, Row | None]]:
    old = {tuple(row[column] for column in key): row for row in before}
    new = {tuple(row[column] for column in key): row for row in now}
    for each in sorted(old.keys() | new.keys(), key=str):
        if old.get(each) != new.get(each):
            yield each, old.get(each), new.get(each)


def _loosened(before: Iterable[Row], now: Iterable[Row]) -> Iterator[Entry]:
    for key, old, new in _changes(before, now, ("decision_class", "criterion_id")):
        if old is None or new is None:
            continue
        looser = [name for name in ("threshold", "alpha") if _is_looser(name, old, new)]
        if not looser:
            continue
        steps = ", ".join(f"{name} {old[name]} to {new[name]}" for name in looser)
        body = {"change": "loosened", "loosened": looser, "before": old, "after": new}
        yield Entry("policy", f"{' '.join(key)} loosened: {steps}", body)


def _is_looser(name: str, old: Row, new: Row) -> bool:
    """A number that is not known on one side is no loosening: the criterion is an error then."""
    if old[name] is None or new[name] is None:
        return False
    step = Decimal(new[name]) - Decimal(old[name])
    return step > 0 if name == "alpha" or new["comparison"] == "at_most" else step < 0
