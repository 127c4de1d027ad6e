"""Plants: off by default, each as strong as it says, and the truth about it written down."""

import tracemalloc
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
from simulated_world import Row, World, contents, moment

from dagster_project.simulate import SimulateError, simulate
from dagster_project.simulate.plan import CLASSES, REGIONS
from dagster_project.simulate.plants import NEW_COHORT, STRENGTHS, Plants
from dagster_project.simulate.reviewing import Reviewing
from dagster_project.simulate.seeding import SeededReview

SINCE = date(2025, 7, 14)
PERIOD: dict[str, Any] = {"weeks": 6, "end": date(2025, 8, 3), "since": SINCE}
MATCH = replace(CLASSES[1], per_week=300.0, error_rate=0.08, drills_per_day=10)
Plant = Callable[..., World]


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Plant:
    def made(*names: str, **options: Any) -> World:
        folder = tmp_path_factory.mktemp("planted")
        simulate(folder, **{"classes": (MATCH,), "plants": names} | PERIOD | options)
        return World(folder)

    return made


def is_later(row: Row) -> bool:
    return moment(row["occurred_at"]).date() >= SINCE


def total(world: World, **having: object) -> Counter[str]:
    found: Counter[str] = Counter()
    for group in world.truth["groups"]:
        if having.items() <= group.items():
            found.update({key: value for key, value in group.items() if type(value) is int})
    return found


def is_near(count: int, n: int, rate: float) -> bool:
    return abs(count - n * rate) < 4 * sqrt(n * rate * (1 - rate))


def test_groups_add_up_to_what_was_written(plant: Plant) -> None:
    world = plant("drift")
    counts = total(world)
    realised = world.truth["classes"][MATCH.decision_class]["realised"]
    assert {key: realised[key] for key in counts} == counts
    for group in world.truth["groups"]:
        rows = [
            row
            for row in world.rows("decisions")
            if (row["route"], row["region"], is_later(row))
            == (group["route"], group["region"], group["is_later"])
        ]
        assert len(rows) == group["decisions"] > 0


def test_drift_adds_five_points_from_its_day_on(plant: Plant) -> None:
    good = (replace(MATCH, error_rate=0.01),)
    world = plant("drift", classes=good)
    for later, rate in ((False, 0.01), (True, 0.06)):
        counts = total(world, is_later=later)
        assert is_near(counts["errors"], counts["decisions"], rate)
    # and nothing else moves
    healthy = plant("label_delay", classes=good, since=None)
    assert world.rows("decisions") == healthy.rows("decisions")


def test_by_region_each_gets_worse_and_the_whole_gets_better(plant: Plant) -> None:
    bad = (replace(MATCH, error_rate=0.3),)
    world = plant("simpson", classes=bad, weeks=14, since=date(2025, 6, 16))
    early, late = total(world, is_later=False), total(world, is_later=True)
    assert late["errors"] / late["decisions"] < early["errors"] / early["decisions"]
    factors = {"EU": 0.4, "US": 1.0, "APAC": 2.35}
    assert sum(factors[region] * share for region, share in REGIONS) == pytest.approx(1)
    for region, factor in factors.items():
        for later in (False, True):
            counts = total(world, is_later=later, region=region)
            rate = 0.3 * factor * (1.25 if later else 1)
            assert is_near(counts["errors"], counts["decisions"], rate)


def test_errors_of_a_subject_go_together_and_are_as_many_as_before(plant: Plant) -> None:
    drawn = replace(MATCH, inclusion_probability=1.0)
    world = plant("clustered_errors", classes=(drawn,), weeks=12, since=None)
    verdicts = {
        row["decision_id"]: row["verdict"] == "overturn"
        for row in world.rows("reviews")
        if not row["is_seeded_error"]
    }
    subjects: dict[str, list[bool]] = {}
    for name, is_wrong in verdicts.items():
        subjects.setdefault(world.by_id[name]["subject_id"], []).append(is_wrong)
    assert 8 < len(verdicts) / len(subjects) < 12
    rate = sum(verdicts.values()) / len(verdicts)
    pairs, both = 0, 0.0
    for errors in subjects.values():
        wrong, n = sum(errors), len(errors)
        pairs += n * (n - 1)
        both += wrong * (wrong - 1) - 2 * rate * wrong * (n - 1) + rate**2 * n * (n - 1)
    assert 0.2 < both / pairs / (rate * (1 - rate)) < 0.4
    assert abs(rate - 0.08) < 0.02  # 360 subjects


