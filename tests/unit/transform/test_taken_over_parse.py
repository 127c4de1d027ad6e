"""What tests take over from a parse of another company is what dbt would have parsed anew."""

import json
from pathlib import Path
from typing import Any

import pytest
from company import make_company, parse_in_process, run_dbt_in_process

from dagster_project.settings import Project
from dagster_project.transform.bridge import manifest_path

# when and where: a seed is looked for under the project that is run, and only else under root_path
LEFT_OUT = ("created_at", "metadata", "root_path")


def parsed(project: Project) -> Any:
    """The manifest without times and places."""
    return json.loads(
        manifest_path(project).read_text(encoding="utf-8"),
        object_hook=lambda found: {key: found[key] for key in found if key not in LEFT_OUT},
    )


def test_a_parse_that_was_taken_over_is_as_good_as_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse_in_process(make_company(tmp_path / "one", monkeypatch))
    other = make_company(tmp_path / "other", monkeypatch)
    staging = other.root / "models/staging/procurement"
    sources = staging / "_procurement__sources.yml"
    sources.write_text(sources.read_text().replace(".jsonl.gz", ".jsonl"))
    (staging / "stg_another.sql").write_text("select 1 as one")
    (other.root / "macros" / "another.sql").write_text("{% macro another() %}{% endmacro %}")
    parse_in_process(other)
    third = make_company(tmp_path / "third", monkeypatch)
    parse_in_process(third)
    taken_over, as_it_was = parsed(other), parsed(third)
    assert run_dbt_in_process(other, ["parse", "--no-partial-parse"]).success
    assert taken_over == parsed(other)
    assert "stg_another" in {node["name"] for node in taken_over["nodes"].values()}
    # what was edited in the other company is nothing to a third
    assert run_dbt_in_process(third, ["parse", "--no-partial-parse"]).success
    assert as_it_was == parsed(third)
