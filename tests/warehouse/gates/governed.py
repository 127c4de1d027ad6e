"""Random worlds, the governed part: waivers, signatures, what the last run recorded."""

from decimal import Decimal
from typing import TYPE_CHECKING

from oracle import judge_world
from oracle_criteria import Row
from oracle_map import LEVELS
from oracle_waivers import NEVER_WAIVED
from product_rows import PRODUCT

if TYPE_CHECKING:
    from worlds import Maker

STEP = Decimal("0.01")


def recorded(maker: "Maker") -> None:
    """Levels and thresholds of the last run; some under a name that the class no longer has."""
    pick, tables = maker.dice.choice, maker.tables
    tables["registry.taxonomy_changes"] = []
    tables["evidence.recorded_levels"] = []
    tables["evidence.recorded_thresholds"] = []
    for one in tables["registry.decision_classes"]:
        name = known = one["decision_class"]
        if maker.dice.random() < 0.3:
            known = f"{name} of old"
            change = {"former_class": known, "decision_class": name}
            change |= {"kind": pick(("renamed", "renamed", "split"))}
            tables["registry.taxonomy_changes"].append(change)
        for segment in ("all", "region=EU", "region=US", "team=EU"):
            if maker.dice.random() < 0.8:
                row = {"decision_class": name, "segment": segment}
                level = pick((*LEVELS, "surface"))
                tables["evidence.recorded_levels"].append(row | {"effective_level": level})
        steps = (*[0] * 16, 1, -1)
        for criterion in PRODUCT:
            if maker.dice.random() < 0.3:
                tables["evidence.recorded_thresholds"].append(
                    {
                        "decision_class": known,
                        "criterion_id": criterion["criterion_id"],
                        "threshold": criterion["threshold"] + pick(steps) * STEP,
                        "strictest_threshold": criterion["threshold"] + pick(steps) * STEP,
                        "counts_from": pick((None, maker.days(-20), maker.days(-1))),
                    }
                )


def revocations(maker: "Maker") -> None:
    """Of a class now and then, also twice, of one that is gone, or of all."""
    names = [row["decision_class"] for row in maker.tables["registry.decision_classes"]]
    found = [name for name in (*names, *names, "gone") if maker.dice.random() < 0.08]
    found += [None] if maker.wrong() else []
    maker.tables["evidence.recorded_revocations"] = [
        {"decision_class": name, "ledger_line": line} for line, name in enumerate(found, 3)
    ]


def sign_offs(maker: "Maker") -> None:
    """By every owner, most of them under the right map."""
    pick = maker.dice.choice
    signed = {
        row["decision_class"]: row["map_digest"]
        for row in judge_world(maker.tables)["gate_autonomy_map"]
        if row["segment"] == "all"
    }
    for one in maker.tables["registry.decision_classes"]:
        for owner in maker.tables["registry.owners"]:
            if owner["role"] == "technical" or owner["workflow"] != one["workflow"]:
                continue
            row = {
                "decision_class": one["decision_class"],
                "role": owner["role"],
                "person_id": owner["person_id"],
                "map_digest": signed.get(one["decision_class"]),
                "signed_at": maker.days(pick((-30, 0))),
                "expires_at": maker.days(pick((1, 90))),
            }
            row |= pick(
                (
                    {"map_digest": "other"},
                    {"signed_at": maker.days(1)},
                    {"expires_at": maker.as_of},
                    {"person_id": pick(maker.tables["registry.people"])["person_id"]},
                    {"role": pick(("business", "risk"))},
                )
                if maker.wrong(2)
                else ({},)
            )
            maker.tables["registry.sign_offs"] += [] if maker.wrong(2) else [row]


def waivers(maker: "Maker") -> None:
    """Of one criterion of each class, and of all that stand between it and the pilot."""
    rows: list[Row] = []
    maker.tables["registry.waivers"] = rows
    verdicts = judge_world(maker.tables)["gate_verdicts"]
    risk = {r["workflow"]: r["person_id"] for r in maker.tables["registry.owners"] if is_risk(r)}
    for one in maker.tables["registry.decision_classes"]:
        name = one["decision_class"]
        unmet = {
            row["criterion_id"]
            for row in verdicts
            if row["decision_class"] == name
            and row["gate_order"] <= 3
            and row["verdict"] not in ("pass", "not_applicable")
        }
        chosen = unmet - NEVER_WAIVED if maker.dice.random() < 0.7 else {"latency", "accuracy"}
        approver = risk.get(one["workflow"], "person 0")
        rows += [a_waiver(maker, one, criterion, approver) for criterion in sorted(chosen)]
    if maker.wrong(3) and rows:
        rows.append(rows[0] | {"waiver_id": "second", "expires_at": maker.days(2)})


def is_risk(owner: Row) -> bool:
    return owner["role"] == "risk"


def a_waiver(maker: "Maker", one: Row, criterion: str, approver: str) -> Row:
    pick = maker.dice.choice
    begins = pick((0, -5, -29))
    good: Row = {
        "waiver_id": f"{one['decision_class']} {criterion}",
        "decision_class": one["decision_class"],
        "criterion_id": criterion,
        "requested_by": "person of another house",
        "approved_by": approver,
        "reason": "known",
        "exposure_amount": Decimal("100.0000"),
        "currency": one["currency"],
        "granted_at": maker.days(begins),
        "expires_at": maker.days(begins + 30),
    }
    faults: list[Row] = [
        {"requested_by": pick((approver, None))},
        {"approved_by": pick(("person 0", "person 1", None))},
        {"reason": None},
        {"exposure_amount": pick((None, Decimal("0.0000")))},
        {"currency": pick((None, "EUR"))},
        {"expires_at": maker.days(begins + 31)},
        {"expires_at": maker.days(0)},
        {"granted_at": maker.days(1)},
        {"decision_class": "nobody's"},
        {"criterion_id": pick(sorted(NEVER_WAIVED))},
    ]
    return good | (pick(faults) if maker.wrong(2) else {})
