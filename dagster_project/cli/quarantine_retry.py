"""``penstock quarantine retry``: refused units that can be read now count no more."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from dagster_project.cli.faults import NO, OK, PipelineFailedError, UsageProblemError
from dagster_project.cli.quarantine import SHORT, file_title, is_called, named, open_books
from dagster_project.cli.words import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from dagster_project.contracts.sources import SourceTable
    from dagster_project.landing.manifest import Books, Entry
    from dagster_project.landing.retry import Retried
    from dagster_project.settings import Project


def retry_refused(
    project: "Project", file: str | None, corrected: str | None, *, as_json: bool
) -> int:
    """Repair what can be repaired and say what stays open; 1 when something does."""
    from dagster_project.cli.screen import console, emit_json
    from dagster_project.contracts.sources import SourceError, load_sources
    from dagster_project.landing.manifest import ManifestError
    from dagster_project.landing.pseudonyms import PseudonymKeyError
    from dagster_project.transform.bridge import DbtFailedError, ensure_manifest

    if corrected is not None and file is None:
        raise UsageProblemError("--with corrects one file: name it before")
    books = open_books(project)
    try:
        sources = load_sources(ensure_manifest(project))
        if file is not None and corrected is not None:
            done = _by_copy(project, sources, books, file, corrected)
        else:
            done = _again(project, sources, books, file)
    except (SourceError, PseudonymKeyError) as error:
        raise UsageProblemError(str(error)) from error
    except (ManifestError, DbtFailedError, OSError) as error:
        raise PipelineFailedError(f"the retry is not complete: {error}") from error
    remaining = sum(each.open_count for each in done)
    repaired = sum(each.repaired_count for each in done)
    if as_json:
        totals = {"repaired_count": repaired, "open_count": remaining}
        emit_json(totals | {"files": [asdict(each) for each in done]})
    else:
        _print(console(), done, repaired, remaining)
    return NO if remaining else OK


def _again(
    project: "Project", sources: "Sequence[SourceTable]", books: "Books", file: str | None
) -> "list[Retried]":
    from dagster_project.landing.refused import with_refused
    from dagster_project.landing.retry import retry

    found = with_refused(books)
    chosen = found if file is None else named(found, file)
    wanted = {(entry.relation, entry.file_sha256) for entry in chosen}
    return retry(project, sources, is_wanted=lambda e: (e.relation, e.file_sha256) in wanted)


def _by_copy(
    project: "Project",
    sources: "Sequence[SourceTable]",
    books: "Books",
    file: str,
    corrected: str,
) -> "list[Retried]":
    """The copy lands first, as every dropped file does."""
    from dagster_project.landing.corrected import retry_corrected
    from dagster_project.landing.land import land
    from dagster_project.landing.refused import open_count, with_refused
    from dagster_project.landing.reports import WAITING

    refused = named(with_refused(books), file)
    found = [entry for entry in refused if open_count(books, entry)]
    if not found:
        return []
    if len(found) > 1:
        names = ", ".join(f"{e.source}.{e.table} {e.file_sha256[:SHORT]}" for e in found)
        raise UsageProblemError(f"several contents of {file!r} are open; name one: {names}")
    (old,) = found
    report = land(project, [source for source in sources if source.relation == old.relation])
    for each in report.files:
        if each.status == WAITING and is_called(each.file, corrected):
            raise UsageProblemError(f"{each.file} is not taken yet ({each.reason}); retry later")
    return [retry_corrected(project, sources, old, _newest(open_books(project), old, corrected))]


def _newest(books: "Books", old: "Entry", corrected: str) -> "Entry":
    """What landed last under that name for the same source table. Raises UsageProblemError."""
    entries = [entry for entry in books if entry.relation == old.relation and not entry.repairs]
    return max(named(entries, corrected), key=lambda entry: entry.landing_batch)


def _print(out: "Console", done: "list[Retried]", repaired: int, remaining: int) -> None:
    from dagster_project.cli.screen import print_indented, text

    for each in done:
        out.print(text((file_title(asdict(each)), "bold"), f"  {each.file_sha256[:SHORT]}"))
        counts = f"{number(each.repaired_count)} repaired, {number(each.open_count)} open"
        why = ", ".join(f"{reason} {number(count)}" for reason, count in each.reasons.items())
        print_indented(out, text(counts, f": {why}" if why else ""), 2)
        if each.problem:
            print_indented(out, text(("not repaired: ", "red"), each.problem), 2)
    if not done:
        out.print(text("no refused unit is open"))
    if repaired:
        out.print(text("`penstock run` judges with what is repaired"))
    if remaining:
        out.print(text(f"still counted: {number(remaining)}"))
