"""Inputs of single gate models, built by hand: what whole worlds bring about too seldom."""

import itertools
import random
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from deviations import AS_OF
from hand_built_edges import CONTEXT, Case, edges
from hand_built_ends import cases_of_ends
from hand_built_governance import governance_cases
from hand_built_rollout import rollout_cases
from oracle import expectations
from oracle_criteria import TESTS, WORST_FIRST, Row, final
from oracle_ladder import levels, scorecard
from oracle_map import INVENTORY, LEVELS, SHADOW, SIGNED, evidence, maps, signatures, signed_terms

GATES = ["workflow_fit", "data_fit", "autonomy_fit", "production_fit", "value_fit"]


def cases() -> Iterator[Case]:
    """(model, its inputs, what it must hold)."""
    yield of_scorecard()
    yield of_expectations()
    yield of_maps()
    yield of_map_evidence()
    yield of_levels()
    yield of_verdicts()
    yield of_signatures()
    yield from edges()
    yield from governance_cases()
    yield from rollout_cases()
    yield from cases_of_ends()


def of_scorecard() -> Case:
    """Three criteria of a gate, with every word each, a word that nobody knows too."""
    words = [*WORST_FIRST, "odd"]
    verdicts, ladder = [], []
    for number, (place, found) in enumerate(
        itertools.product(itertools.permutations((1, 2, 3)), itertools.product(words, repeat=3))
    ):
        gate = CONTEXT | {"workflow": "flow", "decision_class": f"class {number}"}
        gate |= {"segment": "all", "cohort_id": "c", "gate": "data_fit", "gate_order": 2}
        gate |= {"verdict": "fail", "is_blocked": False, "pass_count": 0}
        ladder.append(gate | {"criterion_count": 3, "not_applicable_count": 1})
        verdicts += [
            {name: gate[name] for name in ("decision_class", "segment", "gate")}
            | {"criterion_id": name, "criterion_order": order, "verdict": word}
            | {"reason": None if order == 2 else f"why {name}", "n_needed": number}
            for name, order, word in zip(("accuracy", "b", "c"), place, found, strict=True)
        ]
    ladder.append(ladder[0] | {"decision_class": "without criteria"})
    for row in ladder:
        del row["known_batch"]
    names = ("decision_class", "segment", "gate")
    valid = [{name: row[name] for name in names} | {"valid_until_date": AS_OF} for row in ladder]
    inputs = {"gates.gate_verdicts": verdicts, "gates.gate_ladder": ladder}
    inputs["gates.gate_validity"] = valid
    return "gate_scorecard", inputs, scorecard(verdicts, ladder, [], valid)


def of_expectations() -> Case:
    """Every small count of what was expected, evaluated, met, raised and too thin."""
    names = ("expected_count", "evaluated_count", "met_count", "raised_count", "too_few_count")
    results = [
        CONTEXT
        | dict(zip((*names, "row_count"), counts, strict=True))
        | {"decision_class": f"class {number}", "failing": failing}
        for number, (counts, failing) in enumerate(
            itertools.product(
                itertools.product((0, 1, 2), repeat=6),
                (None, "one: two"),
            )
        )
    ]
    inputs = {"evidence.data_fit": results}
    return "evd_expectations_met", inputs, expectations(inputs, [])


