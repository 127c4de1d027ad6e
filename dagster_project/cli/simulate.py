"""``penstock simulate``: a synthetic company, so that the pipeline can be tried and tested."""

import sys
from pathlib import Path

from dagster_project.cli.faults import UsageProblemError
from dagster_project.cli.words import clean


def write_simulation(
    out: Path, seed: int, weeks: int, end: str | None, broken_lines: int, *, as_json: bool
) -> None:
    """Write the logs into ``out`` and say how many records there are. Raises UsageProblemError."""
    from datetime import date

    from rich.status import Status

    from dagster_project.cli.screen import console, emit_json, table, text
    from dagster_project.simulate import SimulateError, simulate

    progress = console(is_error=True)
    status = Status("simulating", console=progress) if sys.stderr.isatty() else None

    def tell(done: int, of: int) -> None:
        if status:
            status.update(f"simulating: week {done} of {of}")

    options = {"end": date.fromisoformat(_day(end))} if end else {}
    try:
        if status:
            status.start()
        written = simulate(
            out, seed=seed, weeks=weeks, broken_lines=broken_lines, on_progress=tell, **options
        )
    except (SimulateError, OSError) as error:
        raise UsageProblemError(str(error)) from error
    finally:
        if status:
            status.stop()
    if as_json:
        emit_json({"out": str(out.resolve()), "seed": seed, "weeks": weeks} | written)
        return
    shown = table("stream", "records", numeric=["records"])
    for stream, count in written["counts"].items():
        shown.add_row(text(stream), text(f"{count:,}"))
    screen = console()
    screen.print(shown)
    screen.print(text("written to ", out.resolve(), "; the truth: planted_truth.json there"))


def _day(value: str) -> str:
    from datetime import date

    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise UsageProblemError(f"--end {clean(value)!r} is no day; write 2025-08-03") from None
