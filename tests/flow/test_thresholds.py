"""Thresholds are data: tightening never improves, and a loosening does not reach back."""

import pytest
from steps import CLASSIFY, MATCH, Judged, passing

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
