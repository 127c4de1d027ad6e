"""``penstock quarantine list`` and ``show``: what was refused, why, and how to mend it."""

from typing import TYPE_CHECKING, Any

from dagster_project.cli.faults import NothingYetError, PipelineFailedError, UsageProblemError
from dagster_project.cli.options import known
from dagster_project.cli.words import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from dagster_project.landing.manifest import Books, Entry
    from dagster_project.settings import Project

SHOWN_UNITS = 50
SHORT = 12  # of a SHA-256: enough to name a file
_LEAST = 8


def open_books(project: "Project") -> "Books":
    """Raises NothingYetError, PipelineFailedError."""
    from dagster_project.landing.manifest import Books, ManifestError

    try:
        books = Books(project.landing)
    except ManifestError as error:
        raise PipelineFailedError(str(error)) from error
    if not any(books):
        raise NothingYetError("nothing has landed yet; run `penstock run`")
    return books


def named(entries: "Sequence[Entry]", file: str) -> "list[Entry]":
    """Entries of that name, last part of a name, or beginning of a SHA-256.

    Raises UsageProblemError when there is none.
    """
    found = [
        entry
        for entry in entries
        if is_called(entry.file_name, file)
        or (len(file) >= _LEAST and entry.file_sha256.startswith(file))
    ]
    if not found:
        known("file", file, sorted({entry.file_name for entry in entries}))
    return found


def is_called(name: str, file: str) -> bool:
    """Whether ``file`` is that name, or the last part of it."""
    return file in (name, name.rsplit("/", 1)[-1])


def list_refused(
    project: "Project", source: str | None, file: str | None, reason: str | None, *, as_json: bool
) -> None:
    """Print refused units by file and reason, then files that cannot be accounted for."""
    from dagster_project.cli.screen import console, emit_json
    from dagster_project.landing.manifest import UNACCOUNTABLE
    from dagster_project.landing.reasons import FILE_REASONS, UNIT_REASONS
    from dagster_project.landing.refused import refused_groups, with_refused

    books = open_books(project)
    entries = [entry for entry in books if not entry.repairs]
    if source is not None:
        known("source", source, sorted({name for entry in entries for name in _names(entry)}))
        entries = [entry for entry in entries if source in _names(entry)]
    if reason is not None:
        known("reason", reason, sorted({*UNIT_REASONS, *FILE_REASONS}))
    if file is not None:
        entries = named(entries, file)
    chosen = {(entry.relation, entry.file_sha256) for entry in entries}
    groups = [
        _of_file(entry) | group._asdict() | {"open_count": group.unit_count - group.repaired_count}
        for entry in with_refused(books)
        if (entry.relation, entry.file_sha256) in chosen
        for group in refused_groups(books, entry)
        if reason in (None, group.reason)
    ]
    unaccountable = [
        _of_file(entry) | {"reason": entry.reason, "detail": entry.detail}
        for entry in sorted(entries, key=lambda entry: (entry.relation, entry.file_name))
        if entry.status == UNACCOUNTABLE and reason in (None, entry.reason)
    ]
    totals = {
        name: sum(group[name] for group in groups)
        for name in ("unit_count", "repaired_count", "open_count")
    }
    document = totals | {
        "units": [group | {"fix": UNIT_REASONS.get(group["reason"])} for group in groups],
        "unaccountable_files": [
            each | {"fix": FILE_REASONS.get(each["reason"] or "")} for each in unaccountable
        ],
    }
    if as_json:
        emit_json(document)
    else:
        _print_list(console(), document)


def show_refused(project: "Project", file: str, place: int | None, *, as_json: bool) -> None:
    """Print the refused units of a file one by one, never their content."""
    from dagster_project.cli.screen import console, emit_json
    from dagster_project.landing.reasons import UNIT_REASONS
    from dagster_project.landing.refused import refused_units, with_refused

    books = open_books(project)
    refused = with_refused(books)
    found = named(refused, file)
    units = [
        _of_file(entry)
        | unit._asdict()
        | {"landing_batch": entry.landing_batch, "fix": UNIT_REASONS.get(unit.reason)}
        for entry in found
        for unit in refused_units(books, entry, place=place)
    ]
    if not units:
        raise UsageProblemError(f"no unit at place {place} of {file!r} was refused")
    if as_json:
        emit_json({"unit_count": len(units), "units": units})
    else:
        _print_units(console(), units)


def file_title(row: dict[str, Any]) -> str:
    return f"{row['source']}.{row['table']}  {row['file']}"


def _names(entry: "Entry") -> tuple[str, str]:
    return (entry.source, f"{entry.source}.{entry.table}")


def _of_file(entry: "Entry") -> dict[str, Any]:
    return {
        "source": entry.source,
        "table": entry.table,
        "file": entry.file_name,
        "file_sha256": entry.file_sha256,
    }


def _print_list(out: "Console", found: dict[str, Any]) -> None:
    from dagster_project.cli.screen import print_indented, text

    shown = ""
    for row in found["units"]:
        title = f"{file_title(row)}  {row['file_sha256'][:SHORT]}"
        if title != shown:
            out.print(text((title, "bold")))
            shown = title
        style = "red" if row["open_count"] else "dim"
        places = ", ".join(map(str, row["first_places"]))
        more = " …" if row["unit_count"] > len(row["first_places"]) else ""
        repaired = f", {number(row['repaired_count'])} repaired" if row["repaired_count"] else ""
        counts = f"  {number(row['unit_count'])} refused{repaired}; places {places}{more}"
        print_indented(out, text((row["reason"], style), counts), 2)
        print_indented(out, text((f"{row['fix']}", "dim")), 4)
    for row in found["unaccountable_files"]:
        out.print(text((file_title(row), "bold"), ("  cannot be accounted for", "red")))
        detail = f" ({row['detail']})" if row["detail"] else ""
        print_indented(out, text((row["reason"] or "?", "red"), f"{detail}: {row['fix']}"), 2)
    files = len(found["unaccountable_files"])
    still = f"refused units that count against their classes: {number(found['open_count'])}"
    also = f"repaired: {number(found['repaired_count'])}; unaccountable files: {number(files)}"
    out.print(text((still, "bold"), f"; {also}"))


def _print_units(out: "Console", units: list[dict[str, Any]]) -> None:
    from dagster_project.cli.screen import print_indented, text

    shown = ""
    for row in units[:SHOWN_UNITS]:
        title = f"{file_title(row)}  {row['file_sha256'][:SHORT]}"
        if title != shown:
            out.print(text((title, "bold"), f"  landed with {row['landing_batch']}"))
            shown = title
        where = f" {row['column']}" if row["column"] else ""
        # many details begin with the column, and some say nothing else
        detail = row["detail"].removeprefix(row["column"]).removeprefix(": ")
        said = f": {detail}" if detail else ""
        print_indented(out, text(f"{row['place']}  ", (row["reason"], "red"), where, said), 2)
        state = f"repaired with {row['repaired_batch']}" if row["repaired_batch"] else row["fix"]
        print_indented(out, text((f"{state}; sha256 {row['unit_sha256']}", "dim")), 4)
    if len(units) > SHOWN_UNITS:
        out.print(text(f"and {number(len(units) - SHOWN_UNITS)} more; --format json has them all"))
