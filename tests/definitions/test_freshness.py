"""Every source with event times has one check that it still brings something."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from landing_world import LINES, empty_desk, lines

from dagster_project.automation.landing_assets import landing_asset
from dagster_project.contracts.source_freshness import DEFAULT, Freshness, load_freshness
from dagster_project.contracts.sources import SourceError
from dagster_project.landing.land import land

HOURS, DAYS = {"count": 36, "period": "hour"}, {"count": 2, "period": "day"}
UNSET = {"count": None, "period": None}


def declared(folder: Path, freshness: dict[str, Any] | None) -> dict[str, Freshness]:
    node = {"source_name": "desk", "name": "events", "freshness": freshness}
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({"sources": {"source.x": node}}))
    undated = replace(LINES, table="undated", timestamp=None, undated=True)
    return load_freshness(manifest, [LINES, undated])


def test_limits_are_those_of_the_dbt_source_else_seven_days(tmp_path: Path) -> None:
    half, two = timedelta(hours=36), timedelta(days=2)
    for written, limits in (
        (None, DEFAULT),
        ({"warn_after": UNSET, "error_after": UNSET, "filter": None}, DEFAULT),
        ({"warn_after": HOURS, "error_after": DAYS}, Freshness(half, two)),
        ({"error_after": DAYS}, Freshness(None, two)),
    ):
        assert declared(tmp_path, written) == {"desk__events": limits}
    with pytest.raises(SourceError, match=r"desk\.events: freshness: warn_after: give a count"):
        declared(tmp_path, {"warn_after": {"count": 0, "period": "day"}})


@pytest.mark.parametrize(
    ("age", "limits", "passed", "severity"),
    [
        (3, DEFAULT, True, "WARN"),
        (7, DEFAULT, False, "WARN"),
        (None, DEFAULT, False, "WARN"),
        (3, Freshness(timedelta(2), timedelta(4)), False, "WARN"),
        (4, Freshness(timedelta(2), timedelta(4)), False, "ERROR"),
        (None, Freshness(None, timedelta(4)), False, "ERROR"),
    ],
)
def test_a_source_that_stops_fails_its_check_and_no_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    age: int | None,
    limits: Freshness,
    passed: bool,
    severity: str,
) -> None:
    desk = empty_desk(tmp_path, monkeypatch, LINES)
    desk.drop("a.jsonl", lines(1) if age else b"{")
    land(desk.project, [LINES], now=datetime.now(UTC) - timedelta(days=age or 0))
    asset = landing_asset(desk.project, [LINES], {LINES.relation: limits})
    result = dg.materialize([asset])  # replays what is known, which is no landing
    assert result.success
    (check,) = result.get_asset_check_evaluations()
    assert (check.check_name, check.asset_key.path) == ("fresh", ["landing", "desk__events"])
    assert (check.passed, check.severity.value) == (passed, severity)
