"""Laws over whole worlds: what a change of the inputs may never do to a verdict, gate or level.

Each changes a random world, and says which words it may then change. "Better" is a pass that was
none before, a gate that nothing blocks any more, a higher level, a supported amount limit, a larger
amount.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from random import Random
from typing import Any

import duckdb
from gate_database import Gates
from law_changes import (
    a_class_alone,
    a_day_later,
    a_looser_limit,
    a_new_cohort,
    a_second_build,
    another_order,
    corrupted,
    evidence_lost,
    evidence_twice,
    no_evidence,
    replayed,
    split_over_batches,
    tightened,
    with_a_failure,
    years_later,
)
from oracle_criteria import ABOUT_THE_MAP, Tables
from oracle_ladder import worst
from oracle_map import LEVELS
from product_rows import PRODUCT

Key = tuple[str, str, str, str]
Words = dict[Key, Any]
OF_GATE = {row["criterion_id"]: row["gate"] for row in PRODUCT}
GATES_IN_ORDER = list(dict.fromkeys(OF_GATE.values()))
SAID = """
select 'criterion', decision_class, segment, criterion_id, verdict from gates.gate_verdicts
union all
select 'gate', decision_class, segment, gate, verdict from gates.gate_ladder
union all
select 'open', decision_class, segment, gate,
    case when verdict = 'pass' and not is_blocked then 'pass' else 'no' end from gates.gate_ladder
union all
select 'level', decision_class, segment, '', effective_level from gates.gate_levels
union all
-- the largest amount on which the AI acts alone; without a limit it is any
select 'amount', decision_class, segment, '',
    case when effective_level in ('delegate', 'delegate_with_audit')
        then coalesce(cast(supported_amount_limit as varchar), 'inf') else '-1' end
from gates.gate_levels
union all
select 'limit', decision_class, cast(amount_limit as varchar), '',
    case when is_supported then 'pass' else 'no' end from gates.gate_amount_bands
"""


def said(connection: duckdb.DuckDBPyConnection) -> Words:
    """What is said of every criterion, gate, level and amount limit."""
    return {row[:4]: row[4] for row in connection.execute(SAID).fetchall()}


def no_better(key: Key, before: str | None, after: str | None) -> bool:
    return height(key, after) <= height(key, before)


def height(key: Key, word: str | None) -> float:
    if key[0] == "level":
        return LEVELS.index(word) if word in LEVELS else -1
    if key[0] == "amount":
        return -1 if word is None else float(word)
    return int(word == "pass")


def no_more_alone(key: Key, before: str | None, after: str | None) -> bool:
    """A limit may pass once the one below is gone: of another map, which nobody has signed."""
    return key[0] == "limit" or no_better(key, before, after)


def the_same(key: Key, before: str | None, after: str | None) -> bool:
    return before == after


def nothing_proven(key: Key, before: str | None, after: str | None) -> bool:
    """What the map says of itself needs no evidence; it opens no gate alone."""
    if key[0] in ("level", "amount"):
        return after in ("human_only", "-1")
    return (
        after != "pass" or (key[0] == "criterion" and key[3] in ABOUT_THE_MAP) or gate_of_map(key)
    )


def gate_of_map(key: Key) -> bool:
    """Its verdict may be a pass where the four tests are not asked for; open it is not."""
    return (key[0], key[3]) == ("gate", "autonomy_fit")


@dataclass(frozen=True)
class Law:
    change: Callable[[Tables, Random], Tables]
    allows: Callable[[Key, str | None, str | None], bool]


LAWS = {
    "no evidence never passes": Law(no_evidence, nothing_proven),
    "evidence that is lost never improves": Law(evidence_lost, no_better),
    "a failure more never improves": Law(with_a_failure, no_better),
    "a corrupted record never improves": Law(corrupted, no_better),
    "evidence that comes twice never improves": Law(evidence_twice, no_better),
    "a replay changes nothing": Law(replayed, the_same),
    "the order changes nothing": Law(another_order, the_same),
    "the batches it came in change nothing": Law(split_over_batches, the_same),
    "a tighter threshold never improves": Law(tightened, no_better),
    "a limit that is gone or raised never improves": Law(a_looser_limit, no_more_alone),
    "one class changes nothing of another": Law(a_class_alone, the_same),
    "a new cohort never improves": Law(a_new_cohort, no_better),
    "facts of a second build never improve": Law(a_second_build, no_better),
    "time alone never improves": Law(a_day_later, no_better),
    "time alone finally expires": Law(years_later, nothing_proven),
}


def broken(
    gates: Gates, base: Tables, dice: Random, laws: Iterable[str] = LAWS
) -> tuple[list[str], Counter[str]]:
    """(what laws forbid and the gates say, how many words each law's change has changed).

    ``base``: a settled world.
    """
    models = [name for name, (relation, _) in gates.sql.items() if not relation.startswith("marts")]
    changed: Counter[str] = Counter()
    with closing(gates.open(base, models)) as connection:
        before = said(connection)
        wrong, now = not_the_worst(before), base
        for name in laws:
            after = said_after(gates, connection, now, now := LAWS[name].change(base, dice))
            wrong += [f"{name}: {sentence}" for sentence in not_the_worst(after)]
            for key, word in after.items():
                old = before.get(key)
                changed[name] += word != old
                if not LAWS[name].allows(key, old, word):
                    wrong.append(f"{name}: {' '.join(key)}: {old} => {word}")
    return wrong, changed


def said_after(
    gates: Gates, connection: duckdb.DuckDBPyConnection, before: Tables, after: Tables
) -> Words:
    """The same of another world, of which only what is different is read and built again."""
    renewed = {
        table for table in before.keys() | after.keys() if after.get(table) is not before.get(table)
    }
    for table in renewed:
        gates.put(connection, table, after.get(table, []))
    for model, (relation, sql) in gates.sql.items():
        if not relation.startswith("marts") and any(quoted(table) in sql for table in renewed):
            gates.build(connection, model)
            renewed.add(relation)
    return said(connection)


def quoted(table: str) -> str:
    """As compiled SQL names it."""
    return '"' + table.replace(".", '"."') + '"'


def not_the_worst(found: Words) -> list[str]:
    """Gates that are not the worst of their due criteria, or open behind one that is not."""
    held: dict[tuple[str, str], dict[str, list[str]]] = {}
    for (kind, *place, name), word in found.items():
        if kind == "criterion":
            own = held.setdefault((place[0], place[1]), {gate: [] for gate in GATES_IN_ORDER})
            own[OF_GATE[name]] += [] if word == "not_applicable" else [word]
    wrong = []
    for place, words in held.items():
        is_open = True
        for gate in GATES_IN_ORDER:
            is_open = is_open and worst(words[gate]) == "pass"
            is_right = found["gate", *place, gate] == worst(words[gate])
            if not is_right or (found["open", *place, gate] == "pass") != is_open:
                wrong.append(f"{gate} of {place} is not the worst of {words[gate]}")
    return wrong
