"""One input file missing, cut off, doubled or spoilt: verdicts may only move away from pass."""

import gzip
import json
from pathlib import Path

import pytest
from steps import Decided, Judged, add_what_a_launch_returns, decide, land_all, passing, procurement

pytestmark = pytest.mark.xdist_group("flow")


def damaged(folder: Path, patch: pytest.MonkeyPatch, damage) -> Decided:
    project = procurement(folder, patch)
    add_what_a_launch_returns(project)
    damage(project.root / "data" / "procurement")
    land_all(project)
    return decide(project)


def lose_a_bit_of_everything(data: Path) -> None:
    """No reviews; actions cut off; no confidence; hours become minutes, with the same numbers."""
    (data / "reviews.jsonl.gz").unlink()
    actions = data / "business_actions.jsonl.gz"
    actions.write_bytes(actions.read_bytes()[: actions.stat().st_size // 2])
    path = data / "decisions.jsonl.gz"
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    without = [{key: row[key] for key in row if key != "confidence"} for row in rows]
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in without).encode()))
    for path in data.glob("kpis*.csv"):
        kpis = path.read_text()
        assert ",hours," in kpis
        path.write_text(kpis.replace(",hours,", ",minutes,"))


def double_and_spoil(data: Path) -> None:
    """The same decisions under another name and compression, the same file grown by an action that
    nobody registered, broken lines."""
    lines = gzip.decompress((data / "decisions.jsonl.gz").read_bytes())
    (data / "decisions-again.jsonl.gz").write_bytes(gzip.compress(lines, 1))
    stranger = json.loads(lines.splitlines()[-1]) | {"decision_id": "x", "action": "drop_table"}
    grown = lines + json.dumps(stranger).encode() + b"\n"
    (data / "decisions-grown.jsonl.gz").write_bytes(gzip.compress(grown))
    reviews = gzip.decompress((data / "reviews.jsonl.gz").read_bytes())
    (data / "reviews.jsonl.gz").write_bytes(gzip.compress(reviews + b'{"review_id": "x", \n' * 3))


def test_a_missing_file_a_cut_off_one_a_lost_column_and_another_unit_take_passes_away(
    baseline: Judged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = damaged(tmp_path, monkeypatch, lose_a_bit_of_everything)
    assert passing(found.criteria) < passing(baseline.criteria)
    lost = {key[2] for key in passing(baseline.criteria) - passing(found.criteria)}
    assert {"labels_available", "accuracy", "review_capacity"} <= lost
    of_values = {"required_data_present", "confidence_quality", "pain_measured"}
    assert of_values <= lost
    # half a file of actions is none, and shuts every gate of its source
    assert {"accounted", "reconciled"} <= lost
    kept = {key[2] for key in passing(found.criteria)}
    assert not kept & (of_values | {"accounted", "reconciled"})
    assert not any(key[2] == "data_fit" for key in passing(found.gates))


def test_doubled_decisions_change_nothing_and_broken_reviews_count_against(
    baseline: Judged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import closing

    from dagster_project import warehouse

    found = damaged(tmp_path, monkeypatch, double_and_spoil)
    assert passing(found.criteria) <= passing(baseline.criteria)
    query = "SELECT sum(decision_count) FROM facts.fct_decisions_daily WHERE segment = 'all'"
    with (
        closing(warehouse.connect(found.project.warehouse, read_only=True)) as spoilt,
        closing(warehouse.connect(baseline.project.warehouse, read_only=True)) as clean,
    ):
        ((before,),) = clean.execute(query).fetchall()
        assert spoilt.execute(query).fetchone() == (before + 1,)
        undeclared = spoilt.execute(
            "SELECT decision_class, decision_count FROM marts.decision_inventory "
            "WHERE NOT is_declared"
        ).fetchall()
        assert undeclared == [("(undeclared)", 1)]
        broken = spoilt.execute(
            "SELECT sum(unit_count) FROM facts.fct_unreadable WHERE stream = 'reviews'"
        ).fetchone()
        assert broken == (3,)
        bound = (
            "SELECT bound FROM marts.gate_criteria WHERE criterion_id = 'accuracy' AND "
            "segment = 'all' AND decision_class = 'procurement.classify_vendor_request'"
        )
        assert spoilt.execute(bound).fetchone() > clean.execute(bound).fetchone()
