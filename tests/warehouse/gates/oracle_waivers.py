"""A naive gate in plain Python, for tests alone: what is waived, by whom, and what that holds."""

from collections import defaultdict
from typing import Any

from oracle_criteria import Row

NEVER_WAIVED = {
    *("owners_named", "expectations_met", "accounted", "telemetry_plausible"),
    *("level_within_evidence", "signed_by_business", "signed_by_risk", "boundary_defined"),
    *("guardrails_held", "baseline_fixed"),
}
NOTED = [
    *("waiver_id", "decision_class", "criterion_id", "requested_by", "approved_by", "reason"),
    *("exposure_amount", "currency", "granted_at", "expires_at"),
]


def states(waivers: list[Row], classes: list[Row], holders: list[Row], as_of: Any) -> list[Row]:
    by_name = {row["decision_class"]: row for row in classes}
    risk = {(row["workflow"], row["person_id"]) for row in holders if row["role"] == "risk"}
    rows = []
    for waiver in waivers:
        own = by_name.get(waiver["decision_class"], {})
        is_held = (own.get("workflow"), waiver["approved_by"]) in risk
        state = "void"
        if is_sound(waiver, own.get("currency")) and is_held and is_now(waiver, as_of):
            state = "open"
        elif waiver["expires_at"] <= as_of:
            state = "expired"
        elif waiver["granted_at"] > as_of:
            state = "not_yet"
        row = {name: waiver[name] for name in NOTED}
        rows.append(row | {"as_of": as_of, "workflow": own.get("workflow"), "state": state})
    return rows


def is_now(waiver: Row, as_of: Any) -> bool:
    return bool(waiver["granted_at"] <= as_of < waiver["expires_at"])


def is_sound(waiver: Row, currency: str | None) -> bool:
    return (
        waiver["requested_by"] is not None
        and waiver["requested_by"] != waiver["approved_by"]
        and waiver["reason"] is not None
        and (waiver["exposure_amount"] or 0) > 0
        and currency is not None
        and waiver["currency"] == currency
        and (waiver["expires_at"] - waiver["granted_at"]).days <= 30
        and waiver["criterion_id"] not in NEVER_WAIVED
    )


def waived(verdicts: list[Row], waivers: list[Row]) -> list[Row]:
    """Criteria that do not pass and are borne; what could not be judged cannot be."""
    rows = []
    for row in verdicts:
        own = [
            one
            for one in waivers
            if one["state"] == "open"
            and (one["decision_class"], one["criterion_id"])
            == (row["decision_class"], row["criterion_id"])
        ]
        if own and row["verdict"] in ("fail", "stale", "insufficient"):
            names = ("decision_class", "segment", "gate", "gate_order", "criterion_id")
            rows.append(
                {name: row[name] for name in names}
                | {
                    "waiver_id": min(one["waiver_id"] for one in own),
                    "waived_until": max(one["expires_at"] for one in own),
                }
            )
    return rows


def held(
    verdicts: list[Row], borne: list[Row], ladder: list[Row], recorded: list[Row]
) -> list[Row]:
    """Where nothing but what is waived stands between a class and the pilot it was in."""
    before = {(r["decision_class"], r["segment"]): r["effective_level"] for r in recorded}
    every, own, gates = early(verdicts), early(borne), early(ladder)
    rows = []
    for key, waivers in own.items():
        unmet = [row for row in every[key] if row["verdict"] not in ("pass", "not_applicable")]
        is_judged = all(row["verdict"] != "error" for row in gates[key])
        is_lifted = before.get(key) not in ("surface", "delegate_with_audit", "delegate")
        if is_judged and len(unmet) == len(waivers) and not is_lifted:
            until = min(row["waived_until"] for row in waivers)
            rows.append({"decision_class": key[0], "segment": key[1], "held_until": until})
    return rows


def early(rows: list[Row]) -> dict[tuple[str, str], list[Row]]:
    """Those of the first three gates, by class and segment."""
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row["gate_order"] <= 3:
            found[row["decision_class"], row["segment"]].append(row)
    return found
