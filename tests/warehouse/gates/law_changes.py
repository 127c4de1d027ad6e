"""Changes of a world that a law speaks of; none alters the world that it is given."""

from collections import Counter
from datetime import datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from oracle import FACTS, judge_world
from oracle_criteria import TESTS, Row, Tables
from worlds import KNOWN, LATER

ESTIMATES, BANDS, EXACT = "evidence.estimates", "evidence.amount_bands", "evidence.data_fit"
SIGNS, WAIVERS = "registry.sign_offs", "registry.waivers"
LIMITS = "registry.amount_limits"
LAST_LEVELS, LAST_LIMITS = "evidence.recorded_levels", "evidence.recorded_thresholds"
KEY = ("criterion_id", "decision_class", "segment")
STEP = Decimal("0.02")
BEGINS = {"registry.thresholds": "effective_from", SIGNS: "signed_at", WAIVERS: "granted_at"}
BEGINS |= {"registry.owners": "valid_from", "facts.fct_cohorts": "first_event_at"}


def settled(world: Tables) -> Tables:
    """Without what may get better for a good reason: what begins tomorrow, evidence that another
    piece contradicts, or that contradicts itself, people who sign in both roles, and waivers of
    what could not be judged: once the evidence that raised is gone, it is missing, and borne.
    """
    as_of = world["landing.run_context"][0]["as_of"]
    tables = {name: list(rows) for name, rows in world.items()}
    for name, column in BEGINS.items():
        tables[name] = [r for r in tables[name] if r[column] and day_of(r[column]) <= as_of]
    # its window of 28 days moves with the run, past any loosening
    own = "expectations_met"
    for name in ("registry.thresholds", LAST_LIMITS, ESTIMATES):
        tables[name] = [row for row in tables[name] if row["criterion_id"] != own]
    sides = {row["criterion_id"]: row["comparison"] for row in tables["registry.criteria"]}
    for name in (ESTIMATES, BANDS, EXACT):
        cells = Counter(cell(row) for row in tables[name])
        tables[name] = [r for r in tables[name] if cells[cell(r)] == 1]
    for name in (ESTIMATES, BANDS):
        tables[name] = [r for r in tables[name] if is_consistent(r, sides.get(r["criterion_id"]))]
        tables[name] = [r for r in tables[name] if not is_of_tomorrow(r, as_of)]
    signed = {(row["decision_class"], row["person_id"], row["role"]) for row in tables[SIGNS]}
    people = Counter((name, person) for name, person, _ in signed)
    tables[SIGNS] = [
        row for row in tables[SIGNS] if people[row["decision_class"], row["person_id"]] == 1
    ]
    tables[SIGNS] = signed_anew(world, tables)
    errors = {
        (row["decision_class"], row["criterion_id"])
        for row in judge_world(tables)["gate_verdicts"]
        if row["verdict"] == "error"
    }
    tables[WAIVERS] = [
        row for row in tables[WAIVERS] if (row["decision_class"], row["criterion_id"]) not in errors
    ]
    return tables


def signed_anew(before: Tables, after: Tables) -> list[Row]:
    """Signatures of the maps that were are signatures of the maps that have taken their place."""
    old, new = (
        {
            row["decision_class"]: row["map_digest"]
            for row in judge_world(world)["gate_autonomy_map"]
            if row["segment"] == "all"
        }
        for world in (before, after)
    )
    anew = {(name, digest): new[name] for name, digest in old.items() if name in new}
    return [
        row
        | {"map_digest": anew.get((row["decision_class"], row["map_digest"]), row["map_digest"])}
        for row in after[SIGNS]
    ]


def day_of(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


def cell(row: Row) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in KEY)


def is_of_tomorrow(row: Row, as_of: Any) -> bool:
    newest = row["evidence_newest_date"]
    return newest is not None and newest > as_of


def is_consistent(row: Row, comparison: str | None) -> bool:
    """What is proven at best is no worse than what is proven at worst."""
    if row["bound"] is None or row["refuting_bound"] is None:
        return True
    if comparison == "at_least":
        return bool(row["refuting_bound"] >= row["bound"])
    return bool(row["refuting_bound"] <= row["bound"])


