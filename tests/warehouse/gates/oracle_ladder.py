"""A naive gate in plain Python, for tests alone: from verdicts to gates, levels, scorecard."""

from collections import defaultdict
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


def levels(
    maps: list[Row],
    ladder: list[Row],
    segments: list[Row],
    bands: list[Row],
    holds: list[Row],
    revoked: list[Row],
    context: Row,
) -> list[Row]:
    passed: dict[tuple[str, str], int] = {}
    cohort = {}
    for row in ladder:
        key = (row["decision_class"], row["segment"])
        climbed = row["gate_order"] if row["verdict"] == "pass" and not row["is_blocked"] else 0
        passed[key] = max(passed.get(key, 0), climbed)
        cohort[key] = row["cohort_id"]
    until = {(row["decision_class"], row["segment"]): row["held_until"] for row in holds}
    rows = []
    for one in maps:
        key = (one["decision_class"], one["segment"])
        if key not in passed or (one["decision_class"], "all") not in passed:
            continue
        gate = passed[key]
        declared, allowed = rank(one["declared_level"]), rank(one["recommended_level"])
        declared_segments = [s for s in segments if s["workflow"] == one["workflow"]]
        dimensions = {s["segment_dimension"] for s in declared_segments}
        is_alone = len(dimensions) == 1 and any(
            s["is_delegated_alone"]
            and f"{s['segment_dimension']}={s['segment_value']}" == one["segment"]
            for s in declared_segments
        )
        is_whole = is_alone or passed[one["decision_class"], "all"] >= 4
        is_within = declared is not None and declared <= allowed
        own = [band for band in bands if band["decision_class"] == one["decision_class"]]
        limit = supported_limit(one.get("amount_limit"), own)
        is_supported = not own or any(band["is_supported"] for band in own)
        level = "human_only"
        own_lines = [
            row["ledger_line"]
            for row in revoked
            if row["decision_class"] in (None, one["decision_class"])
        ]
        if own_lines:
            pass
        elif gate >= 4 and is_whole and is_within and is_supported:
            level = one["declared_level"]
        elif one["declared_level"] not in ("human_only", None) and (gate >= 3 or key in until):
            level = "surface"
        rows.append(
            one
            | {
                "as_of": context["as_of"],
                "cohort_id": cohort[key],
                "gates_passed": gate,
                "held_until": until.get(key),
                "is_revoked": bool(own_lines),
                "revoked_by_line": min(own_lines, default=None),
                "is_proven_as_a_whole": is_whole,
                "is_within_evidence": is_within,
                "is_amount_supported": is_supported,
                "supported_amount_limit": limit,
                "stage": STAGES[gate],
                "approved_level": one["declared_level"] if gate >= 3 else None,
                "effective_level": level,
            }
        )
    return rows


def supported_limit(declared: Any, bands: list[Row]) -> Any:
    """What is declared, and no more than what the bands prove; where none does, nothing."""
    if not bands:
        return declared
    proven = max((band["amount_limit"] for band in bands if band["is_supported"]), default=0)
    return proven if declared is None else min(declared, proven)


def scorecard(
    verdicts: list[Row], ladder: list[Row], borne: list[Row], valid: list[Row]
) -> list[Row]:
    rows = []
    names = defaultdict(list)
    for row in borne:
        names[row["decision_class"], row["segment"], row["gate"]].append(row["criterion_id"])
    kept = ("as_of", "workflow", "decision_class", "segment", "cohort_id", "gate", "gate_order")
    key = ("decision_class", "segment", "gate")
    until = {tuple(row[name] for name in key): row["valid_until_date"] for row in valid}
    held = defaultdict(list)
    for row in verdicts:
        if row["verdict"] not in ("pass", "not_applicable"):
            held[tuple(row[name] for name in key)].append(row)
    for gate in ladder:
        unmet = held[tuple(gate[name] for name in key)]
        unmet.sort(key=lambda row: (-badness(row["verdict"]), row["criterion_order"]))
        first = unmet[0] if unmet else None
        said = f": {first['reason']}" if first and first["reason"] is not None else ""
        needed = [
            r["n_needed"]
            for r in unmet
            if r["criterion_id"] == "accuracy" and r["verdict"] != "fail"
        ]
        rows.append(
            {name: gate[name] for name in (*kept, "verdict", "is_blocked", "pass_count")}
            | {
                "valid_until_date": until[tuple(gate[name] for name in key)],
                "due_count": gate["criterion_count"] - gate["not_applicable_count"],
                "waived_criteria": ", ".join(sorted(names[tuple(gate[n] for n in key)])) or None,
                "open_criteria": ", ".join(row["criterion_id"] for row in unmet) or None,
                "first_reason": first["criterion_id"] + said if first else None,
                "labels_needed": needed[0] if needed else None,
            }
        )
    return rows
