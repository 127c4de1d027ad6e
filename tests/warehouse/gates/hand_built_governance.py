"""Inputs about waivers and recorded runs, built by hand: every way one can be wrong."""

import itertools
import random
from collections.abc import Iterator
from decimal import Decimal

from deviations import AS_OF, DAY
from hand_built_edges import Case
from oracle_criteria import WORST_FIRST, Row
from oracle_map import LEVELS
from oracle_thresholds import floors
from oracle_waivers import NEVER_WAIVED, held, states, waived


def governance_cases() -> Iterator[Case]:
    """(model, its inputs, what it must hold)."""
    yield of_waivers()
    yield of_waived()
    yield of_holds()
    yield of_floors()


def of_waivers() -> Case:
    """A sound waiver with up to two things wrong, in every way."""
    good: Row = {
        "decision_class": "class",
        "criterion_id": "latency",
        "requested_by": "a",
        "approved_by": "b",
        "reason": "known",
        "exposure_amount": Decimal("0.0001"),
        "currency": "EUR",
        "granted_at": AS_OF,
        "expires_at": AS_OF + 30 * DAY,
    }
    faults: list[Row] = [
        {"decision_class": "nobody's"},
        {"decision_class": "of another flow"},
        {"decision_class": "without currency"},
        *({"criterion_id": name} for name in sorted(NEVER_WAIVED)),
        *({"requested_by": name} for name in ("b", None)),
        *({"approved_by": name} for name in ("a", "c", None)),
        {"reason": None},
        *({"exposure_amount": amount} for amount in (None, Decimal(0), Decimal(-1))),
        *({"currency": name} for name in ("USD", None)),
        {"granted_at": AS_OF - DAY},
        {"granted_at": AS_OF + DAY},
        *({"expires_at": AS_OF + days * DAY} for days in (-1, 0, 1, 29, 31)),
    ]
    rows = [good | one | other for one, other in itertools.product([{}, *faults], repeat=2)]
    rows = [row | {"waiver_id": f"w{number}"} for number, row in enumerate(rows)]
    classes = [
        {"decision_class": "class", "workflow": "flow", "currency": "EUR"},
        {"decision_class": "of another flow", "workflow": "other", "currency": "EUR"},
        {"decision_class": "without currency", "workflow": "flow", "currency": None},
    ]
    holders = [
        {"workflow": "flow", "role": "risk", "person_id": "b"},
        {"workflow": "flow", "role": "business", "person_id": "c"},
        {"workflow": "other", "role": "business", "person_id": "b"},
    ]
    inputs = {
        "registry.waivers": rows,
        "registry.decision_classes": classes,
        "intermediate.int_owners__active": holders,
    }
    return "gate_waivers", inputs, states(rows, classes, holders, AS_OF)


def of_waived() -> Case:
    """Every verdict beside waivers in every state, one and several."""
    kinds = [(), *itertools.product(("open", "expired", "not_yet", "void"), repeat=2)]
    verdicts, waivers = [], []
    for number, (verdict, found) in enumerate(itertools.product([*WORST_FIRST, "odd"], kinds)):
        own: Row = {"decision_class": f"class {number}", "criterion_id": "latency"}
        place = {"gate": "production_fit", "gate_order": 4, "verdict": verdict}
        verdicts += [own | place | {"segment": segment} for segment in ("all", "region=EU")]
        verdicts.append(verdicts[-1] | {"criterion_id": "accuracy"})
        waivers += [
            own | {"waiver_id": f"w{place}", "state": state, "expires_at": AS_OF + place * DAY}
            for place, state in enumerate(found)
        ]
    inputs = {"gates.gate_verdicts": verdicts, "gates.gate_waivers": waivers}
    return "gate_waived", inputs, waived(verdicts, waivers)


