"""Inputs about expansion, rails and readiness, drawn: what whole worlds bring about too seldom."""

import itertools
import random
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from deviations import AS_OF
from hand_built_edges import CONTEXT, Case
from oracle_criteria import TESTS, Row, Tables
from oracle_map import LEVELS
from oracle_rails import RAILS, rail_components, rails, readiness, traces
from oracle_rollout import judged_steps, proofs, rungs, scale_checks
from oracle_words import on_the_map
from world_rollout import COUNTS, PARTS, add_rollout
from worlds import KNOWN, LATER

FLOWS = ("alpha", "beta", "gamma", "delta")
SEGMENTS = ("all", "region=EU", "team=EU")
SPREAD = 6  # registries drawn; the classes of each have names of their own


def rollout_cases() -> Iterator[Case]:
    """(model, its inputs, what it must hold)."""
    yield of_map_words()
    registries = [registry(seed) for seed in range(SPREAD)]
    merged = {
        name: [row for tables in registries for row in tables.get(name, [])]
        for name in sorted(set().union(*registries))
    }
    flows = {row["workflow"] for row in merged["registry.workflows"]}
    merged["registry.workflows"] = [{"workflow": name} for name in sorted(flows)]
    yield from of_steps(merged)
    yield of_scale_checks(merged)
    yield of_traces(merged)
    yield from of_rails(merged)
    yield of_readiness(merged)


def registry(seed: int) -> Tables:
    """Four workflows, two classes each; most of them stand at scale."""
    dice = random.Random(seed)
    classes = [
        {"decision_class": f"{flow}{seed}.class {number}", "workflow": f"{flow}{seed}"}
        for flow in FLOWS
        for number in (1, 2)
    ]
    people = [
        {
            "person_id": f"person {seed} {number}",
            "is_active": dice.choice((True, True, False, None)),
        }
        for number in range(6)
    ]
    tables: Tables = {"registry.decision_classes": classes, "registry.people": people}
    add_rollout(tables, seed, AS_OF)
    tables["gates.gate_levels"] = [
        one
        | {"segment": segment, "declared_level": dice.choice([*LEVELS, "odd", None])}
        | {"stage": stage(one["workflow"], segment, dice)}
        for one in classes
        for segment in SEGMENTS
        if segment == "all" or dice.random() < 0.7
    ]
    tables["gates.gate_verdicts"] = [
        {name: one[name] for name in ("workflow", "decision_class")}
        | {"segment": segment, "criterion_id": criterion}
        | {"verdict": dice.choice(("pass",) * 5 + ("fail", None))}
        | {"evidence_newest_date": AS_OF + timedelta(days=dice.choice((-99, -10, -9, -8, 0)))}
        for one in classes
        for segment in SEGMENTS[:2]
        for criterion in ("kpi_improved", "baseline_fixed", "volume_floor", "accuracy")
        if dice.random() < 0.9
    ]
    tables["gates.gate_ladder"] = [
        one
        | {"segment": segment, "gate_order": order}
        | {"verdict": dice.choice(("pass", "pass", "pass", "fail", None))}
        | {"is_blocked": dice.choice((False, False, True, None))}
        for one in classes
        for segment in SEGMENTS[:2]
        for order in range(1, 6)
    ]
    tables["gates.gate_due"] = [
        one
        | {"segment": segment, "threshold_count": dice.choice((1, 1, 1, 0, 2, None))}
        | {"threshold": dice.choice((Decimal(1), None))}
        for one in classes[:-2]
        for segment in SEGMENTS[:2]
        for _ in range(3)
    ]
    holders = [
        {"workflow": one["workflow"], "role": role, "person_id": dice.choice(people)["person_id"]}
        for one in classes
        for role in ("business", "risk")
        if dice.random() < 0.7
    ]
    tables["intermediate.int_owners__active"] = holders
    return tables


def stage(flow: str, segment: str, dice: random.Random) -> str | None:
    """A third workflow is nowhere at scale, a fourth one only in segments."""
    if flow.startswith("gamma") or (flow.startswith("delta") and segment == "all"):
        return "limited_rollout"
    return dice.choice(("scale",) * 9 + ("limited_rollout", None))


