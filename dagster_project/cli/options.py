"""Options that several commands share, and how their values are checked."""

import difflib
import inspect
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_args, get_type_hints

import typer

from dagster_project.cli.faults import UsageProblemError
from dagster_project.cli.screen import Format
from dagster_project.cli.words import clean

if TYPE_CHECKING:
    from dagster_project.settings import Project

EXIT_CODES = (
    "Exit codes: 0 ok, 1 no (denied, or a check failed), 2 bad input, 3 failed, "
    "4 nothing there yet."
)

Command = Callable[..., None]

ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project",
        help="folder that holds penstock.toml (default: PENSTOCK_PROJECT, else upwards from here)",
        show_default=False,
    ),
]
FormatOption = Annotated[
    Format, typer.Option("--format", help="text for people, json: one document on stdout")
]


class Call(NamedTuple):
    """What every command is told: which project, and how to answer."""

    folder: Path | None
    as_json: bool

    def project(self) -> "Project":
        """Raises SettingsError."""
        from dagster_project.settings import load_project

        return load_project(self.folder)


def command(app: typer.Typer, name: str, epilog: str) -> Callable[[Command], Command]:
    """Add a command with ``--project`` and ``--format``, which reach it as its first parameter.

    ``**options: Unpack[SomeTypedDict]`` becomes one option per key; those not given stay away.
    """

    def register(function: Command) -> Command:
        own = list(_parameters(function))

        def run(project: Path | None, style: Format, **given: Any) -> None:
            asked = {key: value for key, value in given.items() if value is not None}
            function(Call(project, style is Format.json), **asked)

        shared = (("project", ProjectOption, None), ("style", FormatOption, Format.text))
        own += [_keyword(key, annotation, default) for key, annotation, default in shared]
        run.__setattr__("__signature__", inspect.Signature(own))
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in own}
        app.command(name, help=function.__doc__, epilog=epilog)(run)
        return function

    return register


def _parameters(function: Command) -> Iterator[inspect.Parameter]:
    """The parameters of ``function`` behind the first, each by keyword."""
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD:
            yield parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            continue
        (group,) = get_args(parameter.annotation)
        for key, annotation in get_type_hints(group, include_extras=True).items():
            kind, *rest = get_args(annotation)
            yield _keyword(key, Annotated[kind | None, *rest], None)


def _keyword(name: str, annotation: object, default: object) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=annotation)


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
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the latter beyond the years 1 and 9999
        raise UsageProblemError(
            f"{name} {clean(value)!r} is no time; write 2025-08-03T06:00:00Z"
        ) from None
    if moment > datetime.now(UTC):
        raise UsageProblemError(f"{name} {moment.isoformat()} lies in the future")
    return moment


def checked_days(days: int, most: timedelta) -> int:
    """``--days`` from 1 to ``most``. Raises UsageProblemError."""
    if not 1 <= days <= most.days:
        raise UsageProblemError(f"--days {days}: write 1 to {most.days}")
    return days


def known(noun: str, value: str, choices: Collection[str]) -> str:
    """``value`` if it is one of ``choices``, else UsageProblemError with the likeliest ones, or
    that there is none."""
    if value in choices:
        return value
    tails = [choice for choice in choices if value and choice.endswith(f".{value}")]
    close = tails or difflib.get_close_matches(value, choices, n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(map(clean, sorted(close)[:3]))}?" if close else ""
    if not hint and len(choices) <= 8:
        hint = f"there are {', '.join(map(clean, choices))}" if choices else "there is none"
    raise UsageProblemError(f"no {noun} {clean(value)!r}" + (f"; {hint}" if hint else ""))
