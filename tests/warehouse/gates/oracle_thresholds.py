"""A naive gate in plain Python, for tests alone: thresholds, and what evidence counts."""

from collections import defaultdict
from datetime import date
from typing import Any

from oracle_criteria import Row, Tables, smallest

FIRST_DAY = date(1970, 1, 1)


def thresholds(world: Tables, context: Row) -> list[Row]:
    """A class row beats the company's default beats the product's; then the newest."""
    rows = []
    for one in world["registry.decision_classes"]:
        for criterion in world["registry.criteria"]:
            said = [(0, FIRST_DAY, criterion["threshold"])]
            for row in world["registry.thresholds"]:
                begins = row["effective_from"]
                is_ours = row["decision_class"] in (None, one["decision_class"])
                is_its = row["criterion_id"] == criterion["criterion_id"]
                if is_ours and is_its and begins is not None and begins <= context["as_of"]:
                    said.append(
                        (1 if row["decision_class"] is None else 2, begins, row["threshold"])
                    )
            top = max(entry[:2] for entry in said)
            in_force = [entry[2] for entry in said if entry[:2] == top]
            threshold = smallest(in_force)
            before = [e[2] for e in said if e[1] < top[1] and e[2] is not None]
            rows.append(
                {
                    "decision_class": one["decision_class"],
                    "criterion_id": criterion["criterion_id"],
                    "threshold": threshold,
                    "effective_from": top[1],
                    "alpha": criterion["alpha"],
                    "threshold_count": len(in_force),
                    "loosened_from": top[1]
                    if threshold is not None and is_looser(criterion, threshold, before)
                    else None,
                }
            )
    return rows


def is_looser(criterion: Row, threshold: Any, before: list[Any]) -> bool:
    """Than anything that was ever said."""
    if criterion["comparison"] == "at_most":
        return any(threshold > earlier for earlier in before)
    return criterion["comparison"] == "at_least" and any(threshold < e for e in before)


def newest_name(former: dict[str, str], name: str) -> str:
    """In a circle of names none is the newest: each keeps its own."""
    found = name
    for _ in range(len(former) + 1):
        if found not in former:
            return found
        found = former[found]
    return name


def floors(world: Tables, limits: list[Row], context: Row) -> list[Row]:
    """What is in force beside what was recorded, also under a former name, or of what is gone; a
    former name has what its class has."""
    comparisons = {r["criterion_id"]: r["comparison"] for r in world["registry.criteria"]}
    former = {
        row["former_class"]: row["decision_class"]
        for row in world["registry.taxonomy_changes"]
        if row["kind"] == "renamed"
    }
    recorded = defaultdict(list)
    for one in world["evidence.recorded_thresholds"]:
        name = newest_name(former, one["decision_class"])
        recorded[name, one["criterion_id"]].append(one)
    in_force = {(row["decision_class"], row["criterion_id"]): row["threshold"] for row in limits}
    rows = [
        {"decision_class": key[0], "criterion_id": key[1]}
        | floor(comparisons.get(key[1]), in_force.get(key), recorded[key], context)
        for key in {**in_force, **recorded}
    ]
    return rows + [
        row | {"decision_class": old}
        for old in former
        for row in rows
        if row["decision_class"] == newest_name(former, old) != old
    ]


def floor(comparison: str | None, now: Any, known: list[Row], context: Row) -> Row:
    """The larger the looser, whichever way the criterion compares."""
    sign = {"at_most": 1, "at_least": -1}.get(comparison or "")
    lasts = [one["threshold"] for one in known]
    leasts = [one["strictest_threshold"] for one in known]
    since = max((one["counts_from"] for one in known if one["counts_from"]), default=None)
    if sign is None:  # nobody can say what is looser
        row = {"threshold": smallest(lasts), "strictest_threshold": smallest(leasts)}
        return row | {"counts_from": since}
    last = smallest(scaled(sign, one) for one in lasts)
    least = smallest(scaled(sign, one) for one in leasts)
    now = scaled(sign, now)
    before = least if last is None else last
    counts_from = since
    if now is not None and before is not None and now > before:
        counts_from = context["as_of"]
    elif now is not None and least is not None and now <= least:
        counts_from = None
    return {
        "threshold": scaled(sign, last if now is None else now),
        "strictest_threshold": scaled(sign, smallest((now, least))),
        "counts_from": counts_from,
    }


def scaled(sign: int, value: Any) -> Any:
    return None if value is None else sign * value


def with_floors(limits: list[Row], recorded: list[Row]) -> list[Row]:
    """The later of the two days from which evidence counts."""
    rows = []
    since = {(r["decision_class"], r["criterion_id"]): r["counts_from"] for r in recorded}
    for limit in limits:
        day = since[limit["decision_class"], limit["criterion_id"]]
        days = [day for day in (limit["loosened_from"], day) if day is not None]
        rows.append(limit | {"loosened_from": max(days, default=None)})
    return rows
