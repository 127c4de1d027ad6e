"""A small version of ``make poison``: every class a few times, a few thousand mutated lines."""

from campaign import FILES, classes, files, mutated, suite
from json_suite import CASES
from poison_lines import CLASSES


def test_every_class_of_lines_gets_its_outcome_both_ways(tmp_path):
    wrong: list[str] = []
    assert classes(tmp_path / "a", 3, wrong) == 6 * len(CLASSES) + 1
    assert wrong == []


def test_every_case_of_json_parsing_gets_its_outcome_both_ways(tmp_path):
    wrong: list[str] = []
    suite(tmp_path / "a", wrong)
    assert wrong == []


def test_every_class_of_files_gets_its_outcome(tmp_path):
    wrong: list[str] = []
    files(tmp_path / "a", 1, wrong)
    assert wrong == []


def test_mutated_lines_are_never_lost(tmp_path):
    wrong: list[str] = []
    assert mutated(tmp_path / "a", 0, 2_000, wrong).total() == 2_000
    assert wrong == []


def test_there_are_enough_of_them():
    assert len(CLASSES) + len(FILES) >= 60
    assert {name[:2] for name in CASES} == {"y_", "n_", "i_"}
