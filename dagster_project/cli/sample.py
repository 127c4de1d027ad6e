"""``penstock sample``: draw the audit sample, or make the key it is drawn by."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.cli.faults import (
    NothingYetError,
    PipelineFailedError,
    RefusedError,
    UsageProblemError,
)
from dagster_project.settings import Project

if TYPE_CHECKING:
    from rich.console import Console

    from dagster_project.sampling import Drawn

SETTING = 'write `[sample] folder = "data/audit_sample"` into penstock.toml (docs/operate.md)'


def draw(project: Project, *, makes_key: bool, as_json: bool) -> None:
    """The command. Raises CliError."""
    from dagster_project.cli.screen import console, emit_json, text

    if makes_key:
        place = make_key(project)
        if as_json:
            emit_json({"key_file": place})
        else:
            console().print(text(f"made {place}: back it up, apart from landing/"))
        return
    drawn = _draw(project)
    if as_json:
        emit_json(_document(drawn))
    else:
        _print(console(), drawn)


def make_key(project: Project) -> str:
    """The place of the new key. Raises UsageProblemError where there is one."""
    place = project.sample_key
    if place.variable:
        raise UsageProblemError(f"[sample] key_variable is set: put 64 hex digits into {place}")
    if not place.create():
        raise UsageProblemError(f"{place} is there already; another key would draw another sample")
    return str(place)


def _folder(project: Project) -> Path:
    if project.sample_folder is None:
        raise UsageProblemError(f"nobody said where the sample goes: {SETTING}")
    return project.sample_folder


def _draw(project: Project) -> "Drawn":
    import duckdb
    from rich.status import Status

    from dagster_project.cli.screen import console
    from dagster_project.keys import KeyUnusableError
    from dagster_project.sampling import SampleFileError, draw_sample
    from dagster_project.warehouse import WarehouseMissingError

    folder = _folder(project)
    # a status on something that is no terminal prints nothing
    with Status("drawing", console=console(is_error=True)) as status:

        def tell(done: int) -> None:
            status.update(f"drawing: {done:,} decisions")

        try:
            return draw_sample(project, folder, on_progress=tell)
        except KeyUnusableError as error:
            raise UsageProblemError(
                f"nothing was drawn: {error}",
                ["restore it; for the very first draw, `penstock sample --new-key`"],
            ) from None
        except SampleFileError as error:
            raise RefusedError(f"nothing was drawn: {error}") from error
        except WarehouseMissingError as error:
            raise NothingYetError(str(error)) from error
        except (duckdb.Error, OSError) as error:
            raise PipelineFailedError(
                f"nothing was drawn: {error}", ["is a run at work? else `penstock run`, then again"]
            ) from error


def _document(drawn: "Drawn") -> dict[str, Any]:
    return {
        "batch": drawn.batch,
        "file": str(drawn.file) if drawn.file else None,
        "drawn_count": drawn.total("drawn"),
        "overdue_count": drawn.total("overdue"),
        "classes": {name: asdict(drawn.classes[name]) for name in sorted(drawn.classes)},
        "undrawn": [
            {"decision_class": name, "reason": reason, "count": count}
            for (name, reason), count in sorted(drawn.undrawn.items())
        ],
    }


def _print(out: "Console", drawn: "Drawn") -> None:
    from dagster_project.cli.screen import table, text

    counts = ("decisions", "selected", "landed", "waiting", "drawn", "overdue", "foreign")
    if drawn.classes:
        shown = table("class", *counts, numeric=counts)
        for name, of_class in sorted(drawn.classes.items()):
            numbers = [text(f"{getattr(of_class, count):,}") for count in counts]
            shown.add_row(text(name), *numbers)
        out.print(shown)
    for (name, reason), number in sorted(drawn.undrawn.items()):
        out.print(text((f"not drawn: {number:,} of {name}: {reason}", "yellow")))
    place = f"published in {drawn.file}" if drawn.file else "nothing is due"
    out.print(text(f"{drawn.total('drawn'):,} drawn; {place}"))
