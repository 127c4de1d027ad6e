"""What a declared column says of itself besides its type: where it is, and whom it names."""

from collections.abc import Callable
from typing import Any, NoReturn

from dagster_project.contracts.column_types import INTEGER_BITS, parse_column_type

# columns that name a person wherever they stand; others say `pseudonym: true`
PERSON_COLUMNS = frozenset({"subject_id", "reviewer_id"})
# so do these, as members of an object
PERSON_MEMBERS = PERSON_COLUMNS | {"penstock.subject.id", "penstock.review.reviewer"}
DECISION_COLUMN = "decision_id"
# text of the canonical streams that no fact is made of
FREE_COLUMNS = frozenset({"error_type", "fallback_reason"})
FLAGS = ("pseudonym", "decision", "free")
Refuse = Callable[[str, str], NoReturn]


def read_column_meta(name: str, data_type: str, meta: Any, refuse: Refuse) -> dict[str, bool]:
    """The fields of ``Column`` beyond name and type. ``refuse`` raises SourceError."""
    where = f"columns.{name}.meta.penstock"
    found = {} if meta is None else meta
    if not isinstance(found, dict) or found.get("from", "envelope") != "envelope":
        refuse(where, "only `from: envelope` is known")
    for key in sorted(found.keys() - {"from"}):
        if key not in FLAGS:
            refuse(where, f"unknown key {key}; known: from, {', '.join(FLAGS)}")
        if found[key] is not True:
            refuse(where, f"{key} must be true, or absent")
    flags = {
        "from_envelope": "from" in found,
        "pseudonym": name in PERSON_COLUMNS or "pseudonym" in found,
        "decision": name == DECISION_COLUMN or "decision" in found,
        "free": name in FREE_COLUMNS or "free" in found,
    }
    kind = parse_column_type(data_type).kind
    if flags["pseudonym"] and kind != "varchar" and kind not in INTEGER_BITS:
        refuse(where, f"{name} names a person: declare it varchar or a whole number")
    if flags["decision"] and kind != "varchar":
        refuse(where, f"{name} names a decision: declare it varchar")
    return flags
