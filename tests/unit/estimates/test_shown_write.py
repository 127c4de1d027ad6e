"""Facts to shown rows: kinds of confidence apart, people left out, replaced in one transaction."""

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from estimates_world import BATCH, CLASS, COHORT, World

from dagster_project.evidence.shown import write
from dagster_project.evidence.shown.write import TABLES, write_shown

DAY = date(2025, 3, 3)


def add(world: World, confidence: str, labelled: int, wrong: int, **row: Any) -> None:
    """A row of the fact: ten decisions of one confidence for each label."""
    value = Decimal(confidence)
    healthy = {
        "decision_class": CLASS,
        "segment": "all",
        "cohort_id": COHORT,
        "route": "delegated",
        "inclusion_probability": Decimal("0.1"),
        "confidence_method": "self_reported",
        "confidence_bin": int(value * 100),
        "event_date": DAY,
        "decision_count": 10 * labelled,
        "selected_count": labelled,
        "labelled_count": labelled,
        "wrong_count": wrong,
        "confidence_sum": value * labelled,
        "wrong_confidence_sum": value * wrong,
        "confidence_square_sum": value * value * labelled,
    }
    world.add("facts.fct_confidence_daily", **healthy | row)


def shown(world: World, table: str) -> list[dict[str, Any]]:
    write_shown(world.connection)
    result = world.connection.execute(f"from evidence.{table}")
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def test_a_class_by_hand(world: World) -> None:
    add(world, "0.9", 10, 2)
    add(world, "0.2", 5, 4)
    (row,) = shown(world, "confidence")
    assert (row["decision_count"], row["covered_count"], row["labelled_count"]) == (150, 100, 15)
    assert row["coverage"] == Decimal("0.666666667")
    assert row["operating_confidence"] == Decimal("0.5")
    assert row["effective_count"] == 15
    # (8 × .01 + 2 × .81 + 1 × .64 + 4 × .04) / 15, and gaps of .1 and 0
    assert row["brier"] == Decimal("0.166666667")
    assert row["ece"] == Decimal("0.066666667")
    assert row["ece_lower"] <= row["ece"] <= row["ece_upper"]
    curve = shown(world, "reliability")
    assert [(r["confidence_from"], r["labelled_count"], r["accuracy"]) for r in curve] == [
        (Decimal("0.2"), 5, Decimal("0.2")),
        (Decimal("0.9"), 10, Decimal("0.8")),
    ]
    assert curve[1]["mean_confidence"] == Decimal("0.9")


def test_kinds_of_confidence_are_never_mixed(world: World) -> None:
    add(world, "0.9", 10, 5)
    add(world, "0.9", 10, 1, confidence_method="calibrated")
    rows = {row["confidence_method"]: row for row in shown(world, "confidence")}
    assert {kind: row["ece"] for kind, row in rows.items()} == {
        "self_reported": Decimal("0.4"),
        "calibrated": Decimal(0),
    }
    # of the cell's 200 decisions each covers half
    assert {row["coverage"] for row in rows.values()} == {Decimal("0.5")}


def test_labels_weigh_by_the_chance_they_were_drawn_with(world: World) -> None:
    add(world, "0.9", 4, 4, inclusion_probability=1, decision_count=4)
    add(world, "0.9", 4, 0)
    (row,) = shown(world, "reliability")
    assert row["accuracy"] == Decimal("0.909090909")  # 40 of 44, not 4 of 8


@pytest.mark.parametrize(
    "spoilt",
    [
        {"route": "human"},
        {"event_date": date(2025, 3, 30)},  # a week's delay before 31 March: not mature
        {"landing_batch": f"{BATCH}1"},
        {"decision_class": "w.nobody"},
    ],
)
def test_what_is_left_out(world: World, spoilt: dict[str, Any]) -> None:
    add(world, "0.9", 10, 2)
    before = shown(world, "confidence")
    add(world, "0.9", 10, 10, **spoilt)
    assert shown(world, "confidence") == before


def test_decisions_without_confidence_lower_the_coverage_alone(world: World) -> None:
    add(world, "0.9", 10, 2)
    add(world, "0", 10, 10, confidence_bin=-1, confidence_method="none")
    (row,) = shown(world, "confidence")
    assert (row["coverage"], row["labelled_count"]) == (Decimal("0.5"), 10)


def test_without_labels_there_is_a_coverage_and_no_score(world: World) -> None:
    add(world, "0.9", 0, 0, decision_count=7)
    (row,) = shown(world, "confidence")
    assert (row["coverage"], row["brier"], row["ece_upper"]) == (1, None, None)
    assert shown(world, "reliability") == []


def test_one_class_never_moves_the_interval_of_another(world: World) -> None:
    add(world, "0.9", 10, 2)
    before = shown(world, "confidence")
    world.run(
        "insert into registry.decision_classes"
        " select * replace ('w.a' as decision_class) from registry.decision_classes"
    )
    world.add("facts.fct_watermarks", workflow="w", decision_class="w.a", label_watermark_date=DAY)
    add(world, "0.6", 10, 2, decision_class="w.a", event_date=date(2025, 2, 3))
    rows = shown(world, "confidence")
    assert len(rows) == 2
    assert [row for row in rows if row["decision_class"] == CLASS] == before


def test_agreement_of_a_class(world: World) -> None:
    counts = ("both_right_count", "first_wrong_count", "second_wrong_count", "both_wrong_count")
    pairs = dict(zip(counts, (94, 2, 3, 1), strict=True))
    world.add("facts.fct_review_pairs_daily", decision_class=CLASS, event_date=DAY, **pairs)
    unseen = {"landing_batch": f"{BATCH}1"}, {"event_date": date(2025, 4, 1)}
    for row in ({"decision_class": "w.nobody"}, *unseen):
        fields = {"decision_class": CLASS, "event_date": DAY, **pairs, **row}
        world.add("facts.fct_review_pairs_daily", **fields)
    world.run(  # a class whose pairs were all taken back
        "insert into registry.decision_classes"
        " select * replace ('w.none' as decision_class) from registry.decision_classes"
    )
    nothing = dict.fromkeys(counts, 0)
    world.add("facts.fct_review_pairs_daily", decision_class="w.none", event_date=DAY, **nothing)
    (row,) = shown(world, "agreement")
    assert (row["decision_class"], row["pair_count"]) == (CLASS, 100)
    assert [round(row[name], 2) for name in ("agreement", "kappa", "ac1")] == [
        Decimal("0.95"),
        Decimal("0.26"),
        Decimal("0.95"),
    ]


def test_rows_are_replaced_and_a_failed_write_keeps_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(world, "0.9", 10, 2)
    assert write_shown(world.connection) == {
        **{"confidence": 1, "reliability": 1, "agreement": 0},
        **{"tripwires": 0, "latency_percentiles": 1, "error_evidence": 1},
    }
    before = {t.name: shown(world, t.name) for t in TABLES}
    assert before["reliability"]
    monkeypatch.setattr(write, "agreement_rows", lambda *_: [("x",) * 9])
    with pytest.raises(pa.ArrowException):
        write_shown(world.connection)
    for table in TABLES:
        rows = world.connection.execute(f"from evidence.{table.name}").fetchall()
        assert rows == [tuple(row.values()) for row in before[table.name]]
