"""Published figures of the bundled logs, from the product's formulas where it has them."""

import gzip
import json
import zipfile
from collections import Counter
from math import comb, sqrt
from pathlib import Path
from statistics import stdev

import pytest

from dagster_project.evidence.estimates.bounds import anytime_upper, wilson

DATA = Path(__file__).resolve().parents[2] / "data"


def rewarded() -> Counter[int]:
    """Successes of each of the 50 tasks, of 4 trials."""
    with gzip.open(DATA / "tau_bench" / "gpt-4o-airline.json.gz") as log:
        runs = json.load(log)
    found = Counter({run["task_id"]: 0 for run in runs})
    assert Counter(run["task_id"] for run in runs) == Counter(dict.fromkeys(found, 4))
    found.update(run["task_id"] for run in runs if run["reward"] >= 1)
    return found


@pytest.mark.parametrize(("k", "share"), [(1, 0.42), (2, 0.2733), (3, 0.22), (4, 0.20)])
def test_tau_bench_passes_k_of_four_trials(k: int, share: float) -> None:
    tasks = rewarded()
    found = sum(comb(count, k) for count in tasks.values()) / comb(4, k) / len(tasks)
    assert (len(tasks), sum(tasks.values())) == (50, 84)
    assert found == pytest.approx(share, abs=5e-5)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    # tau-bench airline by conversation; all of the function calls of bfcl
    [(84, 200, 0.353736, 0.489279), (1_059, 1_240, 0.833287, 0.872591)],
)
def test_wilson_of_published_counts(k: int, n: int, low: float, high: float) -> None:
    found = [float(bound) for bound in wilson(k, n, 0.025)]
    assert found == pytest.approx([low, high], abs=1e-6)


@pytest.mark.parametrize(
    ("action", "right", "expected"),
    [
        *(("cancel_reservation", 10, 13), ("update_reservation_flights", 10, 21)),
        *(("book_reservation", 1, 9), ("update_reservation_baggages", 1, 6)),
        *(("update_reservation_passengers", 1, 3), ("send_certificate", 2, 3)),
    ],
)
def test_expected_actions_are_few_and_prove_nothing(action: str, right: int, expected: int) -> None:
    with gzip.open(DATA / "tau2_judges" / "azure-airline-full.json.gz") as log:
        runs = json.load(log)["simulations"]
    checks = [check for run in runs for check in run["reward_info"]["action_checks"] or ()]
    found = [check["action_match"] for check in checks if check["action"]["name"] == action]
    assert (sum(found), len(found)) == (right, expected)
    # not even an error of a tenth, had every one been right
    assert anytime_upper(0, expected, 0.05, 0.05) > 0.1
    assert anytime_upper(expected - right, expected, 0.05, 0.05) > 0.4


def test_standard_error_of_an_inspect_log() -> None:
    """Inspect divides by n - 1, so what it reports is more than the plain standard error."""
    (path,) = (DATA / "inspect_ai").glob("2025-02-11T15-18*.eval")
    with zipfile.ZipFile(path) as log:
        samples = json.loads(log.read("summaries.json"))
        (scores,) = json.loads(log.read("header.json"))["results"]["scores"]
    right = [sample["scores"]["match"]["value"] == "C" for sample in samples]
    assert (stdev(right) / sqrt(len(right)), len(right)) == (pytest.approx(0.13333, abs=5e-6), 10)
    assert scores["metrics"]["stderr"]["value"] == pytest.approx(stdev(right) / sqrt(len(right)))