def no_evidence(world: Tables, dice: Random) -> Tables:
    return world | {ESTIMATES: [], BANDS: [], EXACT: []}


def evidence_lost(world: Tables, dice: Random) -> Tables:
    return world | {
        name: [row for row in world[name] if dice.random() < 0.7]
        for name in (ESTIMATES, BANDS, EXACT, SIGNS, WAIVERS, LAST_LEVELS)
    }


def with_a_failure(world: Tables, dice: Random) -> Tables:
    """In some cells; not in a test of a declared `surface`, which bears one known to be weak."""
    sides = {row["criterion_id"]: row["comparison"] for row in world["registry.criteria"]}
    borne = tests_of_surface(world)

    def worse(row: Row) -> Row:
        if (row["decision_class"], row["criterion_id"]) in borne or dice.random() < 0.5:
            return row
        step = -STEP if sides.get(row["criterion_id"]) == "at_least" else STEP
        moved = {name: row[name] for name in ("bound", "refuting_bound")}
        return row | {name: None if v is None else v + step for name, v in moved.items()}

    return world | {name: [worse(row) for row in world[name]] for name in (ESTIMATES, BANDS)}


def tests_of_surface(world: Tables) -> set[tuple[str, str]]:
    return {
        (row["decision_class"], test)
        for row in world["registry.decision_classes"]
        for test in TESTS
        if row["declared_level"] == "surface"
    }


# what a verdict rests on; the rest of a row is only shown
PROOF = [
    *("as_of", "known_batch", "criterion_id", "segment", "cohort_id", "bound", "threshold_used"),
    *("n", "evidence_newest_date", "status", "expected_count", "evaluated_count", "met_count"),
    *("raised_count", "too_few_count", "row_count", "map_digest", "person_id", "expires_at"),
    *("is_active", "approved_by", "exposure_amount", "granted_at", "effective_level"),
]


def corrupted(world: Tables, dice: Random) -> Tables:
    """Two fields of which in half of the records nobody can read one, or which name nothing."""
    names = (ESTIMATES, BANDS, EXACT, SIGNS, WAIVERS, LAST_LEVELS, "registry.people")
    tables = dict(world)
    for name in names:
        held = [column for column in PROOF if column in (world[name] or [{}])[0]]
        fields = dice.sample(held, min(2, len(held)))
        tables[name] = [
            row | spoilt(row, dice.choice(fields), dice) if dice.random() < 0.5 else row
            for row in world[name]
        ]
    return tables


def spoilt(row: Row, column: str, dice: Random) -> Row:
    is_name = isinstance(row[column], str) and column != "known_batch"
    return {column: dice.choice((None, "odd")) if is_name else None}


def evidence_twice(world: Tables, dice: Random) -> Tables:
    return world | {
        name: world[name] + [row for row in world[name] if dice.random() < 0.3]
        for name in (ESTIMATES, BANDS, EXACT)
    }


def replayed(world: Tables, dice: Random) -> Tables:
    """Facts of cohorts and builds, signatures and waivers, a second time."""
    names = [SIGNS, WAIVERS, *(f"facts.{fact}" for fact in FACTS)]
    return world | {name: world.get(name, []) * 2 for name in names}


def another_order(world: Tables, dice: Random) -> Tables:
    return {name: dice.sample(rows, len(rows)) for name, rows in world.items()}


def split_over_batches(world: Tables, dice: Random) -> Tables:
    """What came in one batch comes in two."""
    cohorts = []
    for row in world["facts.fct_cohorts"]:
        first, newest = row["first_event_at"], row["newest_event_at"]
        earlier = "b2" if row["landing_batch"] <= KNOWN else LATER
        cohorts.append(row | {"first_event_at": max(first, newest)})
        cohorts.append(row | {"newest_event_at": min(first, newest), "landing_batch": earlier})
    return world | {"facts.fct_cohorts": cohorts}


