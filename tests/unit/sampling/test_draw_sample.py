"""The draw publishes exactly what the key selects, once, whatever happens in between."""

import json
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sampling_world import BATCH, CLASS, NEXT, RATE, Desk

from dagster_project import warehouse
from dagster_project.automation.sample_assets import draw_and_note
from dagster_project.contracts.audit_draw import Draw
from dagster_project.keys import KeyUnusableError
from dagster_project.sampling import Drawn, SampleFileError, draw_sample
from dagster_project.settings import SettingsError, load_project
from dagster_project.warehouse import WarehouseMissingError

NAMES = [f"d-{number:03d}" for number in range(200)]
FILE = f"audit_sample-{BATCH}.jsonl"


def draw(desk: Desk) -> Drawn:
    return draw_sample(desk.project, desk.folder)


def selected(desk: Desk, names: list[str] = NAMES, rate: str = RATE) -> list[str]:
    made = Draw(desk.project.sample_key.read())
    return [name for name in names if made.selects(name, Decimal(rate))]


def test_what_the_key_selects_is_published_with_its_rate(desk: Desk) -> None:
    desk.decide(*NAMES)
    drawn = draw(desk)
    assert [row["decision_id"] for row in desk.rows()] == selected(desk)
    assert {row["inclusion_probability"] for row in desk.rows()} == {0.25}
    assert {row["selected_at"] for row in desk.rows()} == {"2026-03-01T04:00:00Z"}
    assert (drawn.file, list(desk.files())) == (desk.folder / FILE, [FILE])
    counts = drawn.classes[CLASS]
    assert (counts.decisions, counts.drawn, counts.overdue) == (200, len(selected(desk)), 0)
    assert 30 < counts.selected < 70


def test_a_second_draw_adds_nothing(desk: Desk) -> None:
    desk.decide(*NAMES)
    draw(desk)
    before = desk.files()
    again = draw(desk)
    assert (again.file, again.total("drawn"), desk.files()) == (None, 0, before)
    assert again.total("waiting") == len(selected(desk))


def test_a_landed_selection_is_not_drawn_again(desk: Desk) -> None:
    desk.decide(*NAMES)
    desk.look_at(NEXT)
    desk.decide(*selected(desk), batch=NEXT, samples=1)
    drawn = draw(desk)
    assert (drawn.total("landed"), drawn.total("drawn")) == (len(selected(desk)), 0)
    assert not desk.folder.exists()


def test_a_later_batch_gets_a_file_of_its_own(desk: Desk) -> None:
    desk.decide(*NAMES[:100])
    draw(desk)
    desk.look_at(NEXT)
    desk.decide(*NAMES[100:], batch=NEXT)
    assert draw(desk).total("overdue") == 0
    assert list(desk.files()) == [FILE, FILE.replace(BATCH, NEXT)]
    assert sorted(row["decision_id"] for row in desk.rows()) == selected(desk)


def test_a_run_as_known_earlier_does_not_draw_what_came_later(desk: Desk) -> None:
    desk.decide(*NAMES[:100])
    desk.decide(*NAMES[100:], batch=NEXT)
    draw(desk)
    assert [row["decision_id"] for row in desk.rows()] == selected(desk, NAMES[:100])


def test_a_lost_file_is_drawn_again_row_by_row_and_reported(desk: Desk) -> None:
    desk.decide(*NAMES)
    draw(desk)
    before = desk.rows()
    (desk.folder / FILE).unlink()
    desk.look_at(NEXT)
    drawn = draw(desk)
    assert desk.rows() == before
    assert drawn.total("overdue") == drawn.total("drawn") == len(before)


def test_a_removed_line_is_drawn_again_beside_the_others(desk: Desk) -> None:
    desk.decide(*NAMES)
    draw(desk)
    before = desk.files()
    lines = before[FILE].splitlines(keepends=True)
    (desk.folder / FILE).write_text("".join(lines[3:]))
    assert draw(desk).total("drawn") == 3
    assert desk.files() == before


def test_what_a_killed_write_left_is_in_nobodys_way(desk: Desk) -> None:
    desk.decide(*NAMES)
    desk.folder.mkdir(parents=True)
    (desk.folder / f".{FILE}.1.tmp").write_text('{"decision_id": "d-0')
    draw(desk)
    assert [json.loads(line)["decision_id"] for line in desk.files()[FILE].splitlines()] == (
        selected(desk)
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"decision_id":"picked","inclusion_probability":0.000001}', "was not drawn by this key"),
        ('{"decision_id":"d-001","inclusion_probability":"1"}', "is no selection"),
        ('{"decision_id":"d-0', "is no selection"),
        ("[]", "is no selection"),
        ('{"decision_id":"d-001","inclusion_probability":NaN}', "is no selection"),
    ],
)
def test_a_line_that_was_not_drawn_stops_the_draw(desk: Desk, line: str, words: str) -> None:
    desk.decide(*NAMES)
    draw(desk)
    with (desk.folder / FILE).open("a") as stream:
        stream.write(line + "\n")
    number = len(selected(desk)) + 1
    with pytest.raises(SampleFileError, match=rf"{FILE} line {number} {words}"):
        draw(desk)


