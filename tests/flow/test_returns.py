"""A launch that returns more than it costs takes a class to `scale`, and no other class with it."""

from contextlib import closing

import pytest
from steps import CLASSIFY, Judged

from dagster_project import warehouse

pytestmark = pytest.mark.xdist_group("flow")
RETURNS = """
SELECT decision_class, verdict, n, round(estimate), round(bound)
FROM marts.gate_criteria WHERE criterion_id = 'roi_positive' AND segment = 'all'
ORDER BY decision_class
"""


def test_a_class_that_pays_reaches_scale(baseline: Judged) -> None:
    with closing(warehouse.connect(baseline.project.warehouse, read_only=True)) as connection:
        stages = dict(
            connection.execute(
                "SELECT decision_class, stage FROM marts.autonomy_map"
                " WHERE workflow = 'procurement' AND segment = 'all'"
            ).fetchall()
        )
        rows = connection.execute(RETURNS).fetchall()
    assert stages.pop(CLASSIFY) == "scale"
    assert set(stages.values()) == {"build", "discovery", "proposed"}
    # one value and one sum of costs for all four classes
    returned = [row for row in rows if row[0].startswith("procurement.")]
    assert len({row[1:] for row in returned}) == 1
    _, verdict, periods, estimate, bound = returned[0]
    assert (len(returned), verdict, periods) == (4, "pass", 78)
    assert 0 < bound < estimate
