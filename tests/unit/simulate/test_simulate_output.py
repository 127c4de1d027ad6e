"""The files: reproducible, whole or not there, canonical, in bounded memory."""

import hashlib
import json
import tracemalloc
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from simulated_world import BUNDLED, STREAMS, World, contents, text

from dagster_project.simulate import SimulateError, simulate
from dagster_project.simulate.plan import CLASSES

FILES = {*(f"{name}.jsonl.gz" for name in STREAMS), "kpis.csv", "planted_truth.json"}
COLUMNS = {
    "decisions": "decision_id occurred_at workflow decision_class subject_id region team channel"
    " agent_id agent_version model prompt_version tool_schema_version policy_version action route"
    " confidence confidence_method amount currency latency_ms input_tokens output_tokens"
    " cost_amount cost_currency status error_type fallback_used fallback_reason within_boundary"
    " sequence_number",
    "reviews": "review_id decision_id reviewer_id queued_at reviewed_at handling_seconds verdict"
    " is_blind sampling_reason inclusion_probability is_seeded_error",
    "audit_sample": "decision_id selected_at inclusion_probability",
    "reversals": "reversal_id decision_id attempted_at completed_at succeeded is_drill",
    "business_actions": "action_id executed_at workflow action decision_id",
    "rail_evidence": "rail workflow component is_shared observed_at result",
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("small")
    simulate(folder, seed=11, weeks=3)
    return World(folder)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(
    small: World, tmp_path: Path
) -> None:
    simulate(tmp_path / "again", seed=11, weeks=3)
    simulate(tmp_path / "other", seed=12, weeks=3)
    first, other = contents(small.folder), contents(tmp_path / "other")
    assert contents(tmp_path / "again") == first
    assert set(first) == FILES
    assert all(first[name] != other[name] for name in FILES)
    # gzip flags (no file name) and time: two runs within a second would agree by chance
    assert {first[f"{name}.jsonl.gz"][3:8] for name in STREAMS} == {bytes(5)}


def test_the_bundled_data_is_what_the_code_makes_with_seed_7(tmp_path: Path) -> None:
    result = simulate(tmp_path)
    for stream in STREAMS:
        # decompressed: another zlib may pack the same text differently
        name = f"{stream}.jsonl.gz"
        assert text(tmp_path / name) == text(BUNDLED / name), name
    assert (tmp_path / "kpis.csv").read_bytes() == (BUNDLED / "kpis.csv").read_bytes()
    assert result["truth"] == json.loads((BUNDLED / "planted_truth.json").read_text())
    assert result["counts"] == {
        name: entry["records"] for name, entry in result["truth"]["streams"].items()
    }


def test_the_truth_names_the_digest_and_records_of_every_stream(small: World) -> None:
    for stream in STREAMS:
        entry = small.truth["streams"][stream]
        content = text(small.folder / entry["file"]).encode()
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert entry["records"] == content.count(b"\n")


@pytest.mark.parametrize("stream", STREAMS)
def test_a_row_has_exactly_the_canonical_columns(small: World, stream: str) -> None:
    assert all(list(row) == COLUMNS[stream].split() for row in small.rows(stream))


def test_broken_lines_are_as_many_as_asked_and_the_truth_says_where(tmp_path: Path) -> None:
    simulate(tmp_path / "whole", seed=11, weeks=1)
    simulate(tmp_path / "cut", seed=11, weeks=1, broken_lines=100)
    whole = text(tmp_path / "whole" / "decisions.jsonl.gz").splitlines()
    cut = text(tmp_path / "cut" / "decisions.jsonl.gz").splitlines()
    assert len(whole) == len(cut)
    broken = {}
    for number, (before, after) in enumerate(zip(whole, cut, strict=True), start=1):
        if before == after:
            continue
        with pytest.raises(json.JSONDecodeError):
            json.loads(after)
        assert after
        assert before.startswith(after)
        broken[number] = json.loads(before)["decision_id"]
    assert len(broken) == 100
    assert World(tmp_path / "cut").truth["broken_lines"] == [
        {"file": "decisions.jsonl.gz", "line": number, "decision_id": name}
        for number, name in broken.items()
    ]
    assert json.loads((BUNDLED / "planted_truth.json").read_text())["broken_lines"] == []


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SimulateError, match=r"notes\.txt.*empty folder"):
        simulate(tmp_path, weeks=1)
    assert contents(tmp_path) == {"notes.txt": b"mine"}


def test_logs_that_may_be_real_are_refused_and_own_output_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "decisions.jsonl.gz").write_bytes(b"real")
    with pytest.raises(SimulateError, match="may be real"):
        simulate(tmp_path, weeks=1)
    assert contents(tmp_path) == {"decisions.jsonl.gz": b"real"}
    simulate(tmp_path / "own", seed=1, weeks=1)
    simulate(tmp_path / "own", seed=2, weeks=1)
    assert World(tmp_path / "own").truth["seed"] == 2


def test_a_run_that_dies_leaves_nothing(tmp_path: Path) -> None:
    def die(done: int, weeks: int) -> None:
        raise RuntimeError(f"{done} of {weeks}")

    with pytest.raises(RuntimeError, match="1 of 2"):
        simulate(tmp_path, weeks=2, on_progress=die)
    assert contents(tmp_path) == {}


@pytest.mark.parametrize(
    ("wrong", "fix"),
    [
        ({"weeks": 0}, "at least 1"),
        ({"end": date(2025, 8, 1)}, "2025-08-03"),
        ({"broken_lines": -1}, "give 0 to"),
        ({"broken_lines": 10_000, "weeks": 1}, "give 0 to 446"),
        ({"key": b"short"}, "at least 16"),
    ],
)
def test_an_argument_without_sense_is_refused_with_the_fix(
    tmp_path: Path, wrong: dict[str, Any], fix: str
) -> None:
    with pytest.raises(SimulateError, match=fix):
        simulate(tmp_path / "out", **wrong)
    assert not (tmp_path / "out").exists()


def test_memory_does_not_grow_with_the_period(tmp_path: Path) -> None:
    few = tuple(replace(plan, per_week=plan.per_week / 4) for plan in CLASSES)

    def peak(weeks: int) -> int:
        tracemalloc.start()
        simulate(tmp_path / str(weeks), weeks=weeks, classes=few)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(1)  # imports and caches
    assert peak(12) < 1.3 * peak(2)
