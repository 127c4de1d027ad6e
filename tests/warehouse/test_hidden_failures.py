"""Bad evidence that is made unknown, overruled or forgotten still counts.

Every class has 400 audited decisions. Of one, all were found right and its error is proven low; of
the others 60 were found wrong, and what is then done to hide it must not bring the pass back.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from company import read_seed, write_seed
from growing_company import GrowingCompany
from small_company import CLASSIFY, MATCH
from unclear_records import DECIDED, decision, review, selected

from dagster_project import warehouse
from dagster_project.evidence.estimates.registry import read_context
from dagster_project.evidence.estimates.write import write_estimates

pytestmark = pytest.mark.xdist_group("hidden_failures")
ACTION = CLASSIFY.split(".")[1]
Record = dict[str, Any]
Rows = dict[str, list[Record]]
Way = Callable[[Rows], None]
AUDITED, BAD = 600, 60


def of_the_future(rows: Rows) -> None:
    for row in rows["decisions"][:BAD]:
        row["occurred_at"] = "2090-01-01T00:00:00Z"


def agreed_later(rows: Rows) -> None:
    rows["reviews"] += [review(row["decision_id"], "agree", 2) for row in rows["decisions"][:BAD]]


def under_two_classes(rows: Rows) -> None:
    rows["decisions"] += [row | {"action": MATCH.split(".")[1]} for row in rows["decisions"][:BAD]]


def approved_by_nobody_registered(rows: Rows) -> None:
    for row in rows["reviews"]:
        row |= {"reviewer_id": "procurement-agent", "verdict": "agree"}


def not_hidden(rows: Rows) -> None:
    """The failures as they are."""


def unknown_action(rows: Rows) -> None:
    for row in rows["decisions"][:BAD]:
        del row["action"]


PLACED = (not_hidden, agreed_later, approved_by_nobody_registered)
# nobody knows the class any more: they count against every class of the workflow
UNPLACED = (of_the_future, under_two_classes, unknown_action)


def sound(name: str, action: str) -> Record:
    """Long enough ago for its label to be due, and of the one cohort."""
    moment = (DECIDED - timedelta(days=14)).isoformat()
    return decision(name, action=action, occurred_at=moment, policy_version="p1")


def of_class(action: str, bad: int) -> Rows:
    ids = [f"{action}-{number}" for number in range(AUDITED)]
    return {
        "decisions": [sound(name, action) for name in ids],
        "audit_sample": [selected(name) | {"inclusion_probability": 1.0} for name in ids],
        "reviews": [
            # quickly done: on a day with too much to do nobody's approval were a label
            review(name, "overturn" if number < bad else "agree", 1, handling_seconds=2)
            for number, name in enumerate(ids)
        ],
    }


def failures(way: Way) -> Rows:
    rows = of_class(way.__name__, BAD)
    way(rows)
    return rows


def together(*several: Rows) -> Rows:
    return {stream: [row for rows in several for row in rows[stream]] for stream in several[0]}


def seeded(number: int) -> Record:
    """A planted error that was found: these reviewers overlook next to nothing."""
    name = f"{ACTION}-{number}"
    return review(
        name, "overturn", 1, review_id=f"seeded {number}", is_seeded_error=True, handling_seconds=2
    )


def register(company: GrowingCompany) -> None:
    """A class for every way, like the one that has nothing to hide."""
    for seed, column in (
        ("decision_classes", "boundary"),
        ("class_mapping", "match_value"),
        ("audit_rates", ""),
        ("thresholds", ""),
    ):
        rows = read_seed(company.project, seed)
        if seed == "audit_rates":  # all are drawn, as in ``of_class``
            rows = [row | {"inclusion_probability": "1.0"} for row in rows]
        (own,) = [row for row in rows if row["decision_class"] == CLASSIFY]
        for name in (way.__name__ for way in (*PLACED, *UNPLACED)):
            row = own | {"decision_class": f"procurement.{name}"}
            if column:
                row[column] = own[column].replace(ACTION, name)
            if "mapping_id" in own:
                row["mapping_id"] = f"procurement.{name}:1"
            rows.append(row)
        write_seed(company.project, seed, rows)


def bounds(company: GrowingCompany) -> dict[str, float]:
    """Class → upper bound of its error in percent of the limit; infinite without one."""
    with closing(warehouse.connect(company.project.warehouse)) as connection:
        write_estimates(connection)
    rows = company.ask(
        "select decision_class, case when status = 'ok' then 100 * bound / threshold_used end"
        " from evidence.estimates where criterion_id = 'accuracy' and segment = 'all'"
    )
    return {name: math.inf if bound is None else float(bound) for name, bound in rows}


class Found(NamedTuple):
    """What landed: at first all failures whose class is known, then the others as well."""

    placed: dict[str, float]
    all: dict[str, float]
    lost: int


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    with pytest.MonkeyPatch.context() as patch:
        company = GrowingCompany(tmp_path_factory.mktemp("hidden"), patch)
        register(company)
        company.parse()
        rows = of_class(ACTION, 0)
        rows["reviews"] += [seeded(number) for number in range(AUDITED)]
        company.step(**together(rows, *map(failures, PLACED)))
        placed = bounds(company)
        company.step(**together(*map(failures, UNPLACED)))
        with closing(warehouse.connect(company.project.warehouse)) as connection:
            lost = read_context(connection).lost(CLASSIFY).labels
        yield Found(placed, bounds(company), lost)


def test_what_has_nothing_to_hide_is_accurate(found: Found) -> None:
    assert found.placed[CLASSIFY] <= 100


@pytest.mark.parametrize("way", [way.__name__ for way in PLACED])
def test_overruled_failures_bring_no_pass(found: Found, way: str) -> None:
    assert found.placed[f"procurement.{way}"] > 100


def test_failures_of_no_known_class_count_against_every_class(found: Found) -> None:
    assert found.lost == len(UNPLACED) * BAD
    assert found.all[CLASSIFY] > 100
