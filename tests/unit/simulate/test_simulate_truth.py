"""The bundled data holds what the plan says was planted."""

import csv
import hmac
from datetime import UTC, date, datetime, timedelta
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
from simulated_world import BUNDLED, World, moment

from dagster_project.simulate import simulate
from dagster_project.simulate.plan import CLASSES, DEMO_KEY, REVIEWERS


@pytest.fixture(scope="module")
def bundled() -> World:
    return World(BUNDLED)


@pytest.mark.parametrize(
    ("stream", "key"),
    [
        ("decisions", "decision_id"),
        ("reviews", "review_id"),
        ("audit_sample", "decision_id"),
        ("reversals", "reversal_id"),
        ("business_actions", "action_id"),
    ],
)
def test_no_id_repeats(bundled: World, stream: str, key: str) -> None:
    ids = [row[key] for row in bundled.rows(stream)]
    assert len(set(ids)) == len(ids) > 0


def test_decisions_are_gap_free_in_order_of_time_and_in_working_hours(bundled: World) -> None:
    decisions = bundled.rows("decisions")
    assert [row["sequence_number"] for row in decisions] == list(range(1, len(decisions) + 1))
    times = [moment(row["occurred_at"]) for row in decisions]
    assert times == sorted(times)
    assert {time.weekday() for time in times} == {0, 1, 2, 3, 4}
    assert all(8 <= time.hour < 18 for time in times)
    assert (times[0].date(), times[-1].date()) == (date(2025, 2, 3), date(2025, 8, 1))


def test_there_are_four_classes_of_one_cohort_with_all_audit_fields(bundled: World) -> None:
    decisions = bundled.rows("decisions")
    assert {(row["action"], row["route"]) for row in decisions} == {
        ("classify_vendor_request", "delegated"),
        ("match_vendor_category", "delegated"),
        ("approve_supplier_exception", "surfaced"),
        ("terminate_supplier", "human"),
    }
    cohort = ("agent_version", "model", "prompt_version", "tool_schema_version", "policy_version")
    assert len({tuple(row[name] for name in cohort) for row in decisions}) == 1
    may_be_null = {"decision_class", "amount", "currency", "error_type", "fallback_reason"}
    for row in decisions:
        assert {name for name, value in row.items() if value is None} <= may_be_null
        assert (row["amount"] is None) == (row["action"] == "classify_vendor_request")
        assert (row["amount"] is None) == (row["currency"] is None)
        assert 0 < row["confidence"] < 1
        assert min(row["cost_amount"], row["latency_ms"], row["output_tokens"]) > 0


def test_the_plan_is_the_documented_one(bundled: World) -> None:
    planted = {
        name: (found["decisions_per_week"], found["error_rate"], found["inclusion_probability"])
        for name, found in (
            (name, entry["planted"]) for name, entry in bundled.truth["classes"].items()
        )
    }
    assert planted == {
        "procurement.classify_vendor_request": (600, 0.004, 0.25),
        "procurement.match_vendor_category": (250, 0.09, 0.15),
        "procurement.approve_supplier_exception": (40, 0.06, 1.0),
        "procurement.terminate_supplier": (3, 0.05, 1.0),
    }


@pytest.mark.parametrize("plan", CLASSES, ids=lambda plan: plan.action)
def test_volume_and_rates_are_what_was_planted(bundled: World, plan: Any) -> None:
    counts = bundled.truth["classes"][plan.decision_class]["realised"]
    rows = [row for row in bundled.rows("decisions") if row["action"] == plan.action]
    assert abs(len(rows) - plan.per_week * 26) < 4 * sqrt(plan.per_week * 26)
    assert counts["decisions"] == len(rows)
    selected = [
        row for row in bundled.rows("audit_sample") if bundled.action_of(row) == plan.action
    ]
    slow = [row for row in rows if row["status"] == "error"]
    for found, trials, rate in (
        (counts["errors"], len(rows), plan.error_rate),
        (counts["selected_errors"], len(selected), plan.error_rate),
        (len(selected), len(rows), plan.inclusion_probability),
        (len(slow), len(rows), plan.failure_rate),
        (sum(not row["within_boundary"] for row in rows), len(rows), plan.violation_rate),
    ):
        assert abs(found - trials * rate) <= 4 * sqrt(trials * rate * (1 - rate))


