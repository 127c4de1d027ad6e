"""Random worlds: decisions, and what comes late, twice, in conflict or without a decision."""

import random
from datetime import UTC, datetime, timedelta

WORLDS = 300
BATCHES = 6
START = datetime(2025, 3, 3, 9, tzinfo=UTC)


def world_records(world: int) -> list[list[tuple[str, dict]]]:
    """The records of one world, by batch: late, doubled and conflicting ones, and orphans."""
    chance = random.Random(world)
    batches: list[list[tuple[str, dict]]] = [[] for _ in range(BATCHES)]
    for number in range(chance.randint(2, 7)):
        name = f"w{world}-d{number}"
        home = chance.randrange(BATCHES)
        decision = decision_record(chance, world, name)
        if chance.random() < 0.93:
            batches[home].append(("decisions", decision))
        if chance.random() < 0.2:
            batches[chance.randrange(BATCHES)].append(("decisions", decision))
        if chance.random() < 0.12:
            other = decision | {"amount": 77.5, "latency_ms": 1}
            batches[chance.randrange(BATCHES)].append(("decisions", other))
        for kind, record in attached_records(chance, name):
            batches[chance.randrange(BATCHES)].append((kind, record))
    return batches


def decision_record(chance: random.Random, world: int, name: str) -> dict:
    moment = START + timedelta(days=chance.randrange(20), minutes=chance.randrange(400))
    record = {
        "decision_id": name,
        "occurred_at": moment.isoformat(),
        "workflow": "procurement",
        "subject_id": f"s{chance.randrange(3)}",
        "region": chance.choice(["EU", "US", "Atlantis", None]),
        "agent_id": "a",
        "model": chance.choice(["m1", "m2"]),
        "policy_version": chance.choice(["p1", None]),
        "action": f"world_{world}",
        "route": chance.choice(["delegated", "surfaced", "nonsense", None]),
        "confidence": chance.choice([0.25, 0.9, None]),
        "confidence_method": chance.choice(["self_reported", "calibrated", None]),
        "amount": chance.choice([10, 20.5, None]),
        "currency": "USD",
        "latency_ms": chance.choice([1, 900, 90000, None]),
        "status": chance.choice(["ok", "ok", "error", None]),
        "within_boundary": chance.choice([True, True, False, None]),
    }
    return {key: value for key, value in record.items() if value is not None}


def attached_records(chance: random.Random, name: str) -> list[tuple[str, dict]]:
    records: list[tuple[str, dict]] = []
    later = (START + timedelta(days=25, minutes=chance.randrange(999))).isoformat()
    if chance.random() < 0.7:
        sample = {"decision_id": name, "selected_at": later, "inclusion_probability": 0.5}
        records.append(("audit_sample", sample))
        if chance.random() < 0.1:
            records.append(("audit_sample", sample | {"inclusion_probability": 0.25}))
    for number in range(chance.choice([0, 1, 1, 2])):
        review = {
            "review_id": f"{name}-r{number}",
            "decision_id": name,
            "reviewer_id": chance.choice(["rev-heron", "rev-otter"]),
            "reviewed_at": (START + timedelta(days=30 + number)).isoformat(),
            "handling_seconds": 30,
            "verdict": chance.choice(["agree", "agree", "overturn", "cannot_judge", "??"]),
            "is_blind": chance.random() < 0.8,
            "is_seeded_error": False,
        }
        records.append(("reviews", review))
        if chance.random() < 0.15:
            records.append(("reviews", review))
        if chance.random() < 0.1:
            records.append(("reviews", review | {"handling_seconds": 31}))
    if chance.random() < 0.3:
        undo = {"reversal_id": f"{name}-u", "decision_id": name, "attempted_at": later}
        drill = {"is_drill": chance.random() < 0.5, "succeeded": chance.random() < 0.7}
        records.append(("reversals", undo | drill))
    if chance.random() < 0.5:
        action = {"action_id": f"{name}-x", "executed_at": later, "workflow": "procurement"}
        records.append(("business_actions", action | {"decision_id": name, "action": "do"}))
    return records