def test_what_follows_the_decision_is_as_bad_as_planted(plant: Plant) -> None:
    """Plants that do not touch each other, in one company."""
    names = ("undo_failures", "fake_telemetry", "cohort_change", "label_delay", "retries")
    world = plant(*names, classes=(replace(MATCH, inclusion_probability=0.5),))
    assert list(world.truth["plants"]) == sorted(names, key=list(STRENGTHS).index)
    rows = world.rows("decisions")
    assert {(row["latency_ms"], row["cost_amount"]) for row in rows} == {(60_000, 0.0)}
    for row in rows:
        assert (NEW_COHORT.items() <= row.items()) == is_later(row)
    undos: Counter[tuple[bool, bool]] = Counter(
        (is_later(world.by_id[row["decision_id"]]), row["succeeded"])
        for row in world.rows("reversals")
    )
    assert is_near(undos[True, True], undos[True, True] + undos[True, False], 0.995 * 0.8)
    assert undos[False, False] < 8
    retries = [row for row in rows if "-r" in row["decision_id"]]
    first = len(rows) - len(retries)
    assert is_near(sum(row["decision_id"].endswith("-r1") for row in retries), first, 0.3)
    for row in retries:
        origin = world.by_id[row["decision_id"][:-3]]
        assert (row["subject_id"], row["confidence"]) == (
            origin["subject_id"],
            origin["confidence"],
        )
    assert [row["sequence_number"] for row in rows] == list(range(1, len(rows) + 1))
    waits: dict[str, list[int]] = {"agree": [], "overturn": []}
    for row in world.rows("reviews"):
        if not row["is_seeded_error"]:
            decided = moment(world.by_id[row["decision_id"]]["occurred_at"])
            waits[row["verdict"]].append((moment(row["reviewed_at"]) - decided).days)
    right, wrong = (sum(days) / len(days) for days in (waits["agree"], waits["overturn"]))
    assert 4 < right < 7
    assert wrong > right + 3
    counts = total(world)
    assert counts["reviewed"] < 0.9 * counts["selected"]


def test_a_reviewer_finds_less_the_more_are_done_that_day() -> None:
    plants = Plants(SINCE, frozenset({"tired_reviewers"}))
    desk = Reviewing(7, plants, datetime(2030, 1, 1, tzinfo=UTC))
    days = [date(2025, 1, 1) + timedelta(days=offset) for offset in range(400)]
    found: Counter[int] = Counter()
    for day in days:
        desk.begin(day)
        for place in range(1, 21):
            row: Row = {"reviewed_at": f"{day}T09:00:00.000Z", "reviewer_id": "r"}
            row |= {"review_id": f"{day}-{place}", "verdict": "overturn"}
            found[place] += desk.of_seeded(SeededReview("pool", row, True)).is_detected
    assert len(desk._load) == 1  # of the last day alone
    assert is_near(sum(found[place] for place in range(1, 6)), 5 * len(days), 0.95)
    assert is_near(found[10], len(days), 0.55)
    assert is_near(sum(found[place] for place in range(12, 21)), 9 * len(days), 0.4)


def test_tired_reviewers_miss_planted_and_real_errors(plant: Plant) -> None:
    world = plant("tired_reviewers", since=None)
    counts = total(world)
    realised = world.truth["classes"][MATCH.decision_class]["realised"]
    said = Counter((row["is_seeded_error"], row["verdict"]) for row in world.rows("reviews"))
    assert realised["overturned"] == counts["overturned"] == said[False, "overturn"]
    assert counts["overturned"] < counts["selected_errors"]
    assert world.truth["review_pools"][MATCH.pool]["detected"] < 114
    assert world.truth["review_pools"][MATCH.pool]["detected"] == said[True, "overturn"]


def test_reviews_follow_confidence_and_the_sample_alone_tells_the_truth(plant: Plant) -> None:
    many = replace(MATCH, per_week=700.0)
    world = plant("verification_bias", classes=(many,), since=None)
    counts, surfaced = total(world), total(world, route="surfaced")
    assert is_near(counts["errors"], counts["decisions"], 0.08)
    assert is_near(surfaced["decisions"], counts["decisions"], 0.196)
    truth = counts["errors"] / counts["decisions"]
    others = surfaced["other_overturned"] / surfaced["other_reviewed"]
    known = (counts["overturned"] + counts["other_overturned"]) / counts["decisions"]
    sampled = counts["overturned"] / counts["reviewed"]
    assert others > truth + 0.04
    assert known < truth - 0.03
    assert abs(sampled - truth) < 4 * sqrt(truth / counts["reviewed"])
    by_reason = Counter(row["sampling_reason"] for row in world.rows("reviews"))
    assert set(by_reason) == {"random", "surfaced", "appeal"}
    for row in world.rows("reviews"):
        assert row["is_blind"] == (row["sampling_reason"] == "random")


@pytest.mark.parametrize(
    ("wrong", "fix"),
    [
        ({"plants": ["drifts"]}, "no plant 'drifts'; there are verification_bias, "),
        ({"plants": ["drift"], "since": date(2020, 1, 1)}, "lies outside the 6 weeks"),
        ({"plants": ["drift"], "since": date(2025, 8, 4)}, "lies outside the 6 weeks"),
        ({"plants": ["retries"]}, "no plant that begins at one"),
    ],
)
def test_a_plant_without_sense_is_refused(tmp_path: Path, wrong: dict[str, Any], fix: str) -> None:
    with pytest.raises(SimulateError, match=fix):
        simulate(tmp_path / "out", **PERIOD | wrong)
    assert not (tmp_path / "out").exists()


def test_the_same_seed_plants_the_same_bytes_in_bounded_memory(tmp_path: Path) -> None:
    few = (replace(MATCH, per_week=40.0),)

    def peak(weeks: int) -> int:
        tracemalloc.start()
        simulate(tmp_path / str(weeks), weeks=weeks, classes=few, plants=list(STRENGTHS))
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(1)
    assert peak(8) < 1.3 * peak(2)
    simulate(tmp_path / "again", weeks=2, classes=few, plants=list(STRENGTHS))
    assert contents(tmp_path / "again") == contents(tmp_path / "2")
