"""A naive gate in plain Python, for tests alone: thresholds, and what evidence counts."""

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


def floors(world: Tables, limits: list[Row], context: Row) -> list[Row]:
    """What is in force beside what the last run recorded, also under a former name."""
    comparisons = {r["criterion_id"]: r["comparison"] for r in world["registry.criteria"]}
    former = {
        row["former_class"]: row["decision_class"]
        for row in world["registry.taxonomy_changes"]
        if row["kind"] == "renamed"
    }
    rows = []
    for limit in limits:
        name, criterion = limit["decision_class"], limit["criterion_id"]
        sign = {"at_most": 1, "at_least": -1}.get(comparisons[criterion] or "")
        row = {"decision_class": name, "criterion_id": criterion}
        rows.append(row | {"threshold": None, "strictest_threshold": None, "counts_from": None})
        if sign is None:
            continue
        known = [
            one
            for one in world["evidence.recorded_thresholds"]
            if one["criterion_id"] == criterion
            and former.get(one["decision_class"], one["decision_class"]) == name
        ]
        now = None if limit["threshold"] is None else sign * limit["threshold"]
        last = smallest(scaled(sign, one["threshold"]) for one in known)
        least = smallest(scaled(sign, one["strictest_threshold"]) for one in known)
        since = max((o["counts_from"] for o in known if o["counts_from"]), default=None)
        strictest = smallest((now, least))
        rows[-1]["threshold"] = limit["threshold"]
        rows[-1]["strictest_threshold"] = scaled(sign, strictest)
        if now is not None and last is not None and now > last:
            rows[-1]["counts_from"] = context["as_of"]
        elif now is not None and least is not None and now > least:
            rows[-1]["counts_from"] = since
    return rows


def scaled(sign: int, value: Any) -> Any:
    return None if value is None else sign * value


def with_floors(limits: list[Row], recorded: list[Row]) -> list[Row]:
    """The later of the two days from which evidence counts."""
    rows = []
    for limit, floor in zip(limits, recorded, strict=True):
        days = [day for day in (limit["loosened_from"], floor["counts_from"]) if day is not None]
        rows.append(limit | {"loosened_from": max(days, default=None)})
    return rows
