"""Inputs of single gate models that no run brings about, and the marts of what is only shown."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from deviations import AS_OF, GOOD
from oracle import DUE, due
from oracle_criteria import WORST_FIRST, Row, Tables, judge
from oracle_ladder import gates as ladder_of
from oracle_ladder import levels
from oracle_map import signatures
from worlds import KNOWN, world

from dagster_project.evidence.shown.write import (
    AGREEMENT,
    CONFIDENCE,
    ERROR_EVIDENCE,
    LATENCY,
    RELIABILITY,
)

CONTEXT = {"as_of": AS_OF, "known_batch": KNOWN}
SEGMENTS = ("all", "a=1", "region=B")  # one sorts before `all`, one after it
# what makes a verdict of a due row, and of the evidence that was found for it
BY_WORD: dict[str, tuple[Row, Row]] = {
    "error": ({}, {"status": "error"}),
    "fail": ({}, {"refuting_bound": Decimal("0.6")}),
    "stale": ({}, {"status": "stale"}),
    "insufficient": ({}, {"n": 0}),
    "pass": ({}, {}),
    "not_applicable": ({"is_applicable": False}, {}),
}
SHOWN = {
    "confidence_quality": CONFIDENCE,
    "reliability_curve": RELIABILITY,
    "reviewer_agreement": AGREEMENT,
    "latency_percentiles": LATENCY,
    "error_evidence": ERROR_EVIDENCE,
}
Case = tuple[str, Tables, list[Row]]


def edges() -> Iterator[Case]:
    """(model, its inputs, what it must hold)."""
    yield of_due()
    yield of_measured()
    yield of_ladder()
    yield of_levels_without_a_ladder()
    yield of_signatures_without_a_map()
    yield from of_shown()


def of_due() -> Case:
    """Every other threshold is missing and a segment is declared twice: nothing due gets lost."""
    tables = {name: world(4)[name] for name in ("registry.decision_classes", "registry.criteria")}
    (flow, *_) = {row["workflow"] for row in tables["registry.decision_classes"]}
    segment = {"workflow": flow, "segment_dimension": "region", "segment_value": "EU"}
    segment |= {"is_delegated_alone": None}
    tables["registry.segments"] = [segment, segment]
    limits = [
        {
            "decision_class": one["decision_class"],
            "criterion_id": criterion["criterion_id"],
            "threshold": Decimal("0.5"),
            "threshold_count": 1,
        }
        for one in tables["registry.decision_classes"]
        for criterion in tables["registry.criteria"][::2]
    ]
    wanted = due(tables, CONTEXT, [row | {"loosened_from": None} for row in limits], [])
    return "gate_due", tables | {"intermediate.int_thresholds__effective": limits}, wanted


def of_measured() -> Case:
    """Every word in every segment, per segment and per class; two findings that say otherwise."""
    words = itertools.product(WORST_FIRST, repeat=len(SEGMENTS))
    rows, evidence = [], []
    for number, (scope, found) in enumerate(itertools.product(("segment", "class"), words)):
        for segment, word in zip(SEGMENTS, found, strict=True):
            changed_due, changed = BY_WORD[word]
            cell = {"decision_class": f"class {number}", "criterion_id": "latency"}
            rows.append(due_row() | cell | {"segment": segment, "scope": scope} | changed_due)
            rows[-1]["evidence_segment"] = segment
            evidence.append(evidence_row() | cell | {"segment": segment} | changed)
    cell = {"decision_class": "class with two", "criterion_id": "latency", "segment": "all"}
    rows.append(due_row() | cell | {"scope": "class", "evidence_segment": "all"})
    evidence += [evidence_row() | cell, evidence_row() | cell | greater()]
    for row in rows:
        del row["declared_level"]
    inputs = {
        "gates.gate_due": rows,
        "evidence.estimates": evidence,
        "evidence_read.evd_builds": [{"build_count": 1}],
    }
    return "gate_measured", inputs, judge(rows, evidence, CONTEXT, 1)


def due_row() -> Row:
    good = {name: GOOD[name] for name in ("is_applicable", "threshold", "threshold_count")}
    row: Row = dict.fromkeys((*DUE, "declared_level", "loosened_from"))
    row |= {"comparison": "at_most", "max_age_days": 28, "cohort_id": "c", "workflow": "flow"}
    return row | CONTEXT | good


def evidence_row() -> Row:
    names = ("bound", "refuting_bound", "threshold_used", "n", "evidence_newest_date", "status")
    row: Row = {name: GOOD[name] for name in names} | {"estimate": Decimal("0.1"), "method": "a"}
    row |= {"alpha": Decimal("0.01"), "reason": "a", "cohort_id": "c", "n_effective": 1}
    row |= {"n_missing": 0, "n_needed": 1, "window_start": AS_OF - timedelta(days=9)}
    return row | CONTEXT | {"window_end": AS_OF}


def greater() -> dict[str, Any]:
    """Of every column something that comes after."""
    after = {"alpha": Decimal("0.02"), "method": "b", "n_effective": 2, "n_missing": 2}
    after |= {"window_end": AS_OF + timedelta(days=1), "reason": "b", "n_needed": 2}
    return after


def of_ladder() -> Case:
    """Every word beside every other in a gate, one that nobody knows and none at all too."""
    words = [*WORST_FIRST, "odd", None]
    place = CONTEXT | {"workflow": "flow", "segment": "all", "cohort_id": "c"}
    rows = [
        place
        | {"decision_class": f"class {number}", "declared_level": "surface"}
        | {"gate": gate, "gate_order": order, "verdict": word}
        for number, found in enumerate(itertools.product(words, repeat=3))
        for gate, order, own in (("a", 1, found[:1]), ("b", 2, found), ("c", 3, found[1:]))
        for word in own
    ]
    return "gate_ladder", {"gates.gate_verdicts": rows}, ladder_of(rows)


def of_levels_without_a_ladder() -> Case:
    """A map of which nothing was judged, in its segment or as a whole, gives no level."""
    ladder, maps = [], []
    for name, judged in (("a", SEGMENTS), ("b", ("a=1",)), ("c", ("all",)), ("d", ())):
        for segment in SEGMENTS[:2]:
            one = {"workflow": "flow", "decision_class": name, "segment": segment}
            one |= {"declared_level": "delegate", "recommended_level": "delegate"}
            maps.append(one)
            if segment in judged:
                passed = {"verdict": "pass", "is_blocked": False, "gate": "value_fit"}
                ladder.append(one | CONTEXT | passed | {"cohort_id": "c", "gate_order": 5})
    inputs = {"gates.gate_autonomy_map": maps, "gates.gate_ladder": ladder}
    return "gate_levels", inputs, levels(maps, ladder, [], [], [], [], CONTEXT)


def of_signatures_without_a_map() -> Case:
    """Who signs a class that has a map of a segment only has signed nothing."""
    place = {"workflow": "flow", "decision_class": "a"}
    maps = [place | {"segment": "region=A", "map_digest": "x"}]
    sign = {"role": "risk", "person_id": "p", "map_digest": "x", "signed_at": AS_OF}
    signs = [place | sign | {"expires_at": AS_OF + timedelta(days=9)}]
    del signs[0]["workflow"]
    holders = [{"workflow": "flow", "role": "risk", "person_id": "p"}]
    inputs = {
        "gates.gate_autonomy_map": maps,
        "registry.sign_offs": signs,
        "intermediate.int_owners__active": holders,
    }
    return "gate_signatures", inputs, signatures(maps, signs, holders, AS_OF)


def of_shown() -> Iterator[Case]:
    """Rows of this run and of registered classes alone, every number under its own name."""
    classes = [{"decision_class": name, "workflow": f"flow of {name}"} for name in ("a", "b")]
    runs = list(itertools.product((AS_OF, AS_OF - timedelta(days=1)), (KNOWN, "b6")))
    for model, table in SHOWN.items():
        rows = [
            {name: filled(kind, place) for place, (name, kind) in enumerate(table.columns.items())}
            | {"decision_class": one, "as_of": day, "known_batch": batch}
            for one in ("a", "b", "not registered")
            for day, batch in runs
        ]
        wanted = [
            {name: value for name, value in (row | one).items() if name not in CONTEXT}
            for row in rows
            for one in classes
            if row == row | CONTEXT and row["decision_class"] == one["decision_class"]
        ]
        inputs = {f"evidence.{table.name}": rows, "registry.decision_classes": classes}
        yield model, inputs, wanted


def filled(kind: str, place: int) -> Any:
    """Of every column another value."""
    if kind in ("VARCHAR", "DATE"):
        return f"text {place}"
    return place if kind == "BIGINT" else Decimal(place) / 10
