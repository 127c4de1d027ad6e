"""DuckDB's memory is bounded in every step, and by the same number."""

from contextlib import closing
from pathlib import Path

import pytest

from dagster_project import warehouse
from dagster_project.settings import SettingsError, load_project
from dagster_project.transform.bridge import dbt_environment

ROOT = Path(__file__).resolve().parents[3]


def limit(path: Path) -> str:
    with closing(warehouse.connect(path)) as connection:
        found = connection.execute("select current_setting('memory_limit')").fetchone()
    assert found
    return str(found[0])


def test_a_database_holds_four_gigabytes_unless_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(warehouse.MEMORY_VARIABLE, raising=False)
    assert limit(tmp_path / "a.duckdb") == "3.7 GiB"
    monkeypatch.setenv(warehouse.MEMORY_VARIABLE, "1")
    assert limit(tmp_path / "a.duckdb") == "953.6 MiB"


def test_dbt_is_told_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path))
    monkeypatch.setenv(warehouse.MEMORY_VARIABLE, "3")
    assert dbt_environment(load_project(ROOT / "demo"))[warehouse.MEMORY_VARIABLE] == "3"
    for profile in ("demo/profiles.yml", "dagster_project/starter/project/profiles.yml.tmpl"):
        text = (ROOT / profile).read_text()
        assert "memory_limit: \"{{ env_var('PENSTOCK_MEMORY_GB', '4') }}GB\"" in text


@pytest.mark.parametrize("asked", ["0", "-1", "4GB", "half", "1.5"])
def test_a_limit_that_is_no_whole_number_is_refused(
    asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(warehouse.MEMORY_VARIABLE, asked)
    with pytest.raises(SettingsError, match="whole gigabytes"):
        warehouse.memory_gigabytes()
