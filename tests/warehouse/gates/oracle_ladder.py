"""A naive gate in plain Python, for tests alone: from verdicts to gates, levels, scorecard."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

from oracle_criteria import WORST_FIRST, Row, badness
from oracle_map import rank

STAGES = ["proposed", "discovery", "build", "pilot", "limited_rollout", "scale"]


def gates(verdicts: list[Row]) -> list[Row]:
    """The worst of the due criteria, and whether an earlier gate does not pass."""
    shared = ("as_of", "workflow", "decision_class", "segment", "cohort_id", "declared_level")
    held: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for row in verdicts:
        key = (*(row[name] for name in shared), row["gate"], row["gate_order"])
        held[key].append(row["verdict"])
    rows = []
    for key, words in held.items():
        due_words = [word for word in words if word != "not_applicable"]
        rows.append(
            dict(zip((*shared, "gate", "gate_order"), key, strict=True))
            | {
                "criterion_count": len(words),
                "pass_count": words.count("pass"),
                "not_applicable_count": words.count("not_applicable"),
                "verdict": worst(due_words),
            }
        )
    for row in rows:
        row["is_blocked"] = any(
            other["verdict"] != "pass"
            for other in rows
            if (other["decision_class"], other["segment"])
            == (row["decision_class"], row["segment"])
            and other["gate_order"] < row["gate_order"]
        )
    return rows


def worst(words: list[str]) -> str:
    word = max(words, key=badness, default="error")
    return word if word in WORST_FIRST else "error"


def levels(maps: list[Row], ladder: list[Row], segments: list[Row], context: Row) -> list[Row]:
    passed: dict[tuple[str, str], int] = {}
    cohort = {}
    for row in ladder:
        key = (row["decision_class"], row["segment"])
        climbed = row["gate_order"] if row["verdict"] == "pass" and not row["is_blocked"] else 0
        passed[key] = max(passed.get(key, 0), climbed)
        cohort[key] = row["cohort_id"]
    rows = []
    for one in maps:
        key = (one["decision_class"], one["segment"])
        if key not in passed or (one["decision_class"], "all") not in passed:
            continue
        gate = passed[key]
        declared, allowed = rank(one["declared_level"]), rank(one["recommended_level"])
        dimensions = {s["segment_dimension"] for s in segments if s["workflow"] == one["workflow"]}
        whole = passed[one["decision_class"], "all"] if len(dimensions) > 1 else gate
        level = "human_only"
        if min(gate, whole) >= 4 and declared is not None and declared <= allowed:
            level = one["declared_level"]
        elif gate >= 3 and one["declared_level"] not in ("human_only", None):
            level = "surface"
        rows.append(
            one
            | {
                "as_of": context["as_of"],
                "cohort_id": cohort[key],
                "stage": STAGES[gate],
                "approved_level": one["declared_level"] if gate >= 3 else None,
                "effective_level": level,
            }
        )
    return rows


def scorecard(verdicts: list[Row], ladder: list[Row]) -> list[Row]:
    rows = []
    kept = ("as_of", "workflow", "decision_class", "segment", "cohort_id", "gate", "gate_order")
    key = ("decision_class", "segment", "gate")
    held = defaultdict(list)
    for row in verdicts:
        if row["verdict"] not in ("pass", "not_applicable"):
            held[tuple(row[name] for name in key)].append(row)
    for gate in ladder:
        unmet = held[tuple(gate[name] for name in key)]
        unmet.sort(key=lambda row: (-badness(row["verdict"]), row["criterion_order"]))
        first = unmet[0] if unmet else None
        said = f": {first['reason']}" if first and first["reason"] is not None else ""
        needed = [r["n_needed"] for r in unmet if r["criterion_id"] == "accuracy"]
        rows.append(
            {name: gate[name] for name in (*kept, "verdict", "is_blocked", "pass_count")}
            | {
                "valid_until_date": gate["as_of"] + timedelta(days=7),
                "due_count": gate["criterion_count"] - gate["not_applicable_count"],
                "open_criteria": ", ".join(row["criterion_id"] for row in unmet) or None,
                "first_reason": first["criterion_id"] + said if first else None,
                "labels_needed": needed[0] if needed else None,
            }
        )
    return rows
