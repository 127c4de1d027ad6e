"""Thresholds are data: tightening never improves, and a loosening does not reach back."""

import pytest
from steps import CLASSIFY, MATCH, Judged, passing

from dagster_project.ledger.ledger import read

pytestmark = pytest.mark.xdist_group("flow")


def test_a_loosened_threshold_reaches_nothing_from_before_and_a_tighter_one_never_improves(
    baseline: Judged, loosened: Judged
) -> None:
    assert baseline.criteria[MATCH, "all", "accuracy"] == "fail"
    assert baseline.criteria[CLASSIFY, "all", "accuracy"] == "pass"
    # 8 % wrong is well below 40 %, but it was all seen under the tighter limit
    assert loosened.criteria[MATCH, "all", "accuracy"] == "stale"
    assert loosened.criteria[CLASSIFY, "all", "accuracy"] != "pass"
    # its cost has a limit of its own, and an error bound again: against 40 % nothing is alarmed
    before, after = passing(baseline.criteria), passing(loosened.criteria)
    anew = {key for key in after if key[0] == MATCH} - before
    assert {key[2] for key in anew} == {"cost_per_decision"}
    assert after - anew < before
    assert passing(loosened.gates) < passing(baseline.gates)


def test_the_ledger_tells_who_loosened_what(loosened: Judged) -> None:
    lines = list(read(loosened.project.ledger))
    told = [(line.kind, line.reason) for line in lines if line.kind == "policy"][-3:]
    assert told == [
        ("policy", f"thresholds accuracy {CLASSIFY} 2025-07-20: added"),
        ("policy", f"thresholds accuracy {MATCH} 2025-07-20: added"),
        ("policy", f"{MATCH} accuracy loosened: threshold 0.05 to 0.4"),
    ]
    first = [line.reason for line in lines if line.kind == "signoff"]
    assert first == [f"sign_offs so-2025-00{number}: added" for number in (1, 2)]
