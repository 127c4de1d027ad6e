"""A naive gate in plain Python, for tests alone: steps of expansion, rungs, ready to scale."""

from typing import Any

from oracle_criteria import Row, Tables

RUNGS = ["volume", "adjacent_class", "team_or_region", "second_workflow", "portfolio"]
CHECKS = [
    *("measurable_business_value", "reliable_production_data", "agreed_autonomy_levels"),
    *("monitoring_and_audit_logs", "business_metric_improved"),
]
Standings = dict[tuple[str, str], Row]


def proofs(steps: list[Row], reached: list[Row], verdicts: list[Row], context: Row) -> list[Row]:
    """One row per registered step: has it begun, and does what it added stand on its own."""
    standings = {(row["decision_class"], row["segment"]): row for row in reached}
    looks = {
        name: row["evidence_newest_date"] for name, row in passing(verdicts, "kpi_improved").items()
    }
    rows = []
    for step in steps:
        own = standings.get((step["decision_class"], "all"), {})
        begins = step["starts_at"]
        is_begun = begins is not None and begins <= context["as_of"]
        rows.append(
            {name: step[name] for name in ("decision_class", "rung", "starts_at", "owner")}
            | {
                "as_of": context["as_of"],
                "workflow": own.get("workflow"),
                "target": "(none)" if step["target"] is None else step["target"],
                "rung_order": order_of(step["rung"]),
                "is_begun": is_begun,
                "is_own_at_scale": is_at_scale(own),
                "is_proven": is_begun
                and is_at_scale(own)
                and stands(step, own, standings, looks.get(step["decision_class"])),
            }
        )
    return rows


def passing(verdicts: list[Row], criterion: str) -> dict[str, Row]:
    """The verdicts of all segments together that pass, by class."""
    wanted = (criterion, "all", "pass")
    names = ("criterion_id", "segment", "verdict")
    return {r["decision_class"]: r for r in verdicts if tuple(r[n] for n in names) == wanted}


def order_of(rung: str | None) -> int | None:
    return RUNGS.index(rung) + 1 if rung in RUNGS else None


def is_at_scale(standing: Row) -> bool:
    return standing.get("stage") == "scale"


def stands(step: Row, own: Row, standings: Standings, looked: Any) -> bool:
    """Whether the volume was looked at, or what was added is at scale itself."""
    target, rung = step["target"], step["rung"]
    if rung == "volume":
        return looked is not None and bool(looked >= step["starts_at"])
    if rung == "adjacent_class":
        other = standings.get((target, "all"), {})
        return is_at_scale(other) and other["workflow"] == own["workflow"]
    if rung == "team_or_region":
        other = standings.get((step["decision_class"], target), {})
        return target != "all" and is_at_scale(other)
    if rung == "second_workflow":
        return target != own["workflow"] and any(
            is_at_scale(row)
            for (_, segment), row in standings.items()
            if segment == "all" and row["workflow"] == target
        )
    return False


def rungs(proven: list[Row], reached: list[Row]) -> list[Row]:
    """One row per class and rung; proven only above rungs that are."""
    rows = []
    for one in reached:
        if one["segment"] != "all":
            continue
        is_proven = True
        for number, rung in enumerate(RUNGS, 1):
            own = [
                row
                for row in proven
                if (row["decision_class"], row["rung"]) == (one["decision_class"], rung)
            ]
            begun = [row for row in own if row["is_begun"]]
            good = [row for row in own if row["is_proven"]]
            open_steps = [row for row in begun if not row["is_proven"]]
            open_steps.sort(key=lambda row: (row["starts_at"], row["target"]))
            starts = [row["starts_at"] for row in own if row["starts_at"] is not None]
            is_proven = is_proven and bool(begun) and len(begun) == len(good)
            rows.append(
                {name: one[name] for name in ("workflow", "decision_class", "stage")}
                | {
                    "rung": rung,
                    "rung_order": number,
                    "begun_count": len(begun),
                    "proven_count": len(good),
                    "first_date": min(starts, default=None),
                    "unproven_targets": ", ".join(row["target"] for row in open_steps) or None,
                    "is_proven": is_proven,
                }
            )
    return rows


def judged_steps(proven: list[Row], climbed: list[Row]) -> list[Row]:
    """May each step be taken; None before the first rung."""
    by_key = {(row["decision_class"], row["rung_order"]): row for row in climbed}
    rows = []
    for step in proven:
        order = step["rung_order"]
        before = by_key.get((step["decision_class"], order - 1)) if order else None
        verdict, reason = judged(step, before)
        rows.append(step | {"verdict": verdict, "reason": reason})
    return rows


def judged(step: Row, before: Row | None) -> tuple[str, str | None]:
    if None in (step["rung_order"], step["workflow"], step["starts_at"]):
        return "error", "no such rung or class"
    if step["rung_order"] > 1:
        first = before["first_date"] if before else None
        if first is None or first >= step["starts_at"]:
            return "fail", "skips the rung before: no step of it starts earlier"
    refused = "fail" if step["is_begun"] else "insufficient"
    if not step["is_own_at_scale"]:
        return refused, "the class is not at scale"
    if step["rung_order"] > 1 and not (before and before["is_proven"]):
        return refused, "the rung before is not proven"
    return "pass", None


def scale_checks(workflows: list[Row], ladder: list[Row], verdicts: list[Row]) -> list[Row]:
    """Per workflow and gate: the classes that pass it, open, with a baseline that was fixed."""
    fixed = {
        row["decision_class"]
        for row in verdicts
        if (row["criterion_id"], row["segment"], row["verdict"])
        == ("baseline_fixed", "all", "pass")
    }
    rows = []
    for flow in workflows:
        for order, check in enumerate(CHECKS, 1):
            own = [
                row
                for row in ladder
                if (row["workflow"], row["segment"], row["gate_order"])
                == (flow["workflow"], "all", order)
            ]
            met = sorted(
                row["decision_class"]
                for row in own
                if row["verdict"] == "pass"
                and row["is_blocked"] is False
                and row["decision_class"] in fixed
            )
            rows.append(
                {"workflow": flow["workflow"], "scale_check": check, "check_order": order}
                | {"class_count": len(own), "met_count": len(met)}
                | {"met_classes": ", ".join(met) or None}
            )
    return rows


def rollout(
    world: Tables, reached: list[Row], ladder: list[Row], verdicts: list[Row], context: Row
) -> Tables:
    """The models of this file, by name."""
    proven = proofs(world["registry.expansion_steps"], reached, verdicts, context)
    climbed = rungs(proven, reached)
    return {
        "gate_expansion_proofs": proven,
        "gate_rungs": climbed,
        "gate_expansion_steps": judged_steps(proven, climbed),
        "gate_scale_checks": scale_checks(world["registry.workflows"], ladder, verdicts),
    }