def of_maps() -> Case:
    """Every outcome of the four tests, none at all too, for every kind of class."""
    words = ["pass", "fail", "insufficient", None]
    kinds = itertools.product(
        itertools.product(words, repeat=4),
        ("low", "medium", None),
        [("easy", False), ("easy", None), ("irreversible", False), (None, True), (None, False)],
    )
    dice = random.Random(3)
    classes, tests = [], []
    for number, (verdicts, cost, (reversibility, is_regulated)) in enumerate(kinds):
        name = f"class {number}"
        inventory = dict.fromkeys((*SIGNED, *INVENTORY)) | {"workflow": "flow"}
        inventory |= {"error_cost": cost, "reversibility": reversibility}
        classes.append(inventory | {"decision_class": name, "is_regulated": is_regulated})
        tests += [
            {"decision_class": name, "segment": "all", "criterion_id": test, "verdict": verdict}
            for test, verdict in zip((*TESTS, SHADOW), (*verdicts, dice.choice(words)), strict=True)
            if verdict
        ]
    tests += [dict(row, segment="region=EU", verdict="stale") for row in tests[::7]]
    terms = signed_terms(classes, [], [], [])
    inputs = {"gates.gate_tests": tests, "registry.decision_classes": classes}
    inputs["gates.gate_signed_terms"] = terms
    return "gate_autonomy_map", inputs, maps(tests, classes, terms)


def of_map_evidence() -> Case:
    """Every declared level beside every recommended one, and signatures that count or do not."""
    spread = itertools.product([*LEVELS, "odd", None], LEVELS, LEVELS)
    found = [
        {"decision_class": f"class {number}", "segment": "all", "declared_level": declared}
        | {"recommended_level": recommended, "best_case_level": best}
        for number, (declared, recommended, best) in enumerate(spread)
    ]
    signed = [
        one | {"role": role, "valid_count": valid, "any_count": there}
        for one in found[:1]
        for role in ("business", "risk")
        for valid, there in ((0, 0), (0, 1), (0, 2), (1, 1), (2, 2))
    ]
    inputs = {"gates.gate_autonomy_map": found, "gates.gate_signatures": signed}
    return "gate_map_evidence", inputs, evidence(found, signed, [], CONTEXT)


def of_levels() -> Case:
    """Every declared and recommended level at every stage, beside every stage of the whole."""
    dimensions = {"none": [], "one": ["region", "region"], "two": ["region", "team"]}
    dimensions |= {"three": ["region", "team", "channel"], "not": ["region"], "unsaid": ["region"]}
    alone = {"not": False, "unsaid": None}
    segments = [
        {"workflow": flow, "segment_dimension": name, "segment_value": f"v{place}"}
        | {"is_delegated_alone": alone.get(flow, True)}
        for flow, names in dimensions.items()
        for place, name in enumerate(names)
    ]
    dice = random.Random(4)
    maps, ladder, bands, holds, revoked = [], [], [], [], []
    spread = itertools.product(dimensions, [*LEVELS, "odd", None], LEVELS, range(6), (3, 4, 5))
    for number, (flow, declared, recommended, own, whole) in enumerate(spread):
        for limit in dice.choice(((), (), (9,), (9, 11))):
            bands.append({"decision_class": f"class {number}", "amount_limit": limit})
            bands[-1]["is_supported"] = dice.choice((True, False, None))
        for line in dice.choice(((), (), (), (), (number,), (number, number + 9))):
            revoked.append({"decision_class": f"class {number}", "ledger_line": line})
        for segment, passed in (("all", whole), ("region=v0", own)):
            if dice.random() < 0.5:
                held = {"decision_class": f"class {number}", "segment": segment}
                holds.append(held | {"held_until": AS_OF})
            one = {
                "workflow": flow,
                "decision_class": f"class {number}",
                "segment": segment,
                "declared_level": declared,
            }
            limit = dice.choice((None, Decimal("10.0000")))
            maps.append(one | {"recommended_level": recommended, "amount_limit": limit})
            ladder += [
                one | CONTEXT | {"cohort_id": "c", "gate": name, "gate_order": order}
                | {"verdict": "pass" if order <= passed else "fail"}
                | {"is_blocked": order > passed + 1}
                for order, name in enumerate(GATES, 1)
            ]  # fmt: skip
    inputs = {
        "gates.gate_autonomy_map": maps,
        "gates.gate_ladder": ladder,
        "gates.gate_amount_bands": bands,
        "gates.gate_holds": holds,
        "evidence.recorded_revocations": revoked,
        "registry.segments": segments,
    }
    rows = levels(maps, ladder, segments, bands, holds, revoked, CONTEXT)
    return "gate_levels", inputs, rows


