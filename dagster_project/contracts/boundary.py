"""The action boundary of a decision class: a rule a machine can check before the AI acts.

    boundary  = condition { " and " condition }
    condition = field ("<=" | "<" | "=" | ">=" | ">") value
              | field " in (" value { "," value } ")"

Only ``amount`` is a number; only a number can be ordered. There is no ``or`` and no ``not``:
a boundary lists what is allowed, and a decision outside it, or with the field unknown, is out.
"""

import re
from dataclasses import dataclass
from typing import Final

FIELDS: Final = ("action", "amount", "region", "team", "channel", "currency")
NUMBER_FIELDS: Final = frozenset({"amount"})
ORDERINGS: Final = frozenset({"<=", "<", ">=", ">"})
EXAMPLE: Final = "`action in (refund, credit) and amount <= 500`"

_LIST = re.compile(r"(?P<field>\S+) in \((?P<values>[^()]*)\)")
_COMPARISON = re.compile(r"(?P<field>[^\s<>=!]+)\s*(?P<op><=|>=|==|!=|<>|<|>|=)\s*(?P<value>.*)")
# A value such as `EU or US` would be one team of that name: not what its author means.
_JOINTS = frozenset({"and", "or", "not"})
# 18 digits: what DECIMAL(18,4), the amount of a decision, can be compared with
_NUMBER = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,4})?")
_WORD = re.compile(r"[^\s,()<>=!'\";`]+( [^\s,()<>=!'\";`]+)*")


class BoundaryError(ValueError):
    """The text is no boundary. ``message`` says what is wrong, ``fix`` what to write instead."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(f"{message}; {fix}")
        self.message = message
        self.fix = fix


@dataclass(frozen=True)
class Condition:
    """One condition: ``op`` is <=, <, =, >=, > with one value, or ``in`` with one or more."""

    field: str
    op: str
    values: tuple[str, ...]


def parse_boundary(text: str) -> tuple[Condition, ...]:
    """At least one condition, all of which must hold. Raises BoundaryError, also for no text.

    A text field stands in one condition, a number in one for each operator.
    """
    if not text.strip():
        raise BoundaryError("the boundary is empty", f"write a rule such as {EXAMPLE}")
    conditions = tuple(_condition(part.strip()) for part in text.split(" and "))
    said = [(item.field, item.op if item.field in NUMBER_FIELDS else "") for item in conditions]
    if doubled := next((pair for pair in said if said.count(pair) > 1), None):
        raise BoundaryError(
            f"{doubled[0]!r} is restricted twice by the same operator",
            "merge the two conditions into one",
        )
    return conditions


def _condition(text: str) -> Condition:
    if listed := _LIST.fullmatch(text):
        field, op = listed["field"], "in"
        values = tuple(value.strip() for value in listed["values"].split(","))
    elif compared := _COMPARISON.fullmatch(text):
        field, op, values = compared["field"], compared["op"], (compared["value"],)
    else:
        raise BoundaryError(
            f"{text!r} is no condition",
            f"join `field op value` or `field in (a, b)` by ` and `, such as {EXAMPLE}",
        )
    _refuse_field_or_operator(text, field, op)
    for value in values:
        _refuse_value(text, field, value)
    return Condition(field, op, values)


def _refuse_field_or_operator(text: str, field: str, op: str) -> None:
    if field not in FIELDS:
        raise BoundaryError(f"{text!r}: unknown field {field!r}", f"use one of {', '.join(FIELDS)}")
    if op in ("==", "!=", "<>"):
        raise BoundaryError(
            f"{text!r}: unknown operator {op!r}", "use <=, <, =, >=, > or `in (a, b)`"
        )
    if op == "in" and field in NUMBER_FIELDS:
        raise BoundaryError(
            f"{text!r}: {field} is a number", f"use `{field} <= 500`, or a class of its own"
        )
    if op in ORDERINGS and field not in NUMBER_FIELDS:
        raise BoundaryError(
            f"{text!r}: {field} is text and has no order",
            f"use `{field} = x` or `{field} in (a, b)`",
        )


def _refuse_value(text: str, field: str, value: str) -> None:
    if not value:
        raise BoundaryError(f"{text!r}: a value is missing", "fill it in, or drop the comma")
    if field in NUMBER_FIELDS and not _NUMBER.fullmatch(value):
        raise BoundaryError(
            f"{text!r}: {value!r} is not a number",
            "write a plain decimal such as 500 or 499.95 (up to 4 decimals, no currency)",
        )
    if joint := _JOINTS.intersection(value.lower().split(" ")):
        raise BoundaryError(
            f"{text!r}: {min(joint)!r} stands within a value",
            "join conditions by ` and ` in small letters; for alternatives write `in (a, b)`",
        )
    if not _WORD.fullmatch(value):
        raise BoundaryError(
            f"{text!r}: {value!r} is not a plain value",
            "leave out quotes, brackets, commas, semicolons and comparison signs",
        )
