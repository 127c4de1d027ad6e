"""The audit sample's rule, against the formula written out in fractions."""

import hmac
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest

from dagster_project.contracts.audit_draw import Draw

KEY = bytes.fromhex("5e" * 32)
NAMES = [f"decision-{number}" for number in range(2000)]


@pytest.mark.parametrize("share", ["0.000001", "0.05", "0.15", "0.25", "0.999999"])
def test_a_decision_is_drawn_when_its_hmac_lies_below_the_rate(share: str) -> None:
    expected = {
        name
        for name in NAMES
        if Fraction(int(hmac.new(KEY, name.encode(), "sha256").hexdigest(), 16), 2**256)
        < Fraction(share)
    }
    assert {name for name in NAMES if Draw(KEY).selects(name, Decimal(share))} == expected
    assert {name for name in NAMES if Draw(KEY).selects(name, float(share))} == expected


def test_equal_is_not_below_and_one_part_in_two_to_the_256_more_is() -> None:
    number = int(hmac.new(KEY, b"d", "sha256").hexdigest(), 16)
    with localcontext(prec=300):
        equal, above = Decimal(number) / 2**256, Decimal(number + 1) / 2**256
    assert (Draw(KEY).selects("d", equal), Draw(KEY).selects("d", above)) == (False, True)


def test_a_rate_of_0_draws_nothing_and_of_1_everything() -> None:
    assert not any(Draw(KEY).selects(name, Decimal("0.000000")) for name in NAMES)
    assert all(Draw(KEY).selects(name, Decimal("1.000000")) for name in NAMES)


def test_another_key_draws_another_sample() -> None:
    one, other = Draw(KEY), Draw(bytes(32))
    both = [(one.selects(name, 0.5), other.selects(name, 0.5)) for name in NAMES]
    assert len(set(both)) == 4
