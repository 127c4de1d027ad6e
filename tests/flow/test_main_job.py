"""The real job on the real data of the demo, through the command line and Dagster."""

import json
import os
import runpy
import subprocess
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from dagster_project import warehouse
from dagster_project.settings import Project, load_project

pytestmark = pytest.mark.xdist_group("job")
ROOT = Path(__file__).resolve().parents[2]
BASE = "gpt-4.1"


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory):
    """(project, what `penstock run --format json` printed)"""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PENSTOCK_HOME", str(tmp_path_factory.mktemp("job")))
        patch.setenv("PENSTOCK_PROJECT", str(ROOT / "demo"))
        command = [str(Path(sys.executable).with_name("penstock")), "run", "--format", "json"]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
        assert done.returncode == 0, done.stderr
        yield load_project(), json.loads(done.stdout)


def ask(project: Project, query: str) -> list[tuple]:
    with closing(warehouse.connect(project.warehouse, read_only=True)) as connection:
        return connection.execute(query).fetchall()


def test_support_logs_give_the_published_numbers(job) -> None:
    project, _ = job
    runs = ask(project, "SELECT sum(run_count), sum(full_reward_count) FROM marts.support_runs")
    assert runs == [(280, 193)]
    calls = ask(
        project,
        "SELECT sum(decision_count), count(DISTINCT decision_class), "
        "sum(decision_count) FILTER (WHERE route = 'human') FROM facts.fct_decisions_daily "
        "WHERE workflow = 'support' AND segment = 'all'",
    )
    assert calls == [(2964, 64, 84)]


@pytest.mark.parametrize(
    ("domain", "channel", "base", "finetuned", "runs"),
    [
        ("airline", "with_user", 10, 13, 20),
        ("retail", "with_user", 34, 34, 40),
        ("telecom", "with_user", 18, 30, 40),
        ("telecom", "no_user", 20, 34, 40),
    ],
)
def test_base_and_finetuned_runs(job, domain, channel, base, finetuned, runs) -> None:
    project, _ = job
    rows = ask(
        project,
        f"SELECT model = '{BASE}', run_count, full_reward_count FROM marts.support_runs "
        f"WHERE domain = '{domain}' AND channel = '{channel}'",
    )
    assert sorted(rows) == [(False, runs, finetuned), (True, runs, base)]


def test_expected_actions_are_recall_and_decide_nothing(job) -> None:
    project, _ = job
    rows = ask(
        project,
        "SELECT label, sum(outcome_count) FROM facts.fct_outcomes_daily "
        "WHERE outcome = 'expected_action_match' GROUP BY label ORDER BY label",
    )
    assert rows == [("correct", 529), ("incorrect", 123)]
    assert ask(project, "SELECT coalesce(sum(unit_count), 0) FROM facts.fct_unreadable") == [(0,)]


def test_a_price_nobody_knows_is_missing_and_not_0(job) -> None:
    project, _ = job
    rows = ask(
        project,
        f"SELECT cohort_id LIKE '%| {BASE} |%' AS is_base, sum(unpriced_count), "
        "sum(decision_count), sum(cost_amount) FROM marts.decision_class_cohorts "
        "WHERE workflow = 'support' GROUP BY is_base ORDER BY is_base",
    )
    (_, unpriced, finetuned, cost), (_, none, base, known) = rows
    assert (unpriced, cost) == (finetuned, None)
    assert (finetuned, base, none) == (1684, 1280, 0)
    assert 4.87 < known < 4.89


