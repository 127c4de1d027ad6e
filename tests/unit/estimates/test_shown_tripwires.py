"""Each tripwire is raised by exactly the trick it is for, and a steady company raises none."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from estimates_world import CLASS, World

from dagster_project.evidence.shown.tripwire_counts import Outside, Week
from dagster_project.evidence.shown.tripwires import (
    chance_of_so_few,
    chance_of_so_few_in_all,
    tripwires,
)
from dagster_project.evidence.shown.write import write_shown

MONDAY = date(2025, 1, 27)
WEEKS = 9
LAST = MONDAY + timedelta(weeks=WEEKS - 1)
OTHER = "w.other"
RULES = Path(__file__).resolve().parents[3] / "dbt" / "seeds" / "tripwires.csv"
# bin of confidence: decisions a week; none is near a round one
SPREAD = {45: 30, 55: 30, 65: 30, 85: 150, 95: 160}


def put(world: World, week: int, **row: object) -> None:
    count = row.get("decision_count", 0)
    day = MONDAY + timedelta(weeks=week)
    # weekly, so that labels of the last week are mature as well
    world.sample(f"t{week}", day, **({"selected_count": count, "labelled_count": count} | row))


def steady(world: World, name: str = CLASS, route: str = "delegated") -> None:
    for week in range(WEEKS):
        for place, count in SPREAD.items():
            tenth = count // 10
            put(
                world,
                week,
                decision_class=name,
                route="surfaced" if place < 50 else route,
                confidence_bin=place,
                decision_count=count,
                selected_count=tenth,
                labelled_count=tenth,
                wrong_count=1 if place == 55 else 0,
            )


def raised(world: World) -> set[tuple[str, str, str]]:
    write_shown(world.connection)
    rows = world.connection.execute(
        "select finding, decision_class, subject, week_start from evidence.tripwires join "
        f"read_csv('{RULES}') as rules using (finding) "
        "where p_value <= alpha and effect >= minimum_effect and not is_explained"
    ).fetchall()
    assert all(day == LAST for *_, day in rows)
    return {(finding, name, subject) for finding, name, subject, _ in rows}


@pytest.fixture
def company(world: World) -> World:
    world.run("delete from facts.fct_samples_weekly")
    world.run("delete from registry.decision_classes where decision_class <> 'w.one'")
    world.run(
        "insert into registry.decision_classes select * replace ('w.other' as decision_class)"
        " from registry.decision_classes"
    )
    for table in ("fct_decisions_daily", "fct_watermarks"):
        world.run(
            f"insert into facts.{table} select * replace ('w.other' as decision_class)"
            f" from facts.{table}"
        )
    steady(world)
    steady(world, OTHER)
    return world


LAST_WEEK = f"event_date >= '{LAST}' and decision_class = '{CLASS}'"
UPDATE = "update facts.fct_samples_weekly set "


def fewer_escalations(world: World) -> None:
    world.run(f"{UPDATE} route = 'delegated' where route = 'surfaced' and {LAST_WEEK}")


def moved_to_a_new_class(world: World) -> None:
    world.run(f"{UPDATE} decision_class = 'w.new' where confidence_bin >= 85 and {LAST_WEEK}")


def just_above_the_threshold(world: World) -> None:
    world.run(f"{UPDATE} confidence_bin = 50 where confidence_bin in (45, 55) and {LAST_WEEK}")


def only_easy_ones_reviewed(world: World) -> None:
    world.run(
        f"{UPDATE} selected_count = 0, labelled_count = 0, wrong_count = 0"
        f" where confidence_bin < 85 and {LAST_WEEK}"
    )
    world.run(f"{UPDATE} labelled_count = 100 where confidence_bin = 95 and {LAST_WEEK}")


TRICKS: dict[str, tuple[Callable[[World], None], tuple[str, str, str]]] = {
    "fewer escalations": (fewer_escalations, ("escalations_collapse", CLASS, "escalated")),
    "a new class": (moved_to_a_new_class, ("class_splitting", "w.new", CLASS)),
    "just above": (just_above_the_threshold, ("density_jump", CLASS, "confidence")),
    "easy reviews": (
        only_easy_ones_reviewed,
        ("cherry_picked_reviews", CLASS, "confidence at 0.100000"),
    ),
}


def test_a_steady_company_raises_nothing(company: World) -> None:
    assert raised(company) == set()
    tested = company.connection.execute("select distinct finding from evidence.tripwires")
    # nothing moved and nothing fell, so only the halves are there to compare
    assert tested.fetchall() == [("cherry_picked_reviews",)]


@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_raises_its_own_finding_alone(company: World, trick: str) -> None:
    company.run(
        "insert into registry.decision_classes select * replace ('w.new' as decision_class)"
        " from registry.decision_classes where decision_class = 'w.one'"
    )
    plant, finding = TRICKS[trick]
    plant(company)
    assert raised(company) == {finding}


def test_fewer_escalations_with_fewer_errors_are_no_finding(company: World) -> None:
    fewer_escalations(company)
    company.run(f"{UPDATE} wrong_count = labelled_count / 2 where event_date < '{LAST}'")
    company.run(f"{UPDATE} wrong_count = 0 where {LAST_WEEK}")
    assert ("escalations_collapse", CLASS, "escalated") not in raised(company)


def test_rounded_confidences_are_no_jump(company: World) -> None:
    for place in (45, 55, 65):
        rounded = {45: 50, 55: 60, 65: 70}[place]
        company.run(
            f"{UPDATE} confidence_bin = {rounded}, decision_count = 60"
            f" where confidence_bin = {place} and {LAST_WEEK}"
        )
    assert raised(company) == set()


def amounts(world: World, **counts: int) -> None:
    for place, count in counts.items():
        world.add(
            "facts.fct_amount_bins_daily",
            decision_class=CLASS,
            amount_bin=int(place.removeprefix("bin")),
            event_date=LAST,
            decision_count=count,
        )


@pytest.mark.parametrize(
    ("counts", "is_found"),
    [
        # 0.6 to the power of 22 is more than one in a hundred thousand
        ({"bin20": 22}, False),
        ({"bin20": 23}, True),
        ({"bin20": 100, "bin19": 70}, False),
        ({"bin20": 100, "bin19": 20}, True),
        ({"bin19": 100, "bin21": 100}, False),
        # round amounts pile up elsewhere too
        ({"bin20": 100, "bin12": 30}, False),
        ({"bin20": 100, "bin12": 30, "bin11": 25}, True),
    ],
)
def test_amounts_that_pile_up_below_the_limit_are_found(
    company: World, counts: dict[str, int], is_found: bool
) -> None:
    amounts(company, **counts)
    assert (("amount_jump", CLASS, "amount") in raised(company)) == is_found


def test_the_chance_is_hypergeometric() -> None:
    """Of 10 with 4 marked, 5 drawn: none marked in 6 of 252, at most one in 66 of 252."""
    assert chance_of_so_few(0, 5, 4, 10) == pytest.approx(6 / 252)
    assert chance_of_so_few(1, 5, 4, 10) == pytest.approx(66 / 252)
    assert chance_of_so_few(4, 5, 4, 10) == pytest.approx(1.0)


def outside(*counts: tuple[int, int, int, int]) -> list[Outside]:
    return [Outside(CLASS, MONDAY + timedelta(weeks=n), *row) for n, row in enumerate(counts)]


def test_the_chance_over_several_weeks_is_that_of_their_sum() -> None:
    """Each week one of two was wrong, the drawn one in all: a half to the power of the weeks; all
    but one: five halves to the power of four are that or better."""
    assert chance_of_so_few_in_all(outside(*[(1, 0, 1, 1)] * 3)) == pytest.approx(1 / 8)
    mixed = outside((1, 1, 1, 0), *[(1, 0, 1, 1)] * 3)
    assert chance_of_so_few_in_all(mixed) == pytest.approx(5 / 16)
    alone = outside((5, 1, 5, 3))
    assert chance_of_so_few_in_all(alone) == pytest.approx(chance_of_so_few(1, 5, 4, 10))


def test_weeks_that_differ_are_no_better_reviews() -> None:
    """Errors fell, and reviewers began to choose when they had: week by week nothing is better."""
    early, late = (10, 4, 200, 80), (1000, 10, 100, 1)
    (row,) = tripwires([], [], [], outside(early, late), {CLASS: "w"})
    assert (row.case_count, row.other_count) == (14, 81)
    assert row.p_value > Decimal("0.1")
    assert row.effect < Decimal("0.1")


@pytest.mark.parametrize(
    ("changed", "is_found"),
    [
        ({}, True),
        ({"outside_wrong_count": 5}, False),
        ({"route": "human"}, False),
        ({"segment": "region=r"}, False),
        # without drawn labels of its kind it tells nothing
        (
            {"labelled_count": 0, "wrong_count": 0, "outside_label_count": 300}
            | {"inclusion_probability": Decimal("0.2")},
            False,
        ),
        ({"event_date": LAST + timedelta(weeks=1)}, False),
    ],
)
def test_reviews_of_chosen_decisions_that_look_better_are_found(
    company: World, changed: dict[str, object], is_found: bool
) -> None:
    rows = {"wrong_count": 5, "labelled_count": 100, "outside_label_count": 100, **changed}
    day = rows.pop("event_date", None)
    for week in range(WEEKS):
        at = day or MONDAY + timedelta(weeks=week)
        company.sample(f"o{week}", at, confidence_bin=70, **({"outside_wrong_count": 0} | rows))
    assert (("better_outside_sample", CLASS, "reviews") in raised(company)) == is_found


@pytest.mark.parametrize(
    ("parts", "share", "workflow"), [(3, 0.19, "w"), (5, 0.19, "w"), (10, 0.08, "w"), (5, 0.1, "v")]
)
def test_a_class_that_is_split_into_many_is_found(parts: int, share: float, workflow: str) -> None:
    """A thousand a week; no part is a fifth of it, together they are. New classes anywhere count,
    those that grow in another workflow do not."""

    def found(had: int, where: str) -> set[tuple[str, str]]:
        days = [MONDAY + timedelta(weeks=week) for week in range(WEEKS)]
        names = [f"part{place}" for place in range(parts)]
        moved = int(1_000 * share)
        weeks = [Week(CLASS, day, 1_000, labelled=100, wrong=5) for day in days[:-1]]
        weeks.append(Week(CLASS, LAST, 1_000 - parts * moved, labelled=10, wrong=1))
        weeks += [Week(OTHER, day, 1_000) for day in days[:-1]] + [Week(OTHER, LAST, 1_100)]
        weeks += [Week(name, day, had) for name in names for day in days[:-1] if had]
        weeks += [Week(name, LAST, had + moved, labelled=10) for name in names]
        rows = tripwires(weeks, [], [], [], {CLASS: "w", OTHER: "w"} | dict.fromkeys(names, where))
        rows = [row for row in rows if row.p_value <= 1e-5 and not row.is_explained]
        return {(row.decision_class, row.subject) for row in rows if row.effect >= 0.2}

    assert found(0, workflow) == {(f"part{parts - 1}", CLASS)}
    assert bool(found(50, workflow)) == (workflow == "w")