def of_holds() -> Case:
    """Two criteria of the first gates and one behind them, waived or not, at every level before."""
    words = ["pass", "not_applicable", "fail", "error", None]
    spread = itertools.product(
        itertools.product(words, repeat=2),
        itertools.product((None, 1), (None, 2), (None, 1)),
        [None, "odd", *LEVELS],
        ("pass", "fail", "error"),
    )
    verdicts, borne, ladder, levels = [], [], [], []
    for number, (found, waivers, level, early) in enumerate(spread):
        key = {"decision_class": f"class {number}", "segment": "region=EU"}
        names = (("volume_floor", 1), ("clean_volume", 3), ("latency", 4))
        for (name, order), verdict, days in zip(names, (*found, "fail"), waivers, strict=True):
            row = key | {"criterion_id": name, "gate_order": order}
            verdicts.append(row | {"verdict": verdict})
            if days:
                borne.append(row | {"waived_until": AS_OF + days * DAY})
        ladder += [key | {"gate_order": 3, "verdict": early}]
        ladder += [key | {"gate_order": 4, "verdict": "error"}]
        if level:
            levels.append(key | {"effective_level": level})
    verdicts += [row | {"segment": "all", "verdict": "pass"} for row in verdicts[::5]]
    inputs = {
        "gates.gate_verdicts": verdicts,
        "gates.gate_waived": borne,
        "gates.gate_ladder": ladder,
        "evidence.recorded_levels": levels,
    }
    return "gate_holds", inputs, held(verdicts, borne, ladder, levels)


def of_floors() -> Case:
    """Every order of what is in force, what was last, and what was strictest."""
    dice = random.Random(5)
    values = [None, *map(Decimal, ("0.1", "0.2", "0.3"))]
    limits, known, changes = [], [], []
    spread = itertools.product(values, repeat=3)
    for number, (now, last, least) in enumerate(spread):
        for criterion in ("low", "high", "odd"):
            name = f"class {number}"
            limits.append(
                {"decision_class": name, "criterion_id": criterion, "threshold": now}
                | {"loosened_from": None}
            )
            names = (name, f"former {name}", f"first {name}")
            for former in dice.choice(((), names[:1], names[:2], names)):
                is_own = former == name
                known.append(
                    {"decision_class": former, "criterion_id": criterion}
                    | {"threshold": last if is_own else dice.choice(values)}
                    | {"strictest_threshold": least if is_own else dice.choice(values)}
                    | {"counts_from": dice.choice((None, AS_OF - DAY, AS_OF - 9 * DAY))}
                )
        changes.append(
            {"former_class": f"former {name}", "decision_class": name}
            | {"kind": dice.choice(("renamed", "renamed", "split", "merged"))}
        )
        changes.append(
            {"former_class": f"first {name}", "decision_class": f"former {name}"}
            | {"kind": dice.choice(("renamed", "renamed", "split"))}
        )
    for one, other in (("circle a", "circle b"), ("circle b", "circle a")):
        changes.append({"former_class": one, "decision_class": other, "kind": "renamed"})
        row = {"decision_class": one, "criterion_id": "low", "threshold": values[1]}
        known.append(row | {"strictest_threshold": values[2], "counts_from": None})
    # of a class that is not there today, and of a criterion that is not
    for number, (last, least) in enumerate(itertools.product(values, repeat=2)):
        for criterion in ("low", "high", "odd", "gone"):
            known.append(
                {"decision_class": f"gone {number}", "criterion_id": criterion}
                | {"threshold": last, "strictest_threshold": least}
                | {"counts_from": dice.choice((None, AS_OF - DAY))}
            )
    world = {
        "registry.criteria": [
            {"criterion_id": "low", "comparison": "at_most"},
            {"criterion_id": "high", "comparison": "at_least"},
            {"criterion_id": "odd", "comparison": "odd"},
        ],
        "registry.taxonomy_changes": changes,
        "evidence.recorded_thresholds": known,
    }
    inputs = world | {"intermediate.int_thresholds__effective": limits}
    return "gate_floors", inputs, floors(world, limits, {"as_of": AS_OF})
