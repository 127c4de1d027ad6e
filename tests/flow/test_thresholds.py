"""Thresholds are data: tightening never improves, and a loosening does not reach back."""

from contextlib import closing

import pytest
from company import read_seed, write_seed
from steps import Judged, decide, passing

from dagster_project import warehouse
from dagster_project.automation.governance import governance_events
from dagster_project.automation.recording import keep_governance
from dagster_project.ledger.ledger import read
from dagster_project.settings import Project

pytestmark = pytest.mark.xdist_group("flow")
CLASSIFY = "procurement.classify_vendor_request"
MATCH = "procurement.match_vendor_category"


def override(project: Project, decision_class: str, threshold: str) -> None:
    row = {
        "criterion_id": "accuracy",
        "decision_class": decision_class,
        "threshold": threshold,
        "owner": "yuki-brandt",
        "reason": "test",
        "effective_from": "2025-07-20",
    }
    write_seed(project, "thresholds", [*read_seed(project, "thresholds"), row])


def test_a_loosened_threshold_reaches_nothing_from_before_and_a_tighter_one_never_improves(
    baseline: Judged, copy: Project
) -> None:
    assert baseline.criteria[MATCH, "all", "accuracy"] == "fail"
    assert baseline.criteria[CLASSIFY, "all", "accuracy"] == "pass"
    override(copy, MATCH, "0.40")
    override(copy, CLASSIFY, "0.01")
    found = decide(copy)
    # 8 % wrong is well below 40 %, but it was all seen under the tighter limit
    assert found.criteria[MATCH, "all", "accuracy"] == "stale"
    assert found.criteria[CLASSIFY, "all", "accuracy"] != "pass"
    # its cost has a limit of its own, and an error bound again: against 40 % nothing is alarmed
    anew = {key for key in passing(found.criteria) if key[0] == MATCH} - passing(baseline.criteria)
    assert {key[2] for key in anew} == {"cost_per_decision"}
    assert passing(found.criteria) - anew < passing(baseline.criteria)
    assert passing(found.gates) < passing(baseline.gates)
    with closing(warehouse.connect(copy.warehouse, read_only=True)) as connection:
        events = governance_events(copy.ledger, keep_governance(copy.ledger, connection))
    told = [(event.kind, event.reason) for event in events]
    assert told == [
        ("policy", f"thresholds accuracy {CLASSIFY} 2025-07-20: added"),
        ("policy", f"thresholds accuracy {MATCH} 2025-07-20: added"),
        ("policy", f"{MATCH} accuracy loosened: threshold 0.05 to 0.4"),
    ]
    first = [line.reason for line in read(copy.ledger) if line.kind == "signoff"]
    assert first == [f"sign_offs so-2025-00{number}: added" for number in (1, 2)]
