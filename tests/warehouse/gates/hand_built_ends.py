"""Inputs about days on which something ends, and about what is signed, drawn or built by hand."""

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from deviations import AS_OF, DAY
from hand_built_edges import CONTEXT, Case
from oracle_criteria import Row
from oracle_map import INVENTORY, active_owners, signed_terms
from oracle_validity import level_ends, validity

SEGMENTS = ("all", "region=EU", "region=US")
GATES = [("workflow_fit", 1), ("autonomy_fit", 3), ("production_fit", 4), ("value_fit", 5)]
CRITERIA = ("owners_named", "signed_by_risk", "signed_by_business", "latency")


def cases_of_ends() -> Iterator[Case]:
    """(model, its inputs, what it must hold)."""
    yield of_validity()
    yield of_level_ends()
    yield of_owners()
    yield of_signed_terms()
    yield from of_run_context()


def of_validity() -> Case:
    """Gates that pass by up to three criteria, of which each may end soon, late or never."""
    dice = random.Random(21)
    verdicts, ladder, signed, holders, limits = [], [], [], [], []
    for number, (gate, order) in itertools.product(range(60), GATES):
        name, flow = f"class {number}", f"flow {number}"
        for segment in SEGMENTS:
            place = {"decision_class": name, "segment": segment, "gate": gate}
            verdict = dice.choice(("pass", "pass", "pass", "fail"))
            ladder.append(place | {"as_of": AS_OF, "gate_order": order, "verdict": verdict})
            for criterion in dice.sample(CRITERIA, dice.choice((0, 1, 1, 2, 3))):
                row = place | {"as_of": AS_OF, "workflow": flow, "criterion_id": criterion}
                row |= {"verdict": dice.choice(("pass", "pass", "fail"))}
                row |= {"scope": "segment" if criterion == "latency" else "class"}
                newest = dice.choice((AS_OF, AS_OF - DAY, AS_OF - 25 * DAY, None))
                row |= {"evidence_newest_date": newest, "max_age_days": dice.choice((28, 28, None))}
                verdicts.append(row)
    for number in range(60):
        name, flow = f"class {number}", f"flow {number}"
        for role, segment in itertools.product(("business", "risk"), SEGMENTS):
            row = {"decision_class": name, "segment": segment, "role": role}
            signed.append(row | {"ends_on": soon(dice)})
        for role, person in itertools.product(("business", "risk"), ("a", "b")):
            if dice.random() < 0.7:
                holder = {"workflow": flow, "role": role, "person_id": person}
                holders.append(holder | {"ends_on": soon(dice)})
        for one in dice.sample((name, None), 1) if number < 3 else [name]:
            limit = {"decision_class": one, "criterion_id": dice.choice(CRITERIA)}
            limits.append(limit | {"effective_from": dice.choice((soon(dice), AS_OF, None))})
    inputs = {
        "gates.gate_verdicts": verdicts,
        "gates.gate_ladder": ladder,
        "gates.gate_signatures": signed,
        "intermediate.int_owners__active": holders,
        "registry.thresholds": limits,
    }
    return "gate_validity", inputs, validity(verdicts, ladder, signed, holders, limits)


def soon(dice: random.Random) -> Any:
    """A day of the next ten, or never."""
    return dice.choice((None, *(AS_OF + days * DAY for days in (1, 2, 3, 5, 7, 8, 9, 10))))


