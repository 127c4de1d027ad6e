"""Options that several commands share, and how their values are checked."""

import difflib
from collections.abc import Collection
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from dagster_project.cli.faults import UsageProblemError
from dagster_project.cli.screen import Format
from dagster_project.cli.words import clean

FormatOption = Annotated[
    Format, typer.Option("--format", help="text for people, json: one document on stdout")
]
ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project",
        help="folder that holds penstock.toml (default: PENSTOCK_PROJECT, else upwards from here)",
        show_default=False,
    ),
]


def checked_date(name: str, value: str | None) -> date | None:
    """``value`` as a day that is not in the future (UTC). Raises UsageProblemError."""
    if value is None:
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        day = None
    if day is None or day.isoformat() != value:  # 20250803 and 2025-W31-7 are taken for typos
        raise UsageProblemError(f"{name} {clean(value)!r} is no day; write 2025-08-03")
    today = datetime.now(UTC).date()
    if day > today:
        raise UsageProblemError(f"{name} {day} lies in the future; today is {today} in UTC")
    return day


def checked_moment(name: str, value: str | None) -> datetime | None:
    """``value`` as a past moment, UTC where it names no zone. Raises UsageProblemError."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise UsageProblemError(
            f"{name} {clean(value)!r} is no time; write 2025-08-03T06:00:00Z"
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment > datetime.now(UTC):
        raise UsageProblemError(f"{name} {moment.isoformat()} lies in the future")
    return moment


def known(noun: str, value: str, choices: Collection[str]) -> str:
    """``value`` if it is one of ``choices``, else UsageProblemError with the likeliest ones."""
    if value in choices:
        return value
    tails = [choice for choice in choices if value and choice.endswith(f".{value}")]
    close = tails or difflib.get_close_matches(value, choices, n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(map(clean, sorted(close)[:3]))}?" if close else ""
    if not hint and len(choices) <= 8:
        hint = f"there are {', '.join(map(clean, choices))}"
    raise UsageProblemError(f"no {noun} {clean(value)!r}" + (f"; {hint}" if hint else ""))
