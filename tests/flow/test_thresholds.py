"""Thresholds are data: tightening never improves, and a loosening does not reach back."""

import pytest
from company import read_seed, write_seed
from steps import Judged, judge, passing

from dagster_project.settings import Project

pytestmark = pytest.mark.xdist_group("flow")
MATCH = "procurement.match_vendor_category"


def override(project: Project, threshold: str, effective_from: str) -> None:
    row = {
        "criterion_id": "accuracy",
        "decision_class": MATCH,
        "threshold": threshold,
        "owner": "yuki-brandt",
        "reason": "test",
        "effective_from": effective_from,
    }
    write_seed(project, "thresholds", [*read_seed(project, "thresholds"), row])


def test_a_loosened_threshold_passes_on_no_evidence_from_before(
    baseline: Judged, copy: Project
) -> None:
    assert baseline.criteria[MATCH, "all", "accuracy"] == "fail"
    override(copy, "0.40", "2025-07-20")
    found = judge(copy)
    # 8 % wrong is well below 40 %, but it was all seen under the tighter limit
    assert found.criteria[MATCH, "all", "accuracy"] == "stale"


def test_a_tighter_threshold_never_improves(baseline: Judged, copy: Project) -> None:
    override(copy, "0.01", "2025-07-20")
    assert passing(judge(copy).criteria) <= passing(baseline.criteria)
