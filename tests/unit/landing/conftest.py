"""The fixture of the landing tests."""

from pathlib import Path

import pytest
from landing_world import Desk

from dagster_project.settings import load_project


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.delenv("PENSTOCK_HOME", raising=False)
    (tmp_path / "penstock.toml").write_text("[landing]\nsettle_seconds = 0\n")
    (tmp_path / "data").mkdir()
    return Desk(load_project(tmp_path))
