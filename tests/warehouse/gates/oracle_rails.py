"""A naive gate in plain Python, for tests alone: what shows that a rail works, and readiness."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from oracle_criteria import Row, Tables
from oracle_map import LEVELS
from oracle_rollout import passing

RAILS = [
    *("identity_and_access_control", "data_connectors", "evaluation_harness"),
    *("human_review_queues", "audit_logs", "cost_controls", "incident_playbooks"),
    *("model_routing", "guardrails"),
]
COVERAGES = ["shared", "one_off", "missing"]


def traces(world: Tables, context: Row) -> list[Row]:
    """Observations, and the newest day on which the logs bear a rail's trace."""
    rows = [
        {name: row.get(name) for name in ("rail", "workflow", "component", "result")}
        | {
            "trace": "observation",
            "event_date": row.get("event_date") or context["as_of"],
            "is_placed": None not in (row.get("workflow"), row.get("event_date")),
            "trace_count": row.get("observation_count"),
        }
        for row in seen(world, "fct_rails_daily", context)
    ]
    newest: dict[tuple[str, Any, Any], Any] = {}
    for *key, day in logged(world, context):
        place = (key[0], key[1], key[2])
        newest[place] = max(newest.get(place, day), day)
    return rows + [
        {"rail": rail, "workflow": workflow, "review_pool": pool, "trace": "log"}
        | {"event_date": day, "is_placed": True}
        for (rail, workflow, pool), day in newest.items()
    ]


def seen(world: Tables, fact: str, context: Row) -> list[Row]:
    """What had landed and happened; what happened on no known day is among it."""
    return [
        row
        for row in world[f"facts.{fact}"]
        if row["landing_batch"] <= context["known_batch"]
        and (row.get("event_date") is None or row["event_date"] <= context["as_of"])
    ]


def logged(world: Tables, context: Row) -> Iterator[tuple[str, Any, Any, Any]]:
    """(rail, workflow, review pool, day) of every trace in the logs."""
    days: dict[tuple[Any, Any], list[Row]] = defaultdict(list)
    for row in dated(world, "fct_decisions_daily", context):
        if row.get("segment") == "all":
            days[row["workflow"], row["event_date"]].append(row)
    for (workflow, day), found in days.items():
        yield from ((rail, workflow, None, day) for rail in borne(found))
    for row in dated(world, "fct_samples_weekly", context):
        if row.get("segment") == "all" and (row["labelled_count"] or 0) > 0:
            yield "evaluation_harness", row["workflow"], None, row["event_date"]
    for row in dated(world, "fct_reviews_daily", context):
        if (row.get("review_count") or 0) > 0:
            yield "human_review_queues", None, row["review_pool"], row["event_date"]


def dated(world: Tables, fact: str, context: Row) -> list[Row]:
    return [row for row in seen(world, fact, context) if row.get("event_date") is not None]


def borne(found: list[Row]) -> list[str]:
    """Rails of which the decisions of one workflow and day bear a trace."""
    counts = {
        name: sum(row[name] for row in found)
        for name in (
            *("decision_count", "audit_complete_count", "priced_count"),
            *("missing_model_count", "boundary_unknown_count"),
        )
    }
    total = counts["decision_count"]
    measures = {
        "data_connectors": total,
        "audit_logs": counts["audit_complete_count"],
        "cost_controls": counts["priced_count"],
        "model_routing": total - counts["missing_model_count"],
        "guardrails": total - counts["boundary_unknown_count"],
    }
    return [rail for rail, count in measures.items() if count > 0]


def rail_components(world: Tables, found: list[Row], context: Row) -> list[Row]:
    """One row per registered component: what shows that it works."""
    pools = {row["review_pool"]: row["workflow"] for row in world["registry.review_pools"]}
    flows = {row["workflow"] for row in world["registry.workflows"]}
    rows = []
    for one in world["registry.rails"]:
        flow, rail = one["workflow"], one["rail"]
        beside = registered(world, flow, rail)
        mine = [row for row in found if row["rail"] == rail and is_about(row, flow, pools)]
        mine = mine if flow in flows else []
        rows.append({name: one[name] for name in ("workflow", "rail", "component")})
        rows[-1] |= {name: one[name] for name in ("is_shared", "max_age_days")}
        rows[-1] |= one_component(one, beside, mine, context["as_of"])
    return rows


def registered(world: Tables, flow: str, rail: str) -> list[Any]:
    own = [row for row in world["registry.rails"] if (row["workflow"], row["rail"]) == (flow, rail)]
    return [row["component"] for row in own]


def one_component(one: Row, beside: list[Any], mine: list[Row], as_of: Any) -> Row:
    name = one["component"]
    seen = [row for row in mine if row["trace"] == "observation"]
    passed = [r for r in seen if r["result"] == "passed" and r["is_placed"]]
    good = newest_day(row for row in passed if row.get("component") == name)
    # of a component that nobody registered, it may have been this one
    bad_rows = [
        row
        for row in seen
        if row["result"] != "passed"
        and (row.get("component") == name or row.get("component") not in beside)
    ]
    bad = newest_day(bad_rows)
    named = [(row["event_date"], row["result"]) for row in bad_rows if row["result"] is not None]
    logs = [row for row in mine if row["trace"] == "log"] if len(beside) == 1 else []
    logged = newest_day(logs)
    best = max((day for day in (good, logged) if day is not None), default=None)
    age = one["max_age_days"]
    state = "none"
    if bad is not None and (good is None or bad >= good):
        state = "not_passed"
    elif best is not None:
        state = "working" if age is not None and (as_of - best).days <= age else "stale"
    return {
        "newest_passed_date": good,
        "newest_unpassed_date": bad,
        "newest_unpassed_result": max(named)[1] if named else None,
        "newest_log_date": logged,
        "evidence_state": state,
    }


