"""Random registries of expansion steps, rails and funding, and the facts that show rails work."""

import random
from datetime import date, timedelta
from decimal import Decimal

from oracle import judge_world
from oracle_criteria import Row, Tables
from oracle_rails import RAILS
from oracle_rollout import RUNGS

SOME = (None, 0, 1)
COUNTS = [
    *("decision_count", "audit_complete_count", "priced_count", "missing_model_count"),
    "boundary_unknown_count",
]


def add_rollout(tables: Tables, seed: int, as_of: date, *, is_orderly: bool = False) -> None:
    """With draws of its own, so that no other table of a world depends on it.

    ``is_orderly``: one rung after another, onto what stands at scale.
    """
    dice = random.Random(f"rollout {seed}")
    flows = sorted({row["workflow"] for row in tables["registry.decision_classes"]})
    tables["registry.workflows"] = [{"workflow": name} for name in [*flows, "without classes"]]
    for number, person in enumerate(tables["registry.people"]):
        person["name"] = None if number == 5 else f"name {number % 4}"
    pools = [{"review_pool": f"pool of {name}", "workflow": name} for name in flows]
    tables["registry.review_pools"] = pools
    made = ladder_steps if is_orderly else steps
    tables["registry.expansion_steps"] = made(tables, dice, as_of)
    tables["registry.rails"] = components(flows, dice)
    tables["registry.operating_funding"] = funding(flows, tables["registry.people"], dice, as_of)
    for name, rows in facts(flows, dice, as_of).items():
        tables[f"facts.{name}"] = [*tables.get(f"facts.{name}", []), *rows]


def steps(tables: Tables, dice: random.Random, as_of: date) -> list[Row]:
    """Of each class up to every rung, some out of order; now and then one that is nobody's."""
    classes = tables["registry.decision_classes"]
    names = [row["decision_class"] for row in classes]
    flows = [row["workflow"] for row in classes]
    targets = {
        "adjacent_class": [*names, "nobody's", None],
        "team_or_region": ["region=EU", "region=US", "team=EU", "all", None],
        "second_workflow": [*flows, "elsewhere", None],
    }
    rows = []
    for name in [*names, "nobody's"]:
        for number, rung in enumerate([*RUNGS, "odd"][: dice.randint(0, 6)]):
            for _ in range(dice.choice((0, 1, 1, 1, 2))):
                day = dice.choice((number - 9, number - 9, number - 9, -1, 0, 1, None))
                starts = None if day is None else as_of + timedelta(days=day)
                row = {"decision_class": name, "rung": rung, "owner": "person 1"}
                row |= {"target": dice.choice(targets.get(rung, [None]))}
                rows.append(row | {"starts_at": starts})
    return rows


def ladder_steps(tables: Tables, dice: random.Random, as_of: date) -> list[Row]:
    """Of each class some rungs, each months after the one before; the last begins now or later."""
    rows = []
    reached = judge_world(tables)["gate_levels"]
    for one in tables["registry.decision_classes"]:
        targets = at_scale_beside(one, reached)
        highest = dice.choice((1, 2, 3, 4, *[5] * 8))
        for number, rung in enumerate(RUNGS[:highest]):
            days = dice.choice((-1, 0, 1)) if number + 1 == highest else -900 + 100 * number
            step = {"decision_class": one["decision_class"], "rung": rung, "owner": "person 1"}
            step["target"] = dice.choice(targets.get(rung) or [None])
            rows.append(step | {"starts_at": as_of + timedelta(days=days)})
    return rows


def at_scale_beside(one: Row, reached: list[Row]) -> dict[str, list[str]]:
    """By rung what else stands at scale, of its class, its workflow, or others."""
    found = [row for row in reached if row["stage"] == "scale"]
    whole = [row for row in found if row["segment"] == "all"]
    name, flow = one["decision_class"], one["workflow"]
    return {
        "adjacent_class": [
            row["decision_class"]
            for row in whole
            if row["workflow"] == flow and row["decision_class"] != name
        ],
        "team_or_region": [
            row["segment"]
            for row in found
            if row["decision_class"] == name and row["segment"] != "all"
        ],
        "second_workflow": [row["workflow"] for row in whole if row["workflow"] != flow],
    }


PARTS = [f"part {number}" for number in (1, 2, 3)]


def components(flows: list[str], dice: random.Random) -> list[Row]:
    return [
        {"rail": rail, "workflow": flow, "component": part}
        | {"is_shared": dice.choice((True, True, False, None))}
        | {"max_age_days": dice.choice((1, 7, 7, None))}
        for flow in flows
        for rail in RAILS
        for part in dice.sample(PARTS, dice.choice((0, 1, 1, 2)))
    ]


def funding(flows: list[str], people: list[Row], dice: random.Random, as_of: date) -> list[Row]:
    return [
        {
            "workflow": flow,
            "owner": dice.choice([*people, {"person_id": "odd"}])["person_id"],
            "stated_at": as_of + timedelta(days=dice.choice((-9, -1, 0, 1, 1))),
            "valid_until": dice.choice((None, *(as_of + timedelta(days=n) for n in (0, 1)))),
        }
        for flow in flows
        for _ in range(dice.choice((0, 1, 3, 3)))
    ]


def facts(flows: list[str], dice: random.Random, as_of: date) -> Tables:
    """What the logs bear of rails; drills and other observations among it."""

    def about() -> Row:
        days = dice.choice((0, -1, -7, -8, 1))
        return {
            "workflow": dice.choice([*flows, "without classes", "elsewhere"]),
            "event_date": as_of + timedelta(days=days),
            "landing_batch": dice.choice(("b1", "b5", "b5", "b6")),
            "build_id": "build",
            "segment": dice.choice(("all", "all", "region=EU")),
        }

    return {
        "fct_decisions_daily": [
            about() | {name: dice.choice((0, 1, 1)) for name in COUNTS} for _ in range(6)
        ],
        "fct_samples_weekly": [
            about() | {"labelled_count": Decimal(dice.choice((0, 1)))} for _ in range(3)
        ],
        "fct_reviews_daily": [
            about() | {"review_count": dice.choice(SOME)}
            | {"review_pool": dice.choice([*(f"pool of {name}" for name in flows), "odd", None])}
            for _ in range(3)
        ],
        "fct_rails_daily": [
            about() | observed(dice, as_of) for _ in range(dice.choice((0, 9, 18)))
        ],
    }  # fmt: skip


def observed(dice: random.Random, as_of: date) -> Row:
    result = dice.choice((*("passed",) * 4, "failed", "accuracy 0.4", "(unknown)"))
    row: Row = {"rail": dice.choice((*RAILS, "odd")), "result": result}
    row |= {"observation_count": dice.choice((1, 2))}
    row |= {"component": dice.choice((*PARTS, *PARTS, "odd", None))}
    if dice.random() < 0.1:
        row |= {dice.choice(("workflow", "event_date")): None}
    return row
