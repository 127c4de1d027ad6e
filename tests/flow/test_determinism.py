"""Same inputs, same digest: over threads and time zones (more in ``test_replay.py``); a second
run changes nothing, and an earlier view is refused."""

import os
import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from steps import Judged, judge

from dagster_project.automation.recording import OlderThanPublishedError, record_and_publish
from dagster_project.ledger.ledger import read
from dagster_project.transform.context import RunContext

pytestmark = pytest.mark.xdist_group("flow")


def test_digest_does_not_depend_on_threads_or_time_zone(
    baseline: Judged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    shutil.copytree(baseline.project.landing, home / "landing")
    shutil.copytree(baseline.project.home / "dbt", home / "dbt")
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        project = replace(baseline.project, home=home, ledger=home / "ledger", threads=1)
        again = judge(project)
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert os.environ.get("TZ") is None
    assert again.criteria == baseline.criteria
    assert again.recorded.digest == baseline.recorded.digest


def test_running_twice_changes_nothing(baseline: Judged) -> None:
    before = [line.kind for line in read(baseline.project.ledger)]
    again = judge(baseline.project)
    after = [line.kind for line in read(baseline.project.ledger)]
    assert again.recorded.digest == baseline.recorded.digest
    assert again.recorded.release_id == baseline.recorded.release_id
    assert again.recorded.changed == []
    assert after == [*before, "run"]


def test_an_earlier_view_is_neither_recorded_nor_published(
    baseline: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dagster_project.automation import recording

    earlier = RunContext(datetime(2025, 8, 2, tzinfo=UTC).date(), "20200101T000000000000Z")
    real = recording._one
    monkeypatch.setattr(
        recording,
        "_one",
        lambda connection, query: (
            {"as_of": earlier.as_of, "known_batch": earlier.known_batch}
            if "int_run_context" in query
            else real(connection, query)
        ),
    )
    with pytest.raises(OlderThanPublishedError, match="older than the last recorded run"):
        record_and_publish(baseline.project, actor="test")