def test_errors_have_lower_confidence_and_confidence_is_calibrated(bundled: World) -> None:
    matches = {
        row["decision_id"]: row["confidence"]
        for row in bundled.rows("decisions")
        if row["action"] == "match_vendor_category"
    }
    verdicts = {
        row["decision_id"]: row["verdict"]
        for row in bundled.rows("reviews")
        if row["decision_id"] in matches
    }
    wrong = [matches[name] for name, verdict in verdicts.items() if verdict == "overturn"]
    right = [matches[name] for name, verdict in verdicts.items() if verdict == "agree"]
    assert sum(wrong) / len(wrong) < sum(right) / len(right) - 0.1
    doubts = [1 - matches[name] for name in verdicts]
    spread = sqrt(sum(doubt * (1 - doubt) for doubt in doubts))
    assert abs(len(wrong) - sum(doubts)) < 4 * spread


def test_latency_is_well_below_5_seconds_and_failed_calls_are_slow(bundled: World) -> None:
    rows = [row for row in bundled.rows("decisions") if row["action"] == "classify_vendor_request"]
    latencies = sorted(row["latency_ms"] for row in rows)
    assert latencies[int(0.95 * len(latencies))] < 2500
    failed = [row for row in rows if row["status"] == "error"]
    assert failed
    assert all(row["latency_ms"] > 8000 and row["fallback_used"] for row in failed)


def test_the_audit_sample_can_be_drawn_again_with_the_key(bundled: World, tmp_path: Path) -> None:
    rates = {plan.action: plan.inclusion_probability for plan in CLASSES}

    def drawn(world: World, key: bytes) -> set[str]:
        return {
            name
            for name, row in world.by_id.items()
            if int(hmac.new(key, name.encode(), "sha256").hexdigest(), 16) / 2**256
            < rates[row["action"]]
        }

    assert {row["decision_id"] for row in bundled.rows("audit_sample")} == drawn(bundled, DEMO_KEY)
    other_key = b"another key of thirty-two bytes."
    simulate(tmp_path, seed=11, weeks=1, key=other_key)
    other = World(tmp_path)
    assert {row["decision_id"] for row in other.rows("audit_sample")} == drawn(other, other_key)
    assert drawn(other, other_key) != drawn(other, DEMO_KEY)


def test_every_mature_selected_decision_has_one_blind_review_after_its_selection(
    bundled: World,
) -> None:
    reviews = {row["decision_id"]: row for row in bundled.rows("reviews")}
    unreviewed = []
    for sample in bundled.rows("audit_sample"):
        decided = moment(bundled.by_id[sample["decision_id"]]["occurred_at"])
        selected = moment(sample["selected_at"])
        assert timedelta(0) < selected - decided <= timedelta(minutes=1)
        review = reviews.get(sample["decision_id"])
        if review is None:
            unreviewed.append(decided.date())
            continue
        queued, reviewed = moment(review["queued_at"]), moment(review["reviewed_at"])
        assert selected < queued < reviewed
        assert timedelta(hours=14) < reviewed - decided < timedelta(days=5)
        assert review["is_blind"]
        assert review["sampling_reason"] == "random"
        assert review["inclusion_probability"] == sample["inclusion_probability"]
    # the immature tail: Thursday and Friday of the last week
    assert set(unreviewed) == {date(2025, 7, 31), date(2025, 8, 1)}
    assert max(moment(row["reviewed_at"]) for row in reviews.values()) < datetime(
        2025, 8, 4, tzinfo=UTC
    )


