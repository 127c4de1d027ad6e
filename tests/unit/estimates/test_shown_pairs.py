"""Two reviewers of one decision, two cohorts on the same tasks: published numbers, real files."""

import gzip
import json
from pathlib import Path

import pytest

from dagster_project.evidence.shown.agreement import Pairs, agreement
from dagster_project.evidence.shown.paired import mcnemar

RUNS = Path(__file__).resolve().parents[3] / "demo" / "data" / "tau2"


def test_published_agreement() -> None:
    found = agreement(Pairs(94, 2, 3, 1))
    assert [round(number or 0, 2) for number in found] == [0.95, 0.26, 0.95]


@pytest.mark.parametrize(
    ("counts", "kappa"),
    # success and pass, judge too kind, judge too hard, both failed: judges beside rewards
    [((18, 11, 5, 16), 0.3681), ((22, 24, 1, 3), 0.0630), ((14, 21, 9, 6), -0.1628)],
)
def test_published_kappa_of_model_judges(counts: tuple[int, int, int, int], kappa: float) -> None:
    assert agreement(Pairs(*counts)).kappa == pytest.approx(kappa, abs=5e-5)


def test_agreement_by_hand() -> None:
    # .5 and .4 found wrong: by chance .5 x .4 + .5 x .6 for kappa, 2 x .45 x .55 for AC1
    assert agreement(Pairs(40, 20, 10, 30)) == pytest.approx((0.7, 0.4, 0.205 / 0.505))


def test_kappa_is_undefined_where_everything_is_right_and_ac1_is_not() -> None:
    assert agreement(Pairs(10, 0, 0, 0)) == (1.0, None, 1.0)


@pytest.mark.parametrize("counts", [(0, 0, 0, 0), (5, -1, 0, 0)])
def test_no_pairs_are_refused(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="no counts of pairs"):
        agreement(Pairs(*counts))


@pytest.mark.parametrize(
    ("name", "tasks", "gained", "lost", "p"),
    [
        ("airline_default", 20, 6, 3, 0.508),
        ("retail_default", 40, 6, 6, 1.0),
        ("telecom_default", 40, 12, 0, 0.000488),
        ("telecom_no_user", 40, 16, 2, 0.001312),
    ],
)
def test_base_against_fine_tuned_on_the_same_tasks(
    name: str, tasks: int, gained: int, lost: int, p: float
) -> None:
    base, tuned = (rewarded(f"gpt-4.1_{cohort}_{name}") for cohort in ("base", "finetuned"))
    assert base.keys() == tuned.keys()
    assert len(base) == tasks
    assert sum(tuned[task] and not base[task] for task in base) == gained
    assert sum(base[task] and not tuned[task] for task in base) == lost
    assert mcnemar(gained, lost) == pytest.approx(p, abs=5e-4 if p > 0.01 else 5e-7)


def rewarded(name: str) -> dict[str, bool]:
    with gzip.open(RUNS / f"{name}.json.gz", "rt", encoding="utf-8") as stream:
        runs = json.load(stream)["simulations"]
    found = {run["task_id"]: run["reward_info"]["reward"] >= 1 for run in runs}
    assert len(found) == len(runs)
    return found


def test_no_task_that_only_one_got_right_shows_nothing() -> None:
    assert mcnemar(0, 0) == 1.0
    with pytest.raises(ValueError, match="no counts of tasks"):
        mcnemar(-1, 2)
