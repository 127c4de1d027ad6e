"""A run starts with the registry: with one broken row in it, nothing is judged."""

from pathlib import Path

import dagster as dg
import pytest
from company import make_company, read_seed, write_seed

from dagster_project.automation.landing_assets import run_context_asset
from dagster_project.settings import Project


def failure_of_a_run(project: Project) -> str:
    """What Dagster shows of the failed step."""
    result = dg.materialize([run_context_asset(project)], raise_on_error=False)
    assert not result.success
    (failure,) = result.get_step_failure_events()
    return str(failure.step_failure_data.error_display_string)


def test_a_broken_registry_row_fails_the_run_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_company(tmp_path, monkeypatch)
    # a sound registry is no obstacle: the run ends only because nothing has landed yet
    assert "NothingLandedError" in failure_of_a_run(project)
    first, *others = read_seed(project, "thresholds")
    write_seed(project, "thresholds", [first | {"threshold": "a lot"}, *others])
    message = failure_of_a_run(project)
    assert "seeds/registry/thresholds.csv row 2, column threshold: 'a lot'" in message
    assert "RegistryError" in message
    assert not project.warehouse.exists()
