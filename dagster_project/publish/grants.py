"""grants.json: the decision classes an agent may act on alone, as the autonomy map says."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from dagster_project.contracts.boundary import BoundaryError, Condition, parse_boundary
from dagster_project.names import LEVELS, UNKNOWN

DELEGATED = ("delegate", "delegate_with_audit")
NO_COHORT = ("", "*", UNKNOWN, None)
# a boundary that is no rule, or asks more than "at most", grants no amount at all
NOTHING = Decimal(0)
SMALLEST_AMOUNT = Decimal("0.0001")  # amounts are DECIMAL(18,4)


class GrantError(ValueError):
    """The autonomy map cannot be turned into grants: an unknown level, two rows for one grant."""


def build_grants(
    rows: Iterable[Mapping[str, Any]], *, valid_until: datetime, run: Mapping[str, Any]
) -> bytes:
    """grants.json as canonical JSON.

    ``rows``: mart autonomy_map (decision_class, segment, cohort_id, effective_level,
    amount_limit, currency, boundary, valid_until_date); ``run``: at least as_of (date). A grant
    ends with the day ``valid_until_date`` of its row, or with ``valid_until`` if that is earlier.
    Raises GrantError. ``levels`` in the result names every class and segment with its lowest
    level, so that a denial can tell "unknown" from "not delegated".
    """
    levels: dict[str, dict[str, str]] = {}
    grants: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in rows:
        name, segment, level = row["decision_class"], row["segment"], row["effective_level"]
        if not name or not segment or level not in LEVELS:
            raise GrantError(f"class {name!r}, segment {segment!r}, level {level!r}")
        lowest = levels.setdefault(name, {}).setdefault(segment, level)
        levels[name][segment] = min(lowest, level, key=LEVELS.index)
        if level not in DELEGATED or row["cohort_id"] in NO_COHORT:
            continue
        key = (name, segment, row["cohort_id"])
        if key in grants:
            raise GrantError(f"two rows for {key}")
        grants[key] = _grant(row, valid_until)
    content = {
        "version": 1,
        "as_of": _as_of(run["as_of"]),
        "valid_until": _utc(valid_until),
        "levels": levels,
        "grants": [grant for _, grant in sorted(grants.items())],
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8")


def _grant(row: Mapping[str, Any], valid_until: datetime) -> dict[str, Any]:
    limit = _limit(row)
    return {
        "decision_class": row["decision_class"],
        "segment": row["segment"],
        "cohort_id": row["cohort_id"],
        "level": row["effective_level"],
        "amount_limit": None if limit is None else format(limit, "f"),
        "currency": row["currency"] or None,
        "boundary": row["boundary"] or "",
        "valid_until": _utc(min(valid_until, _end_of(row["valid_until_date"]))),
    }


def _limit(row: Mapping[str, Any]) -> Decimal | None:
    """The smallest of the amount limit and what the boundary says about the amount."""
    limits = [] if row["amount_limit"] is None else [Decimal(row["amount_limit"])]
    text = row["boundary"] or ""
    try:
        conditions = parse_boundary(text) if text else ()
    except BoundaryError:
        limits.append(NOTHING)
    else:
        limits += [_at_most(each) for each in conditions if each.field == "amount"]
    if any(not limit.is_finite() for limit in limits):
        raise GrantError(f"{row['decision_class']}: amount limit {row['amount_limit']}")
    return min(limits, default=None)


def _at_most(condition: Condition) -> Decimal:
    """The largest amount that a runtime checking only "at most" may let through."""
    if condition.op == "<=":
        return Decimal(condition.values[0])
    if condition.op == "<":
        return Decimal(condition.values[0]) - SMALLEST_AMOUNT
    return NOTHING


def _end_of(day: object) -> datetime:
    if not isinstance(day, date):
        raise GrantError(f"no last day of a grant: {day!r}")
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC)


def _utc(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise GrantError(f"{moment}: a time without a zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _as_of(value: date | str) -> str:
    return value if isinstance(value, str) else value.isoformat()
