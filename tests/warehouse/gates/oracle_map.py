"""A naive gate in plain Python, for tests alone: the autonomy map and who signed it."""

import hashlib
import json
from collections import defaultdict
from decimal import Decimal
from typing import Any

from oracle_criteria import TESTS, Row

SHADOW = "accuracy"
LEVELS = ["human_only", "surface", "delegate_with_audit", "delegate"]
SIGNED = [
    *("decision_class", "segment", "boundary", "amount_limit", "currency", "declared_level"),
    *("recommended_level", "reversibility_test", "value_at_risk_test", "confidence_quality_test"),
    *("review_capacity_test", "taxonomy_version", "threshold_text", "segment_text"),
    *("limit_text", "outcome_text", "inventory_text"),
]
INVENTORY = [
    *("reversibility", "is_regulated", "cost_of_delay_amount", "error_cost", "error_cost_amount"),
    *("label_outcome", "label_delay_days", "latency_limit_ms", "operating_confidence"),
    *("review_pool", "review_wait_minutes", "alpha_weight", "required_fields"),
    "cost_cap_amount",
]
SCALES = {
    "threshold": 9,
    "amount_limit": 4,
    "cost_of_delay_amount": 4,
    "error_cost_amount": 2,
    "alpha_weight": 6,
    "operating_confidence": 2,
    "cost_cap_amount": 4,
}


def rank(level: str | None) -> int | None:
    return LEVELS.index(level) if level in LEVELS else None


def written(name: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:.{SCALES[name]}f}"
    return str(value)


def asks_for_a_person(decision_class: Row) -> bool:
    is_final = decision_class["reversibility"] == "irreversible"
    return is_final or decision_class["is_regulated"] is not False


def recommended(decision_class: Row, not_good: int, is_shown: bool) -> str:
    if asks_for_a_person(decision_class):
        return "surface" if is_shown and not_good <= 2 else "human_only"
    if not_good == 0:
        return "delegate" if decision_class["error_cost"] == "low" else "delegate_with_audit"
    return "surface" if not_good <= 2 else "human_only"


def maps(tests: list[Row], classes: list[Row], terms: list[Row]) -> list[Row]:
    """One map per class and segment of which a test is due."""
    verdicts: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in tests:
        verdicts[row["decision_class"], row["segment"]][row["criterion_id"]] = row["verdict"]
    by_name = {row["decision_class"]: row for row in classes}
    signed = {row["decision_class"]: row for row in terms}
    rows = [one_map(by_name[name], segment, found) for (name, segment), found in verdicts.items()]
    outcomes = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["segment"]):
        outcomes[row["decision_class"]].append(
            [row["segment"], row["recommended_level"], *(row[f"{test}_test"] for test in TESTS)]
        )
    for row in rows:
        texts = signed[row["decision_class"]]
        texts = texts | {"outcome_text": compact(outcomes[row["decision_class"]])}
        row["map_digest"] = digest({**texts, **row})
    return rows


def one_map(inventory: Row, segment: str, verdicts: dict[str, str]) -> Row:
    words = {"pass": "good", "fail": "weak"}
    outcomes = {test: words.get(verdicts.get(test, ""), "unknown") for test in TESTS}
    shadow = words.get(verdicts.get(SHADOW, ""), "unknown")
    weak = sum(outcome == "weak" for outcome in outcomes.values())
    not_good = sum(outcome != "good" for outcome in outcomes.values())
    row = {
        name: inventory[name]
        for name in ("workflow", "decision_class", "boundary", "amount_limit", "currency")
    }
    row |= {name: inventory[name] for name in ("declared_level", "taxonomy_version")}
    row |= {f"{test}_test": outcome for test, outcome in outcomes.items()}
    return row | {
        "segment": segment,
        "weak_or_unknown_count": not_good,
        "weak_count": weak,
        "shadow_outcome": shadow,
        "recommended_level": recommended(inventory, not_good, shadow == "good"),
        "best_case_level": recommended(inventory, weak, shadow != "weak"),
    }


def signed_terms(
    classes: list[Row], segments: list[Row], limits: list[Row], amounts: list[Row]
) -> list[Row]:
    """What a signature covers of the registry, as text."""
    rows = []
    for inventory in classes:
        name = inventory["decision_class"]
        thresholds = sorted(
            (one["criterion_id"], written("threshold", one["threshold"]) or "(absent)")
            for one in limits
            if one["decision_class"] == name
        )
        pairs = sorted(
            [
                one["segment_dimension"],
                one["segment_value"],
                "true" if one["is_delegated_alone"] else "false",
            ]
            for one in segments
            if one["workflow"] == inventory["workflow"]
        )
        own = sorted(one["amount_limit"] for one in amounts if one["decision_class"] == name)
        facts = {column: written(column, inventory[column]) for column in INVENTORY}
        rows.append(
            {
                "decision_class": name,
                "threshold_text": ";".join(f"{key}={limit}" for key, limit in thresholds) or None,
                "segment_text": compact(pairs) if pairs else None,
                "limit_text": compact([written("amount_limit", one) for one in own])
                if own
                else None,
                "inventory_text": compact(facts),
            }
        )
    return rows


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def digest(row: Row) -> str:
    parts = [(name, written(name, row[name])) for name in SIGNED]
    text = "".join(f"{name}={'(absent)' if value is None else value}\n" for name, value in parts)
    return hashlib.sha256(text.encode()).hexdigest()


