"""The demo's report, on a published company; the pipeline itself is tested where it lies."""

from typing import Any

import pytest
from cli_world import DELEGATED, World
from conftest import Ask

from dagster_project.cli import demo, run

SUMMARY: dict[str, Any] = {
    "run_id": "r1",
    "as_of": "2025-08-03",
    "verdicts": {"pass": 4, "fail": 2},
    "digest": "d" * 64,
    "landed": {"landed_files": 14, "landed_count": 56276, "quarantined_count": 2},
    "changes": [],
    "is_first_run": False,
    "publish": "publish/current",
    "log": "run.log",
    "step_seconds": {"land": 1.5},
    "seconds": 61.5,
    "peak_memory_mb": 900,
}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, ask: Ask, published: World) -> Any:
    """Run the demo without its pipeline."""
    monkeypatch.setattr(run, "execute_and_summarize", lambda *_, **__: SUMMARY)
    monkeypatch.setattr(demo, "ASKED", DELEGATED)

    def tell(*arguments: str, columns: int = 100) -> Any:
        return ask(published, "demo", "--project", str(published.root), *arguments, columns=columns)

    return tell


@pytest.mark.parametrize("columns", [80, 100])
def test_it_ends_with_results_for_programs(told: Any, columns: int) -> None:
    said = told(columns=columns)
    assert said.code == 0
    assert said.out.splitlines()[-5:] == [
        "RESULT decisions=15639",
        "RESULT classes=4",
        "RESULT seconds=61.5",
        "RESULT peak_memory_mb=900",
        f"RESULT digest={'d' * 64}",
    ]


def test_a_partly_priced_cohort_has_no_cost(told: Any) -> None:
    rows = {tuple(line.split()[:2]): line for line in told().out.splitlines()}
    assert rows["airline", "base"].rstrip().endswith("76.01397")
    assert rows["airline", "fine-tuned"].rstrip().endswith("price missing (3)")


def test_it_shows_the_answer_a_runtime_would_get(told: Any) -> None:
    answer = told("--format", "json").document()["may_act"]
    # the agent's own cohort is asked for; the class has a limit and no amount was named
    assert (answer["allowed"], answer["reason"]) == (False, "amount_required")
    assert f"penstock may-act {DELEGATED}" in told().out
    assert "denied: amount_required" in told().out


def test_json_is_one_document(told: Any) -> None:
    document = told("--format", "json").document()
    assert document["results"]["classes"] == 4
    assert document["places"]["duckdb"].endswith("scorecards.duckdb")
    costs = {(row["domain"], row["model"]): row["cost_amount"] for row in document["cohorts"]}
    assert costs["airline", "base"] == "76.013970000"
    assert costs["airline", "fine-tuned"] is None