def test_the_demo_shows_honest_differences(job) -> None:
    project, _ = job
    levels = {
        row[0]: row[1:]
        for row in ask(
            project,
            "SELECT decision_class, stage, effective_level FROM marts.autonomy_map "
            "WHERE workflow = 'procurement' AND segment = 'all'",
        )
    }
    assert levels == {
        "procurement.classify_vendor_request": ("limited_rollout", "delegate"),
        "procurement.match_vendor_category": ("build", "human_only"),
        "procurement.approve_supplier_exception": ("discovery", "human_only"),
        "procurement.terminate_supplier": ("proposed", "human_only"),
    }
    criteria = dict(
        ask(
            project,
            "SELECT criterion_id, verdict FROM marts.gate_criteria "
            "WHERE decision_class = 'procurement.match_vendor_category' AND segment = 'all'",
        )
    )
    # planted: 9 % wrong against a limit of 5 %
    assert criteria["accuracy"] == criteria["level_within_evidence"] == "fail"
    ((verdict, needed),) = ask(
        project,
        "SELECT DISTINCT verdict, n_needed > 100 FROM marts.gate_criteria WHERE "
        "criterion_id = 'accuracy' AND decision_class = 'support.retail.modify_user_address'",
    )
    assert (verdict, needed) == ("insufficient", True)


def test_every_verdict_that_is_due_exists(job) -> None:
    project, _ = job
    ((rows, criteria, cells),) = ask(
        project,
        "SELECT count(*), count(DISTINCT criterion_id), count(DISTINCT decision_class || segment) "
        "FROM marts.gate_criteria",
    )
    assert criteria == 31
    # 64 support classes x `all`, 4 procurement classes x (`all` + 3 regions)
    assert cells == 64 + 4 * 4
    assert rows == criteria * cells
    without_maker = ask(
        project,
        "SELECT DISTINCT criterion_id, verdict FROM marts.gate_criteria "
        "WHERE reason = 'no evidence maker yet'",
    )
    assert without_maker == []
    # the simulator takes 9 hours off from the launch on, and adds no complaints
    effects = ask(
        project,
        "SELECT criterion_id, verdict, round(estimate, 2), n, reason FROM marts.gate_criteria "
        "WHERE segment = 'all' AND "
        "decision_class = 'procurement.classify_vendor_request' AND "
        "criterion_id IN ('kpi_improved', 'guardrails_held', 'roi_positive') ORDER BY 1",
    )
    assert effects == [
        ("guardrails_held", "pass", 0, 52, None),
        ("kpi_improved", "pass", Decimal("4.79"), 52, None),
        ("roi_positive", "insufficient", None, 52, "52 periods, 67 are needed at 1 look"),
    ]


def test_steps_report_what_people_want_to_see(job) -> None:
    import dagster as dg

    project, printed = job
    assert printed["digest"]
    assert printed["verdicts"]["pass"] > 0
    with dg.DagsterInstance.from_config(str(project.dagster_home)) as instance:
        (run,) = instance.get_runs()
        assert run.is_success
        event = instance.get_latest_materialization_event(dg.AssetKey(["ledger", "verdicts"]))
        assert event is not None
        metadata = event.asset_materialization.metadata
        checks = [
            record
            for record in instance.get_records_for_run(run.run_id).records
            if record.event_log_entry.dagster_event
            and record.event_log_entry.dagster_event.event_type_value == "ASSET_CHECK_EVALUATION"
        ]
    assert metadata["verdicts_pass"].value > 0
    assert "| class | segment | gate |" in metadata["changed_verdicts"].value
    assert len(checks) > 40


def test_may_act_denies_because_the_demo_is_long_past(job) -> None:
    project, _ = job
    answer = subprocess.run(
        [
            str(Path(sys.executable).with_name("penstock")),
            *("may-act", "procurement.classify_vendor_request", "--format", "json"),
            *("--cohort", cohort(project)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert json.loads(answer.stdout)["reason"] == "expired"


def test_the_picture_of_the_readme_is_this_scorecard(job) -> None:
    images = ROOT / "docs" / "images"
    drawn = runpy.run_path(str(images / "draw_scorecard.py"))["draw"](job[0])
    assert drawn == (images / "scorecard.svg").read_text(encoding="utf-8"), "run `make picture`"


def cohort(project: Project) -> str:
    ((found,),) = ask(
        project,
        "SELECT cohort_id FROM marts.autonomy_map WHERE segment = 'all' "
        "AND decision_class = 'procurement.classify_vendor_request'",
    )
    return found