def active_owners(owners: list[Row], people: list[Row], as_of: Any) -> list[Row]:
    active = {row["person_id"] for row in people if row["is_active"]}
    ends = defaultdict(list)
    for row in owners:
        begins, end = row["valid_from"], row["valid_until"]
        is_held = begins is not None and begins <= as_of and (end is None or end > as_of)
        if row["person_id"] in active and is_held:
            ends[row["workflow"], row["role"], row["person_id"]].append(end)
    return [
        dict(zip(("workflow", "role", "person_id"), holder, strict=True))
        | {"ends_on": None if None in days else max(days)}
        for holder, days in ends.items()
    ]


def signatures(maps: list[Row], signs: list[Row], holders: list[Row], as_of: Any) -> list[Row]:
    """How many count, until when, and how many there are, for both roles of every map."""
    held = {(row["workflow"], row["role"], row["person_id"]): row.get("ends_on") for row in holders}
    signed_map = {row["decision_class"]: row for row in maps if row["segment"] == "all"}
    valid: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for sign in signs:
        one = signed_map.get(sign["decision_class"])
        if one is None or sign["map_digest"] != one["map_digest"]:
            continue
        is_in_time = sign["signed_at"] <= as_of < sign["expires_at"]
        holder = (one["workflow"], sign["role"], sign["person_id"])
        if is_in_time and holder in held:
            own = valid[sign["decision_class"]][sign["role"]]
            end = min(sign["expires_at"], held[holder] or sign["expires_at"])
            own[sign["person_id"]] = max(end, own.get(sign["person_id"], end))
    rows = []
    for one in maps:
        name = one["decision_class"]
        for role, other in (("business", "risk"), ("risk", "business")):
            there = [s for s in signs if (s["decision_class"], s["role"]) == (name, role)]
            there = there if name in signed_map else []
            counted = {
                person: end
                for person, end in valid[name][role].items()
                if person not in valid[name][other]
            }
            rows.append(
                {
                    "decision_class": name,
                    "segment": one["segment"],
                    "role": role,
                    "valid_count": len(counted),
                    "any_count": len(there),
                    "ends_on": max(counted.values(), default=None),
                }
            )
    return rows


def evidence(maps: list[Row], signed: list[Row], limits: list[Row], context: Row) -> list[Row]:
    """The map's own facts in the shape of evidence."""
    in_force = {(row["decision_class"], row["criterion_id"]): row["threshold"] for row in limits}
    rows = [about_signature(row) for row in signed] + [about_level(row) for row in maps]
    for row in rows:
        row |= {
            "as_of": context["as_of"],
            "known_batch": context["known_batch"],
            "cohort_id": "*",
            "threshold_used": in_force.get((row["decision_class"], row["criterion_id"])),
            "alpha": None,
            "method": "exact count",
            "n_effective": row["n"],
            "n_missing": 0,
            "n_needed": 0,
            "window_start": None,
            "window_end": context["as_of"],
            "evidence_newest_date": context["as_of"],
        }
    return rows


def about_signature(row: Row) -> Row:
    role, count = row["role"], row["valid_count"]
    if count:
        status, reason = "ok", None
    elif row["any_count"]:
        status = "stale"
        reason = f"signed, but not exactly this map, by its {role} owner, unexpired"
    else:
        status, reason = "insufficient", f"not signed by the {role} owner"
    return {
        "criterion_id": f"signed_by_{role}",
        "decision_class": row["decision_class"],
        "segment": row["segment"],
        "estimate": count,
        "bound": count,
        "refuting_bound": None,
        "n": count,
        "status": status,
        "reason": reason,
    }


def about_level(row: Row) -> Row:
    declared = rank(row["declared_level"])
    above = None if declared is None else declared - LEVELS.index(row["recommended_level"])
    at_best = None if declared is None else declared - LEVELS.index(row["best_case_level"])
    return {
        "criterion_id": "level_within_evidence",
        "decision_class": row["decision_class"],
        "segment": row["segment"],
        "estimate": above,
        "bound": above,
        "refuting_bound": at_best,
        "n": 4,
        "status": "ok",
        "reason": None
        if row["declared_level"] is None
        else f"recommended {row['recommended_level']}, declared {row['declared_level']}",
    }