def tightened(world: Tables, dice: Random) -> Tables:
    """Some of those in force, from some day on; the evidence is held against the new one, and the
    maps are signed anew."""
    found = judge_world(world)
    limits, floors = (
        {(row["decision_class"], row["criterion_id"]): row for row in found[model]}
        for model in ("int_thresholds__effective", "gate_floors")
    )
    sides = {row["criterion_id"]: row["comparison"] for row in world["registry.criteria"]}
    borne, rows, tighter = tests_of_surface(world), [], {}
    as_of = world["landing.run_context"][0]["as_of"]
    for key, limit in limits.items():
        is_plain = limit["threshold_count"] == 1 and limit["threshold"] is not None
        is_loosened = limit["loosened_from"] or floors[key]["counts_from"]
        if not is_plain or is_loosened or key in borne or dice.random() < 0.5:
            continue
        step = STEP if sides[key[1]] == "at_least" else -STEP
        tighter[key] = limit["threshold"] + step
        begins = max(limit["effective_from"], as_of - timedelta(days=dice.choice((1, 40))))
        row = {"decision_class": key[0], "criterion_id": key[1], "threshold": tighter[key]}
        rows.append(row | {"effective_from": begins + timedelta(days=1)})
    evidence = [
        row
        if (key := (row["decision_class"], row["criterion_id"])) not in tighter
        or row["threshold_used"] != limits[key]["threshold"]
        else row | {"threshold_used": tighter[key]}
        for row in world[ESTIMATES]
    ]
    rows = [row for row in rows if row["effective_from"] <= as_of]
    after = world | {
        "registry.thresholds": world["registry.thresholds"] + rows,
        ESTIMATES: evidence,
    }
    return after | {SIGNS: signed_anew(world, after)}


def a_looser_limit(world: Tables, dice: Random) -> Tables:
    """Some registered amount limits are removed, some raised; nobody signs anew."""
    limits = [row for row in world[LIMITS] if dice.random() < 0.6]
    raised = [
        row | {"amount_limit": row["amount_limit"] * 3} if dice.random() < 0.5 else row
        for row in limits
    ]
    return world | {LIMITS: raised}


def a_class_alone(world: Tables, dice: Random) -> Tables:
    """All other classes are gone; what was found for them is still there."""
    return world | {"registry.decision_classes": [dice.choice(world["registry.decision_classes"])]}


def a_new_cohort(world: Tables, dice: Random) -> Tables:
    as_of = world["landing.run_context"][0]["as_of"]
    rows = [
        row
        | {"cohort_id": "new", "landing_batch": KNOWN}
        | {"newest_event_at": datetime.combine(as_of, time(23), row["newest_event_at"].tzinfo)}
        for row in world["facts.fct_cohorts"]
        if row["landing_batch"] != LATER
    ]
    return world | {"facts.fct_cohorts": world["facts.fct_cohorts"] + rows}


def a_second_build(world: Tables, dice: Random) -> Tables:
    name = f"facts.{dice.choice(FACTS[1:])}"
    found = [*world.get(name, []), *world["facts.fct_cohorts"]][:1]
    other = [row | {"build_id": "second", "landing_batch": KNOWN} for row in found]
    return world | {name: world.get(name, []) + other}


def a_day_later(world: Tables, dice: Random) -> Tables:
    """Or many: the same is found and nothing is new."""
    return moved(world, dice.choice((1, 8, 30)), (ESTIMATES, BANDS, EXACT))


def years_later(world: Tables, dice: Random) -> Tables:
    """And nobody looked at the data again."""
    return moved(world, 800, (ESTIMATES, BANDS))


def moved(world: Tables, days: int, names: tuple[str, ...]) -> Tables:
    (context,) = world["landing.run_context"]
    now = context["as_of"] + timedelta(days=days)
    tables = world | {"landing.run_context": [context | {"as_of": now}]}
    for name in names:
        tables[name] = [
            row | ({"as_of": now} if row["as_of"] == context["as_of"] else {})
            for row in world[name]
        ]
    return tables
