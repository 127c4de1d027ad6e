"""When facts are made in parts, and where a part ends."""

from contextlib import closing
from pathlib import Path

import pytest

from dagster_project import warehouse
from dagster_project.settings import Project, load_project
from dagster_project.starter import write_project
from dagster_project.transform import bridge, rebuild

BUILD = "this build"


class StoppedError(Exception):
    """Instead of the dbt run that would follow: what it would be asked for."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Batches b1 to b3 made by this very build."""
    monkeypatch.delenv("PENSTOCK_HOME", raising=False)
    write_project(tmp_path / "acme")
    made = load_project(tmp_path / "acme")
    with closing(warehouse.connect(made.warehouse)) as connection:
        connection.execute("CREATE SCHEMA intermediate")
        connection.execute(
            "CREATE TABLE intermediate.made_batches AS SELECT"
            " 'intermediate.int_decisions__changes' AS model,"
            f" 'b' || i AS landing_batch, '{BUILD}' AS build_id FROM range(1, 4) t(i)"
        )
    rebuild.note_prepared(made)
    return made


def first_part(project: Project, rows: dict[str, int], part_rows: int) -> str | None:
    """The last batch of the first part; None where the caller makes the rest at once."""

    def stop(batch: str) -> None:
        raise StoppedError(batch)

    try:
        assert rebuild.rebuild_in_parts(project, rows, stop, part_rows) == 0
    except StoppedError as stopped:
        return str(stopped)
    return None


def test_an_ordinary_day_is_no_part(project: Project) -> None:
    rows = {"b1": 70, "b2": 70, "b3": 70, "b4": 70}
    assert first_part(project, rows, 100) is None


def test_many_new_batches_are_made_in_parts(project: Project) -> None:
    rows = {f"b{number}": 40 for number in range(1, 9)}
    assert first_part(project, rows, 100) == "b5"


def test_a_batch_is_never_divided(project: Project) -> None:
    assert first_part(project, {"b4": 500, "b5": 1}, 100) == "b4"
    assert first_part(project, {"b4": 500}, 100) is None


def test_after_a_change_of_a_dbt_file_everything_is_in_doubt(project: Project) -> None:
    rows = {"b1": 70, "b2": 70, "b3": 70}
    assert first_part(project, rows, 100) is None
    with (project.root / "dbt_project.yml").open("a") as text:
        text.write("# another line\n")
    assert first_part(project, rows, 100) == "b1"


def test_without_a_warehouse_everything_is_made(project: Project) -> None:
    project.warehouse.unlink()
    assert first_part(project, {"b1": 70, "b2": 70}, 100) == "b1"


def test_a_part_that_was_asked_for_in_a_shell_leaves_nothing_out(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(bridge.UPTO_BATCH, "b1")
    assert bridge.dbt_environment(project)[bridge.UPTO_BATCH] == ""