def of_steps(tables: Tables) -> Iterator[Case]:
    steps, reached = list(tables["registry.expansion_steps"]), tables["gates.gate_levels"]
    verdicts = tables["gates.gate_verdicts"]
    for one in tables["registry.decision_classes"]:  # its own workflow is no second one
        step = {"decision_class": one["decision_class"], "rung": "second_workflow"}
        steps.append(step | {"target": one["workflow"], "starts_at": AS_OF, "owner": "a"})
    proven = proofs(steps, reached, verdicts, CONTEXT)
    inputs = {
        "registry.expansion_steps": steps,
        "gates.gate_levels": reached,
        "gates.gate_verdicts": verdicts,
    }
    yield "gate_expansion_proofs", inputs, proven
    # as if any of them could be proven, the last rung too
    dice = random.Random(7)
    lucky = [
        row
        | {name: dice.random() < 0.9 for name in ("is_begun", "is_own_at_scale")}
        | {"is_proven": dice.random() < 0.7, "starts_at": row["starts_at"] or AS_OF}
        for row in proven
    ]
    lucky += [
        row | {"target": "zz", "starts_at": row["starts_at"] - timedelta(days=5)}
        for row in lucky[::2]
    ]
    climbed = rungs(lucky, reached)
    inputs = {"gates.gate_expansion_proofs": lucky, "gates.gate_levels": reached}
    yield "gate_rungs", inputs, climbed
    shuffled = [row | {"is_proven": dice.choice((True, True, False))} for row in climbed]
    unsound = [row | {"starts_at": None} if dice.random() < 0.05 else row for row in lucky]
    inputs = {"gates.gate_expansion_proofs": unsound, "gates.gate_rungs": shuffled}
    yield "gate_expansion_steps", inputs, judged_steps(unsound, shuffled)


def of_scale_checks(tables: Tables) -> Case:
    names = ("registry.workflows", "gates.gate_ladder", "gates.gate_verdicts")
    inputs = {name: tables[name] for name in names}
    return "gate_scale_checks", inputs, scale_checks(*inputs.values())


def of_traces(tables: Tables) -> Case:
    """Facts of every day and batch; days on which only one thing can be counted, too."""
    dice = random.Random(8)
    names = ("fct_decisions_daily", "fct_samples_weekly", "fct_reviews_daily", "fct_rails_daily")
    inputs = {f"facts.{name}": list(tables[f"facts.{name}"]) for name in names}
    inputs["facts.fct_rails_daily"] *= 2  # the same from two batches
    day = {"event_date": AS_OF, "segment": "all", "landing_batch": "b1", "build_id": "build"}
    for number, counts in enumerate(itertools.product((0, 1), repeat=len(COUNTS))):
        row = day | {"workflow": f"flow {number}"} | dict(zip(COUNTS, counts, strict=True))
        inputs["facts.fct_decisions_daily"] += [row, row | {"landing_batch": "b2"}]
    for number in range(160):
        near = [AS_OF + timedelta(days=days) for days in (-9, -1, 0, 1)]
        row = {"event_date": dice.choice([*near, None]), "segment": dice.choice(SEGMENTS[:2])}
        row |= {"landing_batch": dice.choice(("b1", KNOWN, LATER)), "build_id": "build"}
        row |= {"workflow": f"busy {number // 8}"}
        count = dice.choice((None, 0, 1, 2))
        pool = {"review_pool": f"pool {number // 8}", "review_count": count}
        inputs["facts.fct_reviews_daily"].append(row | pool)
        inputs["facts.fct_samples_weekly"].append(row | {"labelled_count": count})
        every = dict.fromkeys(COUNTS[:3], dice.choice((0, 1))) | dict.fromkeys(COUNTS[3:], 0)
        inputs["facts.fct_decisions_daily"].append(row | every)
    return "evd_rail_traces", inputs, traces(inputs, CONTEXT)


def of_rails(tables: Tables) -> Iterator[Case]:
    """Every rail of every workflow: what was seen of it last, and how long ago."""
    dice = random.Random(9)
    flows = [row["workflow"] for row in tables["registry.workflows"]]
    seen = []
    for flow, rail in itertools.product(flows, RAILS):
        for _ in range(dice.choice((0, 1, 2, 3))):
            anybody = (None,) if rail in RAILS[:4] else ()  # of the others some have no trace
            row = {"rail": rail, "workflow": dice.choice((flow,) * 8 + anybody)}
            row |= {"event_date": AS_OF - timedelta(days=dice.choice((0, 1, 2, 7, 8)))}
            row |= {"trace": dice.choice(("observation", "observation", "log"))}
            row |= {"is_placed": dice.random() < 0.9, "trace_count": None}
            if row["trace"] == "observation":
                words = ("passed", "passed", "passed", "failed", "accuracy 0.4", None)
                row |= {"result": dice.choice(words)}
                row |= {"trace_count": dice.choice((1, 2))}
                row |= {"component": dice.choice((*PARTS, *PARTS, *PARTS, "odd", None))}
            elif dice.random() < 0.5:
                row |= {"workflow": None}
                row |= {"review_pool": dice.choice((f"pool of {flow}", "odd", None))}
            seen.append({"result": None, "review_pool": None, "component": None} | row)
    names = ("registry.workflows", "registry.rails", "registry.review_pools")
    inputs = {name: tables[name] for name in names}
    inputs |= {"evidence_read.evd_rail_traces": seen}
    parts = rail_components(inputs, seen, CONTEXT)
    yield "gate_rail_components", inputs, parts
    # as if the logs told the components of a rail apart
    told = [
        row | {"newest_log_date": dice.choice((None, AS_OF, AS_OF - timedelta(days=3)))}
        for row in parts
    ]
    given = inputs | {"gates.gate_rail_components": told}
    yield "gate_rails", given, rails(inputs, told, seen, CONTEXT)


