"""What is asked decides: each request that no grant covers is denied with its own reason."""

from datetime import timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from may_act_world import FREE, LIMITED, NOW, RUN, SURFACED, UNTIL, World, make_warm, make_world

from dagster_project.may_act import Answer


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def test_a_fresh_run_lets_the_agent_act(world: World) -> None:
    until = "2026-04-01T06:00:00Z"
    assert world.ask() == Answer(True, "granted", "delegate", until)
    answer = world.ask(segment="region=EU")
    assert answer == Answer(True, "granted", "delegate_with_audit", until)
    for amount in (Decimal(500), 500, "499.99", 500.0, 0):
        assert world.ask(LIMITED, amount=amount, currency="EUR").allowed, amount
    assert world.ask(now=UNTIL).allowed
    assert world.ask(now=RUN).allowed
    assert world.ask(now=NOW.astimezone(timezone(timedelta(hours=5)))).allowed


REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("unknown_class", "crm.no_such_class", {}),
    ("unknown_class", FREE.upper(), {}),
    ("unknown_segment", FREE, {"segment": "region=MARS"}),
    ("not_delegated", FREE, {"segment": "region=US"}),
    ("not_delegated", SURFACED, {}),
    ("not_delegated", "crm.starred", {"cohort": "*"}),
    ("cohort_required", FREE, {"cohort": None}),
    ("cohort_mismatch", FREE, {"cohort": "c2"}),
    ("cohort_mismatch", FREE, {"cohort": "*"}),
    ("cohort_mismatch", FREE, {"cohort": ""}),
    ("amount_required", LIMITED, {"currency": "EUR"}),
    ("amount_above_limit", LIMITED, {"amount": Decimal("500.0001"), "currency": "EUR"}),
    ("amount_above_limit", LIMITED, {"amount": 10**30, "currency": "EUR"}),
    ("currency_mismatch", LIMITED, {"amount": 5, "currency": "USD"}),
    ("currency_mismatch", LIMITED, {"amount": 5}),
    ("currency_mismatch", FREE, {"amount": 5, "currency": "USD"}),
    ("expired", FREE, {"now": UNTIL + timedelta(microseconds=1)}),
    ("expired", "crm.no_such_class", {"now": UNTIL + timedelta(days=9)}),
    ("clock_before_run", FREE, {"now": RUN - timedelta(microseconds=1)}),
    ("bad_request", "", {}),
    ("bad_request", FREE, {"segment": None}),
    ("bad_request", FREE, {"cohort": 7}),
    ("bad_request", FREE, {"now": NOW.replace(tzinfo=None)}),
    ("bad_request", LIMITED, {"amount": -1, "currency": "EUR"}),
    ("bad_request", LIMITED, {"amount": float("nan"), "currency": "EUR"}),
    ("bad_request", LIMITED, {"amount": Decimal("sNaN"), "currency": "EUR"}),
    ("bad_request", LIMITED, {"amount": "Infinity", "currency": "EUR"}),
    ("bad_request", LIMITED, {"amount": "five", "currency": "EUR"}),
    ("bad_request", LIMITED, {"amount": True, "currency": "EUR"}),
    ("bad_request", LIMITED, {"amount": "1_0", "currency": "EUR"}),
    ("bad_request", LIMITED, {"amount": "\N{FULLWIDTH DIGIT FIVE}", "currency": "EUR"}),
    ("bad_request", LIMITED, {"amount": " 5 ", "currency": "EUR"}),
    ("bad_request", FREE, {"cohort": b"c1"}),
    ("unknown_class", FREE.replace("c", "\N{CYRILLIC SMALL LETTER ES}"), {}),
    ("unknown_class", FREE + "\N{ZERO WIDTH SPACE}", {}),
    ("unknown_class", FREE + "\0", {}),
    ("unknown_segment", FREE, {"segment": "all "}),
    ("unknown_segment", FREE, {"segment": "region=EU,region=US"}),
    ("cohort_mismatch", FREE, {"cohort": "c1\n"}),
    ("currency_mismatch", LIMITED, {"amount": 5, "currency": "eur"}),
    ("unreadable", FREE, {"now": "2026-03-30"}),
]


@pytest.mark.parametrize(("reason", "name", "changes"), REQUESTS)
@pytest.mark.parametrize("warm", [False, True])
def test_a_request_that_no_grant_covers_is_denied(
    world: World, reason: str, name: str, changes: dict[str, Any], warm: bool
) -> None:
    if warm:
        make_warm(world)
    answer = world.ask(name, **changes)
    assert (answer.allowed, answer.reason) == (False, reason)


def test_a_denial_tells_the_level_that_holds(world: World) -> None:
    assert world.ask(SURFACED).level == "surface"
