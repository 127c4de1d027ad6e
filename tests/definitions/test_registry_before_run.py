"""A run starts with the registry: with one broken row in it, nothing is judged."""

from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import dagster as dg
import pytest
from company import make_company, read_seed, write_seed

from dagster_project import warehouse
from dagster_project.automation.landing_assets import run_context_asset
from dagster_project.settings import Project
from dagster_project.transform.context import (
    FutureDayError,
    NothingLandedError,
    RunContext,
    batch_at,
    choose_context,
    read_run_context,
)

DAY = timedelta(days=1)


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
    first, *others = read_seed(project, "thresholds")
    write_seed(project, "thresholds", [first | {"threshold": "a lot"}, *others])
    message = failure_of_a_run(project)
    assert "seeds/registry/thresholds.csv row 2, column threshold: 'a lot'" in message
    assert "RegistryError" in message
    assert not project.warehouse.exists()


def test_with_a_sound_registry_a_run_knows_what_it_looks_at_before_anything_has_landed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_company(tmp_path, monkeypatch, as_of="2025-08-03")
    before = batch_at(datetime.now(UTC))
    assert dg.materialize([run_context_asset(project)]).success
    with closing(warehouse.connect(project.warehouse, read_only=True)) as connection:
        context = read_run_context(connection)
    assert context.as_of == date(2025, 8, 3)
    assert before < context.known_batch < batch_at(datetime.now(UTC))


def test_nothing_was_known_before_the_first_landing() -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    with pytest.raises(NothingLandedError, match="no file has landed by 2026-03-01"):
        choose_context([], as_of=None, known_at=moment, now=datetime(2026, 3, 2, tzinfo=UTC))
    context = choose_context([], as_of=None, known_at=None, now=moment)
    assert context == RunContext(date(2026, 3, 1), "20260301T000000000000Z")


def test_no_run_looks_at_a_day_that_has_not_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_company(tmp_path, monkeypatch, as_of="2999-01-01")
    assert "FutureDayError: as_of 2999-01-01 lies in the future" in failure_of_a_run(project)
    assert not project.warehouse.exists()
    moment = datetime(2026, 3, 1, 23, 59, tzinfo=timezone(timedelta(hours=-2)))
    days = (date(2026, 3, 2), date(2026, 3, 3))  # in UTC it is the second of March
    today, tomorrow = (
        partial(choose_context, [], as_of=day, known_at=None, now=moment) for day in days
    )
    assert today().as_of == days[0]
    with pytest.raises(FutureDayError):
        tomorrow()
    # a file that landed while the clock was wrong
    with pytest.raises(FutureDayError):
        choose_context([batch_at(moment + DAY)], as_of=None, known_at=None, now=moment)