def of_readiness(tables: Tables) -> Case:
    dice = random.Random(11)
    flows = [row["workflow"] for row in tables["registry.workflows"]]
    found = [
        {"workflow": flow, "rail": rail, "coverage": dice.choice(("shared", "one_off", "missing"))}
        | {"evidence_state": dice.choice(("working", "stale", None))}
        for flow in flows[:-1]
        for rail in RAILS
    ]
    registered = ("registry.workflows", "registry.people", "registry.operating_funding")
    judged = ("gates.gate_levels", "gates.gate_verdicts", "gates.gate_due")
    inputs = {name: tables[name] for name in (*registered, *judged)}
    inputs["intermediate.int_owners__active"] = tables["intermediate.int_owners__active"]
    inputs["gates.gate_rails"] = found
    known = [row for row in tables["registry.people"] if row["is_active"] and row["name"]]
    inputs["registry.operating_funding"] = tables["registry.operating_funding"] + [
        {"workflow": flow, "owner": dice.choice(known)["person_id"], "valid_until": None}
        | {"stated_at": AS_OF - timedelta(days=dice.choice((0, 0, 1, 2)))}
        for flow in flows[::2]
        for _ in range(2)
    ]
    by_name = {name.split(".")[1]: rows for name, rows in inputs.items()}
    return "gate_readiness", inputs, readiness(inputs, by_name, CONTEXT)


def of_map_words() -> Case:
    """Every reason that the map can give for a level."""
    kinds = [("easy", False), ("irreversible", False), ("easy", None), (None, True)]
    # every test is once good where another is weak
    outcomes = [
        word.split() for word in ("good " * 4, "weak good good good", "good good weak weak")
    ]
    outcomes += [word.split() for word in ("weak good weak weak", "weak " * 4)]
    classes: list[Row] = []
    reached: list[Row] = []
    flags = ("is_within_evidence", "is_proven_as_a_whole")
    spread = itertools.product(
        kinds, outcomes, range(5), itertools.product((True, False), repeat=2)
    )
    for number, ((reversibility, regulated), found, passed, flagged) in enumerate(spread):
        name = f"class {number}"
        one = {"decision_class": name, "reversibility": reversibility, "is_regulated": regulated}
        classes.append(one)
        for recommended, declared, level in itertools.product(
            ("surface", "delegate"), ("delegate", None), ("delegate", "human_only")
        ):
            bad = found.count("weak")
            reached.append(
                {"as_of": AS_OF, "workflow": "flow", "decision_class": name, "segment": "all"}
                | {"cohort_id": "c", "stage": "scale", "declared_level": declared}
                | {"recommended_level": recommended, "approved_level": declared}
                | {"effective_level": level, "held_until": AS_OF, "boundary": None}
                | {"gates_passed": passed, "weak_or_unknown_count": bad, "currency": "EUR"}
                | {f"{test}_test": word for test, word in zip(TESTS, found, strict=True)}
                | dict(zip(flags, flagged, strict=True))
                | {"amount_limit": Decimal("9.0000"), "supported_amount_limit": None}
                | {"map_digest": "digest", "is_revoked": number % 9 == 0, "revoked_by_line": number}
                | {"valid_until_date": AS_OF + timedelta(days=number % 7)}
            )
    ends = {row["decision_class"]: row for row in reached}
    inputs = {"gates.gate_levels": reached, "registry.decision_classes": classes}
    inputs["gates.gate_level_ends"] = list(ends.values())
    return "autonomy_map", inputs, [on_the_map(row, classes) for row in reached]
