"""Bad evidence that is made unknown, overruled or forgotten still counts.

250 of the sampled labels of one class are overturned; what is then done to hide it must not bring
the pass back.
"""

import gzip
import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from steps import Judged, land_all, prepare, procurement

from dagster_project import warehouse
from dagster_project.automation.recording import OlderThanPublishedError, record_and_publish
from dagster_project.evidence.estimates.write import write_estimates
from dagster_project.settings import Project
from dagster_project.transform.context import RunContext

CLASS = "procurement.classify_vendor_request"
KEY = (CLASS, "all", "accuracy")
BAD = 250
Rows = dict[str, list[dict]]


def read(data: Path, stream: str) -> list[dict]:
    lines = gzip.decompress((data / f"{stream}.jsonl.gz").read_bytes()).splitlines()
    return [json.loads(line) for line in lines]


def write(data: Path, stream: str, rows: list[dict]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (data / f"{stream}.jsonl.gz").write_bytes(gzip.compress(text.encode(), 1))


def overturned(rows: Rows) -> set[str]:
    """Overturn the first BAD labels of the class; return their decisions."""
    own = {r["decision_id"] for r in rows["decisions"] if r["action"] == "classify_vendor_request"}
    chosen = [r for r in rows["reviews"] if r["decision_id"] in own and not r["is_seeded_error"]][
        :BAD
    ]
    for review in chosen:
        review["verdict"] = "overturn"
    return {review["decision_id"] for review in chosen}


def unknown_action(rows: Rows, bad: set[str]) -> None:
    for row in rows["decisions"]:
        if row["decision_id"] in bad:
            row["action"] = None


def of_the_future(rows: Rows, bad: set[str]) -> None:
    for row in rows["decisions"]:
        if row["decision_id"] in bad:
            row["occurred_at"] = "2090-01-01T00:00:00Z"


def agreed_later(rows: Rows, bad: set[str]) -> None:
    rows["reviews"] += [
        row | {"review_id": f"{row['review_id']}-b", "verdict": "agree", "is_blind": True}
        for row in rows["reviews"]
        if row["decision_id"] in bad
    ]


def under_two_classes(rows: Rows, bad: set[str]) -> None:
    rows["decisions"] += [
        row | {"action": "match_vendor_category"}
        for row in rows["decisions"]
        if row["decision_id"] in bad
    ]


def is_accurate(project: Project) -> bool:
    """Whether the evidence meets the limit; the rest of the run says nothing more of it."""
    prepare(project)
    with closing(warehouse.connect(project.warehouse)) as connection:
        write_estimates(connection)
        [(bound, limit, status)] = connection.execute(
            "SELECT bound, threshold_used, status FROM evidence.estimates WHERE decision_class = $1"
            " AND segment = $2 AND criterion_id = $3",
            KEY,
        ).fetchall()
    return bool(status == "ok" and bound <= limit)


@pytest.mark.xdist_group("flow")
def test_what_is_not_hidden_is_accurate(baseline: Judged) -> None:
    assert is_accurate(baseline.project)


@pytest.mark.parametrize("hide", [unknown_action, of_the_future, agreed_later, under_two_classes])
def test_hidden_failures_bring_no_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hide: Callable[[Rows, set[str]], None]
) -> None:
    project = procurement(tmp_path, monkeypatch)
    data = project.root / "data" / "procurement"
    rows = {stream: read(data, stream) for stream in ("decisions", "reviews")}
    hide(rows, overturned(rows))
    for stream, content in rows.items():
        write(data, stream, content)
    land_all(project)
    assert not is_accurate(project)


def test_reviews_by_nobody_registered_prove_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = procurement(tmp_path, monkeypatch)
    data = project.root / "data" / "procurement"
    reviews = read(data, "reviews")
    for row in reviews:
        if not row["is_seeded_error"]:
            row["reviewer_id"] = "procurement-agent"
    write(data, "reviews", reviews)
    land_all(project)
    assert not is_accurate(project)


@pytest.mark.xdist_group("flow")
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
