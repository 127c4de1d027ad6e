"""The scorecard shows what was published, says how long it counts, and refuses a forgery."""

import json
from datetime import timedelta

import pytest
from cli_world import DELEGATED, HOSTILE, SUPPORTED, TODAY, WAITING, World
from conftest import Ask

from dagster_project.cli import scorecard


def test_classes_stand_by_workflow_and_then_best_stage_first(ask: Ask, published: World) -> None:
    classes = ask(published, "scorecard", "--format", "json").document()["classes"]
    assert [row["decision_class"] for row in classes] == [DELEGATED, WAITING, HOSTILE, SUPPORTED]


def test_json_carries_gates_levels_and_what_is_missing_first(ask: Ask, published: World) -> None:
    said = ask(published, "scorecard", "--format=json")
    row = said.document()["classes"][0]
    assert (said.code, said.err) == (0, "")
    assert [gate["verdict"] for gate in row["gates"]] == [
        *("pass", "pass", "pass"),
        *("fail", "insufficient"),
    ]
    assert [gate["is_blocked"] for gate in row["gates"]] == [False] * 4 + [True]
    assert (row["stage"], row["declared_level"]) == ("pilot", "delegate")
    assert row["missing_first"] == {
        "gate": "production_fit",
        "open_criteria": ["latency", "accuracy"],
        "first_reason": "latency: 1540 more clean trials",
    }
    assert row["labels_needed"] == 1540


def test_text_says_verdicts_levels_and_needs_in_words(ask: Ask, published: World) -> None:
    lines = ask(published, "scorecard").out.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(DELEGATED))
    assert lines[at].split() == [
        DELEGATED,
        *("✓", "pass") * 3,
        *("✗", "fail"),
        *("⊘", "insuff."),
    ]
    assert lines[at + 1].strip() == "stage pilot; declared delegate → effective delegate"
    assert lines[at + 2].strip() == (
        "missing first: production_fit: latency: 1540 more clean trials (and 1 more)"
    )
    assert lines[at + 4].strip() == "labelled decisions still needed: 1,540"


def test_what_is_missing_first_is_the_first_gate_that_is_no_pass(
    ask: Ask, published: World
) -> None:
    classes = ask(published, "scorecard", "--format", "json").document()["classes"]
    missing = {row["decision_class"]: row["missing_first"]["gate"] for row in classes}
    assert missing[WAITING] == "data_fit"  # stale; the first that fails comes later


def test_a_name_too_long_for_its_column_keeps_the_gates_on_one_line(
    ask: Ask, published: World
) -> None:
    lines = ask(published, "scorecard", columns=80).out.splitlines()
    at = next(n for n, line in enumerate(lines) if "evil" in line)
    assert lines[at + 1].split() == ["✗", "fail", *("⊘", "insuff.") * 4]


@pytest.mark.parametrize("columns", [80, 100, 120])
@pytest.mark.parametrize("arguments", [(), (DELEGATED,), (HOSTILE,)])
def test_no_line_is_wider_than_the_screen(
    ask: Ask, published: World, columns: int, arguments: tuple[str, ...]
) -> None:
    said = ask(published, "scorecard", *arguments, columns=columns)
    assert said.code == 0
    assert max(map(len, said.out.splitlines())) <= columns


@pytest.mark.parametrize(
    "arguments", [("scorecard",), ("scorecard", HOSTILE), ("inventory",), ("explain", HOSTILE)]
)
def test_hostile_names_are_shown_and_steer_nothing(
    ask: Ask, published: World, arguments: tuple[str, ...]
) -> None:
    gate = ("data_fit",) if arguments[0] == "explain" else ()
    said = ask(published, *arguments, *gate)
    assert said.code == 0
    assert "[red]evil[/red]\\x1b[31m\\nsecond\\u202eline" in said.out
    assert not {"\x1b", "\u202e"} & set(said.out)


def test_hostile_names_survive_json(ask: Ask, published: World) -> None:
    said = ask(published, "scorecard", HOSTILE, "--format", "json")
    assert said.document()["class"]["decision_class"] == HOSTILE
    assert said.out.isascii()


def test_one_class_shows_segments_tests_and_cohorts(ask: Ask, published: World) -> None:
    out = ask(published, "scorecard", DELEGATED, columns=120).out
    assert "region=EU" in out
    assert "value at risk ✗ weak" in out
    assert "amount limit: 500 EUR" in out
    assert "76.01397" in out


def test_a_cost_that_nobody_knows_is_never_a_number(ask: Ask, published: World) -> None:
    assert "price missing (3)" in ask(published, "scorecard", SUPPORTED).out


def test_an_unknown_class_is_bad_input_with_a_suggestion(ask: Ask, published: World) -> None:
    said = ask(published, "scorecard", "classify_request")
    assert (said.code, said.out) == (2, "")
    assert f"did you mean {DELEGATED}?" in said.err


def test_an_error_is_one_json_document_too(ask: Ask, published: World) -> None:
    said = ask(published, "scorecard", "procurement.clasify_request", "--format", "json")
    assert (said.code, said.err) == (2, "")
    assert DELEGATED in said.document()["error"]


def test_a_release_counts_on_its_last_day_and_not_after(ask: Ask, fresh: World) -> None:
    fresh.publish(TODAY - timedelta(days=2))
    assert "EXPIRED" not in ask(fresh, "scorecard").out
    assert ask(fresh, "scorecard", "--format=json").document()["is_expired"] is False
    fresh.publish(TODAY - timedelta(days=3))
    assert "EXPIRED" in ask(fresh, "scorecard").out
    assert ask(fresh, "scorecard", "--format=json").document()["is_expired"] is True


def test_without_a_publication_it_names_the_command_to_run(ask: Ask, fresh: World) -> None:
    said = ask(fresh, "scorecard")
    assert (said.code, said.out) == (4, "")
    assert "penstock run" in said.err


def test_a_release_that_no_run_recorded_is_not_shown(ask: Ask, fresh: World) -> None:
    fresh.publish()
    manifest = fresh.current / "manifest.json"
    content = json.loads(manifest.read_bytes())
    manifest.write_text(json.dumps(content | {"version": 2}), encoding="utf-8")
    said = ask(fresh, "scorecard")
    assert (said.code, said.out) == (1, "")
    assert "no run in" in said.err


def test_a_copy_that_was_changed_is_not_shown(ask: Ask, fresh: World) -> None:
    fresh.publish()
    copy = fresh.current / "scorecards.duckdb"
    copy.chmod(0o644)
    with copy.open("ab") as stream:
        stream.write(b"\0")
    said = ask(fresh, "scorecard")
    assert (said.code, said.out) == (1, "")
    assert "not as it was published" in said.err


def test_a_release_of_another_version_is_no_riddle(
    ask: Ask, published: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scorecard, "CARD", scorecard.CARD.replace("verdict", "verdict_of_2031"))
    said = ask(published, "scorecard")
    assert (said.code, said.out) == (1, "")
    assert "made by another version" in said.err


def test_a_run_that_died_before_publishing_is_told(ask: Ask, fresh: World) -> None:
    fresh.publish(TODAY - timedelta(days=1))
    fresh.publish(is_activated=False)
    said = ask(fresh, "scorecard")
    assert said.code == 0
    assert "a newer run is recorded but not published" in said.out