def rails(world: Tables, parts: list[Row], found: list[Row], context: Row) -> list[Row]:
    """One row per workflow and rail, which is as its worst component is."""
    rows = []
    for flow in world["registry.workflows"]:
        name = flow["workflow"]
        for order, rail in enumerate(RAILS, 1):
            own = [row for row in parts if (row["workflow"], row["rail"]) == (name, rail)]
            known = registered(world, name, rail)
            seen = [
                row
                for row in found
                if (row["rail"], row["trace"]) == (rail, "observation") and is_about(row, name, {})
            ]
            others = {row.get("component") for row in seen} - {None, *known}
            rows.append(
                {"as_of": context["as_of"], "workflow": name, "rail": rail, "rail_order": order}
                | {"unregistered_components": ", ".join(sorted(others)) or None}
                | {"observation_count": sum(row["trace_count"] or 0 for row in seen)}
                | one_rail(own)
            )
    return rows


def is_about(trace: Row, workflow: str, pools: dict[str, str]) -> bool:
    """An observation that names no workflow may be about any; a log entry is about none."""
    place = trace.get("workflow")
    place = pools.get(trace.get("review_pool") or "") if place is None else place
    return place == workflow or (place is None and trace["trace"] == "observation")


def one_rail(own: list[Row]) -> Row:
    if not own:
        return {"coverage": "missing", "evidence_state": "none"}
    states = {row["evidence_state"] for row in own}
    passed = [row["newest_passed_date"] for row in own]
    bad = [row["newest_unpassed_date"] for row in own if row["newest_unpassed_date"] is not None]
    named = [
        (row["newest_unpassed_date"], row["newest_unpassed_result"])
        for row in own
        if row["newest_unpassed_result"] is not None
    ]
    logged = [row["newest_log_date"] for row in own if row["newest_log_date"] is not None]
    ages = [row["max_age_days"] for row in own if row["max_age_days"] is not None]
    worst = next(word for word in ("not_passed", "none", "stale", "working") if word in states)
    return {
        "coverage": "shared" if all(row["is_shared"] for row in own) else "one_off",
        "components": ", ".join(sorted(row["component"] for row in own)),
        "max_age_days": min(ages, default=None),
        "newest_passed_date": None if None in passed else min(passed),
        "newest_unpassed_date": max(bad, default=None),
        "newest_unpassed_result": max(named)[1] if named else None,
        "newest_log_date": max(logged, default=None),
        "evidence_state": worst,
    }


def newest_day(rows: Any) -> Any:
    return max((row["event_date"] for row in rows), default=None)


def readiness(world: Tables, judged: Tables, context: Row) -> list[Row]:
    """One row per workflow: what its checklist counts; nothing to count is NULL."""
    return [
        {"as_of": context["as_of"], "workflow": flow["workflow"]}
        | of_classes(flow["workflow"], judged)
        | of_thresholds(flow["workflow"], judged["gate_due"])
        | of_rails(flow["workflow"], judged["gate_rails"])
        | of_people(flow["workflow"], world, judged["int_owners__active"], context["as_of"])
        for flow in world["registry.workflows"]
    ]


def of_classes(flow: str, judged: Tables) -> Row:
    own = [r for r in judged["gate_levels"] if (r["workflow"], r["segment"]) == (flow, "all")]
    if not own:
        return {}
    high = passing(judged["gate_verdicts"], "volume_floor")
    declared = [row["declared_level"] for row in own]
    return {
        "class_count": len(own),
        "high_volume_count": sum(row["decision_class"] in high for row in own),
        "level_count": sum(level in LEVELS for level in declared),
    } | {f"{level}_count": declared.count(level) for level in LEVELS}


def of_thresholds(flow: str, due: list[Row]) -> Row:
    own = [row for row in due if (row["workflow"], row["segment"]) == (flow, "all")]
    if not own:
        return {}
    is_set = [row["threshold_count"] == 1 and row["threshold"] is not None for row in own]
    return {"criterion_count": len(own), "set_count": sum(is_set)}


def of_rails(flow: str, found: list[Row]) -> Row:
    own = [row for row in found if row["workflow"] == flow]
    if not own:
        return {}
    coverages = [row["coverage"] for row in own]
    return {f"{word}_count": coverages.count(word) for word in COVERAGES} | {
        "working_count": sum(row["evidence_state"] == "working" for row in own)
    }


def of_people(flow: str, world: Tables, holders: list[Row], as_of: Any) -> Row:
    names = {row["person_id"]: row.get("name") for row in world["registry.people"]}
    active = {row["person_id"] for row in world["registry.people"] if row["is_active"]}
    business = [
        names[row["person_id"]]
        for row in holders
        if (row["workflow"], row["role"]) == (flow, "business")
        and names.get(row["person_id"]) is not None
    ]
    stated = [
        (row["stated_at"], names[row["owner"]])
        for row in world["registry.operating_funding"]
        if row["workflow"] == flow
        and row["owner"] in active
        and row["stated_at"] <= as_of
        and (row["valid_until"] is None or row["valid_until"] > as_of)
    ]
    named = [pair for pair in stated if pair[1] is not None]
    return {
        "business_owner": min(business, default=None),
        "funded_by": max(named)[1] if named else None,
        "funded_date": max((day for day, _ in stated), default=None),
    }