def of_verdicts() -> Case:
    """What stands beside a verdict, by 20,000 draws of everything that it depends on."""
    dice = random.Random(1)
    domain = {
        "decision_class": [f"class {number}" for number in range(1500)],
        "segment": ["all", "region=EU", "region=US"],
        "scope": ["class", "segment"],
        "as_of": [AS_OF],
        "verdict": [*WORST_FIRST, "fail", "fail"],
        "own_verdict": ["fail"] * 4 + ["pass", "insufficient", None],
        "status": [*["ok"] * 8, "odd", None],
        "n": [*[1] * 8, 0, None],
        "max_age_days": [*[28] * 8, None],
        "declared_level": [*["surface"] * 4, "delegate", None],
        "criterion_id": [*TESTS, "latency"],
        "comparison": ["at_most", "at_least", "odd"],
        "alpha": [None, Decimal("0.05")],
        "threshold": [Decimal("0.05"), None],
        "refuting_bound": [Decimal("0.1234567"), None],
        "bound": [Decimal("0.0765432"), None],
        "vetoed_by": [None, None, "region=EU"],
        "build_count": [0, 1, 2, 3],
        "threshold_count": [0, 1, 1, 2, None],
        "evidence_count": [None, 1, 2],
        "other_cohort_count": [0, 1, 2],
        "evidence_newest_date": [
            *(None, AS_OF, AS_OF, AS_OF),
            *(AS_OF - timedelta(days=days) for days in (-1, 28, 29)),
        ],
        "window_start": [None, AS_OF - timedelta(days=1), AS_OF],
        "loosened_from": [None, AS_OF, AS_OF + timedelta(days=1)],
        "reason": [None, "said by the maker"],
        "not_applicable_reason": [None, "not asked for"],
    }
    rows = [{name: dice.choice(values) for name, values in domain.items()} for _ in range(20_000)]
    rows += rows[:100]  # nothing due gets lost
    inputs = {"gates.gate_measured": rows[1::2], "gates.gate_mapped": rows[::2]}
    return "gate_verdicts", inputs, final(rows)


def of_signatures() -> Case:
    """2,000 maps, each signed by some of four people in every way that does not count."""
    dice = random.Random(2)
    roles, people = ("business", "risk", "risk"), ["a", "b", "c", "d"]
    maps, signs, holders = [], [], []
    for number in range(2_000):
        name, flow = f"class {number}", f"flow {number}"
        for segment in ("region=EU", "all")[number % 2 :]:
            maps.append({"workflow": flow, "decision_class": name, "segment": segment})
            maps[-1]["map_digest"] = f"{segment} {number}"
        held = {(dice.choice(roles), dice.choice(people)) for _ in range(dice.randrange(4))}
        holders += [{"workflow": flow, "role": r, "person_id": p} for r, p in sorted(held)]
        for _ in range(dice.randrange(4)):
            role, person = (dice.choice(roles), dice.choice(people))
            if held and dice.random() < 0.8:
                role, person = dice.choice(sorted(held))
            good = {
                "decision_class": name,
                "role": role,
                "person_id": person,
                "map_digest": f"all {number}",
                "signed_at": AS_OF - timedelta(days=dice.choice((0, 30))),
                "expires_at": AS_OF + timedelta(days=dice.choice((1, 30))),
            }
            bad: list[Row] = [
                *({}, {}, {}, {}),
                {"map_digest": f"region=EU {number}"},
                {"signed_at": AS_OF + timedelta(days=1)},
                {"expires_at": AS_OF},
                {"expires_at": AS_OF - timedelta(days=1)},
            ]
            signs.append(good | dice.choice(bad))
    inputs = {
        "gates.gate_autonomy_map": maps,
        "registry.sign_offs": signs,
        "intermediate.int_owners__active": holders,
    }
    return "gate_signatures", inputs, signatures(maps, signs, holders, AS_OF)