def test_reviews_belong_to_the_sample_or_are_seeded(bundled: World) -> None:
    sample = {row["decision_id"] for row in bundled.rows("audit_sample")}
    ordinary = [row for row in bundled.rows("reviews") if not row["is_seeded_error"]]
    assert all(row["decision_id"] in sample for row in ordinary)
    pool_of = {plan.action: plan.pool for plan in CLASSES}
    for row in bundled.rows("reviews"):
        assert row["reviewer_id"] in REVIEWERS[pool_of[bundled.action_of(row)]]
        assert row["handling_seconds"] > 0


@pytest.mark.parametrize("pool", REVIEWERS)
def test_a_pool_finds_114_of_120_seeded_errors_which_are_no_decisions(
    bundled: World, pool: str
) -> None:
    seeded = [
        row
        for row in bundled.rows("reviews")
        if row["is_seeded_error"] and row["reviewer_id"] in REVIEWERS[pool]
    ]
    assert len(seeded) == 120
    assert sum(row["verdict"] == "overturn" for row in seeded) == 114
    assert bundled.truth["review_pools"][pool] == {"seeded": 120, "detected": 114}
    for row in seeded:
        assert row["decision_id"] not in bundled.by_id
        assert row["decision_id"].removeprefix("seeded-") in bundled.by_id


def test_undo_is_certifiable_for_classify_and_rare_or_absent_for_the_rest(bundled: World) -> None:
    found: dict[str, list[bool]] = {}
    for row in bundled.rows("reversals"):
        found.setdefault(bundled.action_of(row), []).append(row["succeeded"])
        assert moment(row["attempted_at"]) > moment(
            bundled.by_id[row["decision_id"]]["occurred_at"]
        )
        assert moment(row["completed_at"]) > moment(row["attempted_at"])
    assert set(found) == {
        "classify_vendor_request",
        "match_vendor_category",
        "approve_supplier_exception",
    }
    classify = found["classify_vendor_request"]
    assert len(classify) >= 400
    assert classify.count(False) / len(classify) < 0.005
    exceptions = found["approve_supplier_exception"]
    assert len(exceptions) < 40
    assert exceptions.count(False) > exceptions.count(True)


def test_every_decision_led_to_one_recorded_action(bundled: World) -> None:
    actions = bundled.rows("business_actions")
    assert {row["decision_id"] for row in actions} == set(bundled.by_id)
    assert len(actions) == len(bundled.by_id)
    assert all(row["action"] == bundled.action_of(row) for row in actions)


def test_subjects_are_unique_for_requests_and_some_vendors_return(bundled: World) -> None:
    def weeks_of(action: str) -> list[tuple[str, int]]:
        return [
            (row["subject_id"], moment(row["occurred_at"]).isocalendar().week)
            for row in bundled.rows("decisions")
            if row["action"] == action
        ]

    requests = [subject for subject, _ in weeks_of("classify_vendor_request")]
    assert len(set(requests)) == len(requests)
    vendors = weeks_of("match_vendor_category")
    assert 0.85 < len(set(vendors)) / len(vendors) < 0.99


def test_the_kpi_falls_by_the_planted_effect_at_the_launch(bundled: World) -> None:
    with (BUNDLED / "kpis.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for metric, planted in bundled.truth["kpis"].items():
        series = [row for row in rows if row["metric"] == metric]
        starts = [date.fromisoformat(row["period_start"]) for row in series]
        assert starts == [date(2024, 8, 5) + timedelta(weeks=week) for week in range(52)]
        values = [float(row["value"]) for row in series]
        effect = sum(values[26:]) / 26 - sum(values[:26]) / 26
        # AR(1) noise makes a mean of 26 wider by sqrt((1 + r) / (1 - r))
        r = planted["noise_autocorrelation"]
        spread = planted["noise_sd"] * sqrt(2 / 26 * (1 + r) / (1 - r))
        assert abs(effect - planted["effect"]) < 4 * spread
    assert bundled.truth["kpis"]["procurement_cycle_hours"]["effect"] == -9.0