def of_level_ends() -> Case:
    """Levels by every number of gates, beside gates, amounts and waivers that end soon or late."""
    dice = random.Random(22)
    levels, valid, bands = [], [], []
    for number in range(240):
        name = f"class {number}"
        for segment in SEGMENTS[:2]:
            one = {"decision_class": name, "segment": segment}
            held = dice.choice((None, None, soon(dice)))
            levels.append(one | {"as_of": AS_OF, "gates_passed": number % 6, "held_until": held})
            for order in range(1, 6):
                if number % 8:  # of the others nothing is known but the run
                    until = AS_OF + dice.choice((1, 3, 5, 6, 7, 7, 7, 7)) * DAY
                    row = one | {"gate": f"gate {order}", "gate_order": order}
                    valid.append(row | {"valid_until_date": until})
        for limit in dice.choice(((), (), (9,), (9, 11))):
            bands.append(
                {"decision_class": name, "amount_limit": Decimal(limit)}
                | {"is_supported": dice.choice((True, True, False, None))}
                | {"evidence_newest_date": dice.choice((None, AS_OF, AS_OF - 26 * DAY))}
                | {"max_age_days": dice.choice((28, 28, 30, None))}
            )
    inputs = {
        "gates.gate_levels": levels,
        "gates.gate_validity": valid,
        "gates.gate_amount_bands": bands,
    }
    return "gate_level_ends", inputs, level_ends(levels, valid, bands)


def of_owners() -> Case:
    """Who holds a role by several rows holds it until the last of them ends."""
    dice = random.Random(23)
    begins = [None, *(AS_OF + days * DAY for days in (-9, -1, 0, 1))]
    ends = [None, *(AS_OF + days * DAY for days in (0, 1, 2, 30))]
    owners = [
        {"workflow": f"flow {number}", "role": dice.choice(("risk", "business"))}
        | {"person_id": dice.choice(("a", "b", "gone", "unsaid"))}
        | {"valid_from": dice.choice(begins), "valid_until": dice.choice(ends)}
        for number in range(150)
        for _ in range(dice.choice((1, 2, 4, 4)))
    ]
    people = [{"person_id": name, "is_active": True} for name in ("a", "b")]
    people += [{"person_id": "gone", "is_active": False}]
    people += [{"person_id": "unsaid", "is_active": None}]
    inputs = {"registry.owners": owners, "registry.people": people}
    return "int_owners__active", inputs, active_owners(owners, people, AS_OF)


def of_signed_terms() -> Case:
    """Classes without a threshold, a segment or a limit; a segment that is declared both ways."""
    names = [f"class {number}" for number in range(8)]
    classes = [
        dict.fromkeys(INVENTORY) | {"decision_class": name, "workflow": f"flow {number}"}
        for number, name in enumerate(names)
    ]
    thresholds = [
        {"decision_class": name, "criterion_id": criterion, "threshold": limit}
        for name in names[1::2]
        for criterion, limit in (("latency", Decimal("0.05")), ("accuracy", None))
    ]
    segments = [
        {"workflow": f"flow {number}", "segment_dimension": dimension}
        | {"segment_value": value, "is_delegated_alone": is_alone}
        for number in (2, 3, 6)
        for dimension, value, is_alone in (
            *(("team", "EU", None), ("region", "US", True)),
            *(("region", "EU", True), ("region", "EU", False)),
        )
    ]
    limits = [
        {"decision_class": name, "amount_limit": Decimal(limit)}
        for name in names[4:]
        for limit in (900, 70)
    ]
    inputs = {
        "registry.decision_classes": classes,
        "registry.segments": segments,
        "registry.amount_limits": limits,
        "intermediate.int_thresholds__effective": thresholds,
    }
    return "gate_signed_terms", inputs, signed_terms(classes, segments, thresholds, limits)


def of_run_context() -> Iterator[Case]:
    """The newest run, and where there was none the newest that landed."""
    later: Row = {"as_of": AS_OF + DAY, "known_batch": "b6"}
    landed = [
        {
            "landing_batch": f"b{number}",
            "landed_at": datetime.combine(AS_OF + number * DAY, time(23), UTC),
        }
        for number in (8, 9, 7)
    ]
    newest = {"as_of": AS_OF + 9 * DAY, "known_batch": "b9"}
    name = "int_run_context"
    for runs, files, wanted in (
        ([CONTEXT, later], landed, later),
        ([later, CONTEXT], [], later),
        ([], landed, newest),
        ([], [], dict.fromkeys(newest)),
    ):
        yield name, {"landing.run_context": runs, "landing.files": files}, [wanted]
