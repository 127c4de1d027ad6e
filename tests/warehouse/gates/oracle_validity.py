"""A naive gate in plain Python, for tests alone: until when a pass and a level may be relied on."""

from datetime import timedelta
from typing import Any

from oracle_criteria import Row

DAY = timedelta(days=1)
LONGEST = 7 * DAY


def validity(
    verdicts: list[Row],
    ladder: list[Row],
    signed: list[Row],
    holders: list[Row],
    thresholds: list[Row],
) -> list[Row]:
    """The first day on which something ends that the pass of a gate rests on; the whole rests on
    every segment of what is measured in each."""
    rows = []
    for gate in ladder:
        key = [gate[name] for name in ("decision_class", "segment", "gate")]
        passed = [row for row in verdicts if row["verdict"] == "pass" and is_under(row, gate)]
        days = [day for row in passed for day in ends(row, signed, holders, thresholds)]
        until = gate["as_of"] + LONGEST
        rows.append(
            dict(zip(("decision_class", "segment", "gate"), key, strict=True))
            | {
                "gate_order": gate["gate_order"],
                "run_until_date": until,
                "valid_until_date": min(until, *days, until if days else gate["as_of"])
                if gate["verdict"] == "pass"
                else until,
            }
        )
    return rows


def is_under(row: Row, gate: Row) -> bool:
    """A criterion of the gate; of the whole also one that is measured in another segment."""
    if any(row[name] != gate[name] for name in ("decision_class", "gate")):
        return False
    is_vetoing = gate["segment"] == "all" and row["scope"] == "segment"
    return is_vetoing or bool(row["segment"] == gate["segment"])


def ends(row: Row, signed: list[Row], holders: list[Row], thresholds: list[Row]) -> list[Any]:
    """Last days of one criterion that passes."""
    newest, age = row["evidence_newest_date"], row["max_age_days"]
    is_unknown = newest is None or age is None
    days = [row["as_of"] if is_unknown else newest + age * DAY]
    for one in thresholds:
        is_its = one["criterion_id"] == row["criterion_id"]
        is_ours = one["decision_class"] in (None, row["decision_class"])
        begins = one["effective_from"]
        if is_its and is_ours and begins is not None and begins > row["as_of"]:
            days.append(begins - DAY)
    if row["criterion_id"] == "owners_named":
        own = [one for one in holders if one["workflow"] == row["workflow"]]
        for role in {one["role"] for one in own}:
            known = [o["ends_on"] for o in own if o["role"] == role and o["ends_on"] is not None]
            days += [max(known) - DAY] if known else []
    for one in signed:
        is_it = row["criterion_id"] == f"signed_by_{one['role']}" and one["ends_on"] is not None
        if is_it and all(one[name] == row[name] for name in ("decision_class", "segment")):
            days.append(one["ends_on"] - DAY)
    return days


def level_ends(levels: list[Row], valid: list[Row], bands: list[Row]) -> list[Row]:
    """The first of what ends of the gates of the segment and the whole, of amounts and waivers."""
    rows = []
    for one in levels:
        days = [one["as_of"] + LONGEST]
        days += [
            row["valid_until_date"]
            for row in valid
            if row["decision_class"] == one["decision_class"]
            and row["segment"] in (one["segment"], "all")
            and row["gate_order"] <= min(one["gates_passed"], 4)
        ]
        for band in bands:
            if band["decision_class"] == one["decision_class"] and band["is_supported"]:
                newest, age = band["evidence_newest_date"], band["max_age_days"]
                is_unknown = newest is None or age is None
                days.append(one["as_of"] if is_unknown else newest + age * DAY)
        days += [one["held_until"] - DAY] if one["held_until"] else []
        rows.append(
            {name: one[name] for name in ("decision_class", "segment")}
            | {"valid_until_date": min(days)}
        )
    return rows
