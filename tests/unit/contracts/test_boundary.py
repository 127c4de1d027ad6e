"""A boundary is either read as it is meant, or refused with the fix."""

import pytest

from dagster_project.contracts.boundary import BoundaryError, Condition, parse_boundary


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("action in (refund)", [Condition("action", "in", ("refund",))]),
        ("action in (a, b,c)", [Condition("action", "in", ("a", "b", "c"))]),
        ("amount <= 500", [Condition("amount", "<=", ("500",))]),
        ("amount<499.95", [Condition("amount", "<", ("499.95",))]),
        ("amount >= -3", [Condition("amount", ">=", ("-3",))]),
        ("amount > 0", [Condition("amount", ">", ("0",))]),
        (
            "amount >= 10 and amount < 20",
            [Condition("amount", ">=", ("10",)), Condition("amount", "<", ("20",))],
        ),
        ("currency = EUR", [Condition("currency", "=", ("EUR",))]),
        ("region in (EU, North America)", [Condition("region", "in", ("EU", "North America"))]),
        (
            "action = pay and amount <= 5 and team = night-shift",
            [
                Condition("action", "=", ("pay",)),
                Condition("amount", "<=", ("5",)),
                Condition("team", "=", ("night-shift",)),
            ],
        ),
        # `and` within a word is no joint
        ("channel = sandbox", [Condition("channel", "=", ("sandbox",))]),
    ],
)
def test_a_boundary_is_read_as_conditions_that_must_all_hold(
    text: str, expected: list[Condition]
) -> None:
    assert parse_boundary(text) == tuple(expected)


@pytest.mark.parametrize(
    ("text", "says", "fix"),
    [
        ("", "the boundary is empty", "write a rule such as"),
        ("   ", "the boundary is empty", "write a rule such as"),
        ("action", "'action' is no condition", "join"),
        ("action like x", "'action like x' is no condition", "join"),
        ("action not in (x)", "'action not in (x)' is no condition", "join"),
        ("action in x", "'action in x' is no condition", "join"),
        ("action in (x", "'action in (x' is no condition", "join"),
        ("action in (x) or amount < 5", "is no condition", "join"),
        ("amount <= 5 and", "'5 and' is not a number", "plain decimal"),
        ("amount <= 5 and ", "'' is no condition", "join"),
        ("amount <= 5 AND team = x", "'5 AND team = x' is not a number", "plain decimal"),
        ("team = x OR region = y", "'or' stands within a value", "write `in (a, b)`"),
        ("team = x or y", "'or' stands within a value", "write `in (a, b)`"),
        ("team in (a, not b)", "'not' stands within a value", "write `in (a, b)`"),
        ("team = a AND channel = b", "'and' stands within a value", "small letters"),
        ("team = a=b", "'a=b' is not a plain value", "comparison signs"),
        ("mood = good", "unknown field 'mood'", "use one of action, amount, region"),
        ("Action = x", "unknown field 'Action'", "use one of action"),
        ("amount in (10, 20)", "amount is a number", "use `amount <= 500`"),
        ("amount <= 5 and amount <= 6", "'amount' is restricted twice", "merge"),
        ("team = x and team in (x, y)", "'team' is restricted twice", "merge"),
        ("amount == 5", "unknown operator '=='", "use <=, <, =, >=, >"),
        ("amount != 5", "unknown operator '!='", "use <=, <, =, >=, >"),
        ("amount <> 5", "unknown operator '<>'", "use <=, <, =, >=, >"),
        ("region < EU", "region is text and has no order", "region in (a, b)"),
        ("amount <= ", "a value is missing", "fill it in"),
        ("action in ()", "a value is missing", "drop the comma"),
        ("action in (a,)", "a value is missing", "drop the comma"),
        ("amount <= nan", "'nan' is not a number", "plain decimal"),
        ("amount <= inf", "'inf' is not a number", "plain decimal"),
        ("amount <= 1e9", "'1e9' is not a number", "plain decimal"),
        ("amount <= 5 EUR", "'5 EUR' is not a number", "no currency"),
        ("amount <= 1_000", "'1_000' is not a number", "plain decimal"),
        ("amount <= 0.00001", "is not a number", "up to 4 decimals"),
        ("amount <= ٣", "is not a number", "plain decimal"),
        ("action = 'x'", "is not a plain value", "leave out quotes"),
        ("action = x; drop table y", "is not a plain value", "semicolons"),
    ],
)
def test_a_text_that_is_no_boundary_is_refused_with_the_fix(text: str, says: str, fix: str) -> None:
    with pytest.raises(BoundaryError) as raised:
        parse_boundary(text)
    assert says in raised.value.message
    assert fix in raised.value.fix
    assert str(raised.value) == f"{raised.value.message}; {raised.value.fix}"