def test_another_key_is_noticed_before_it_draws(desk: Desk) -> None:
    desk.decide(*NAMES)
    draw(desk)
    before = desk.files()
    desk.project.sample_key.file.write_text("ab" * 32)
    desk.decide("d-new")
    with pytest.raises(SampleFileError, match="the key is another one"):
        draw(desk)
    assert desk.files() == before


def test_selections_of_somebody_else_are_counted(desk: Desk) -> None:
    unselected = next(name for name in NAMES if name not in selected(desk))
    desk.decide(unselected, samples=1)
    desk.decide(*selected(desk)[:3], samples=1)
    counts = draw(desk).classes[CLASS]
    # one that is missing does not make up for it
    assert (counts.foreign, counts.landed) == (1, 3)


def test_the_evidence_is_told_what_the_key_did_not_draw(desk: Desk) -> None:
    others = [name for name in NAMES if name not in selected(desk)]
    desk.decide(*others[:2], *selected(desk)[:3], samples=1)
    for foreign in ([(CLASS, 2)], []):
        draw_and_note(desk.project, desk.folder)
        with closing(warehouse.connect(desk.project.warehouse)) as connection:
            assert connection.execute("from evidence.foreign_selections").fetchall() == foreign
        # the company no longer reads the table that somebody wrote them to
        desk.look_at(NEXT)
        desk.decide(*others[:2], batch=NEXT)


def test_the_newest_state_decides(desk: Desk) -> None:
    desk.decide(*NAMES, route="(unknown)")
    assert draw(desk).undrawn == {(CLASS, "route unknown"): 200}
    desk.look_at(NEXT)
    desk.decide(*NAMES, batch=NEXT, route="shadow")
    assert draw(desk).total("overdue") == len(selected(desk))


def test_what_cannot_be_drawn_is_counted_by_reason(desk: Desk) -> None:
    erased = "erased_" + "0a" * 16
    everything = "1.000000"
    desk.decide("a", decision_class="(undeclared)", rate=everything)
    desk.decide("b", rate="0.000000")
    desk.decide("c", is_conflict=True, rate=everything)
    desk.decide("d", route="human", rate=everything)
    desk.decide(erased, rate=everything)
    desk.decide("e", "erased_by_name", erased + "0", route="surfaced", rate=everything)
    assert draw(desk).undrawn == {
        ("(undeclared)", "class not registered"): 1,
        (CLASS, "no audit rate on its day"): 1,
        (CLASS, "records in conflict"): 1,
        (CLASS, "erased"): 1,
    }
    assert [row["decision_id"] for row in desk.rows()] == ["e", erased + "0", "erased_by_name"]


def test_without_a_key_nothing_is_drawn_and_the_place_is_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.decide(*NAMES)
    key = desk.project.sample_key.file.read_text()
    desk.project.sample_key.file.unlink()
    with pytest.raises(KeyUnusableError, match=r"audit\.key holds no key"):
        draw(desk)
    monkeypatch.setenv("OUR_AUDIT_KEY", "short")
    desk.project = replace(desk.project, sample_variable="OUR_AUDIT_KEY")
    with pytest.raises(KeyUnusableError, match="OUR_AUDIT_KEY is no key of 64 hex"):
        draw(desk)
    assert not desk.folder.exists()
    monkeypatch.setenv("OUR_AUDIT_KEY", key)
    assert draw(desk).total("drawn") > 0


def test_without_a_run_there_is_nothing_to_draw_from(desk: Desk) -> None:
    desk.project.warehouse.unlink()
    with pytest.raises(WarehouseMissingError, match="penstock run"):
        draw(desk)


def test_a_key_is_made_once_and_closed_to_others(desk: Desk) -> None:
    place = desk.project.sample_key
    before = place.read()
    assert not place.create()
    assert place.read() == before
    assert len(before) == 32
    assert not place.is_open_to_others
    place.file.chmod(0o640)
    assert place.is_open_to_others


@pytest.mark.parametrize("folder", ["..", ".", "/tmp", "a/../../b"])
def test_the_folder_lies_below_the_project(tmp_path: Path, folder: str) -> None:
    (tmp_path / "penstock.toml").write_text(f'[sample]\nfolder = "{folder}"\n')
    with pytest.raises(SettingsError, match="must be a folder below"):
        load_project(tmp_path)
