"""``penstock simulate``: a synthetic company, so that the pipeline can be tried and tested."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.cli.faults import UsageProblemError
from dagster_project.cli.words import clean

if TYPE_CHECKING:
    from datetime import date


def write_simulation(out: Path, options: dict[str, object], *, as_json: bool) -> None:
    """Write the logs into ``out`` and say how many records there are. Raises UsageProblemError."""
    from dagster_project.cli.screen import console, emit_json, table, text

    days = {name: _day(name, str(options[name])) for name in ("end", "since") if name in options}
    written = _simulate(out, options | days)
    if as_json:
        emit_json({"out": str(out.resolve())} | written)
        return
    shown = table("stream", "records", numeric=["records"])
    for stream, count in written["counts"].items():
        shown.add_row(text(stream), text(f"{count:,}"))
    screen = console()
    screen.print(shown)
    screen.print(text(f"written to {out.resolve()}; the truth is in planted_truth.json"))


def _simulate(out: Path, chosen: Mapping[str, Any]) -> dict[str, Any]:
    from rich.status import Status

    from dagster_project.cli.screen import console
    from dagster_project.simulate import SimulateError, simulate

    # a status on something that is no terminal prints nothing
    with Status("simulating", console=console(is_error=True)) as status:

        def tell(done: int, weeks: int) -> None:
            status.update(f"simulating: week {done} of {weeks}")

        try:
            return simulate(out, on_progress=tell, **chosen)
        except (SimulateError, OSError) as error:
            raise UsageProblemError(str(error)) from error


def _day(name: str, value: str) -> "date":
    from datetime import date

    try:
        return date.fromisoformat(value)
    except ValueError:
        raise UsageProblemError(f"--{name} {clean(value)!r} is no day; write 2025-08-03") from None
