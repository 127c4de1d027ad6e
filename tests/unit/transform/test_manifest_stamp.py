"""A manifest is used as long as the files it was made from are the same, in the same places."""

import shutil
from pathlib import Path

import pytest

from dagster_project import settings
from dagster_project.starter import write_project
from dagster_project.transform import bridge


def test_an_installation_that_was_moved_is_parsed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PENSTOCK_HOME", raising=False)
    write_project(tmp_path / "acme")
    project = settings.load_project(tmp_path / "acme")
    shutil.copytree(project.dbt_package, tmp_path / "moved" / "_dbt")
    project.dbt_target.mkdir(parents=True)
    bridge.manifest_path(project).write_text("{}", encoding="utf-8")
    (project.dbt_target / "manifest.inputs").write_bytes(bridge._stamp(project))
    assert bridge.is_manifest_current(project)
    before = bridge.inputs_digest(project)
    monkeypatch.setattr(settings, "PRODUCT_ROOT", tmp_path / "moved")
    assert bridge.inputs_digest(project) == before
    assert bridge.dbt_environment(project)["PENSTOCK_DBT_PACKAGE"] == str(tmp_path / "moved/_dbt")
    assert not bridge.is_manifest_current(project)
