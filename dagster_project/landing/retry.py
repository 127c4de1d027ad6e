"""Refused units read again with today's declaration, from the file that still lies where it was."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

from dagster_project.contracts.sources import SourceTable
from dagster_project.landing.land import locked_books
from dagster_project.landing.land_file import Survey, check_unchanged, opened
from dagster_project.landing.manifest import Books, Entry
from dagster_project.landing.originals import Originals, parsed, raw_units
from dagster_project.landing.payloads import PayloadHasher
from dagster_project.landing.pseudonyms import open_pseudonyms
from dagster_project.landing.reasons import FILE_REASONS, ChangedError, UnaccountableError
from dagster_project.landing.refused import open_count, refused_units, with_refused
from dagster_project.landing.repair import Call, Repair, RetryError
from dagster_project.landing.typing_rows import RowTyper
from dagster_project.landing.undeclared import UndeclaredKeys
from dagster_project.landing.units import Decoded, Flaw, Unit
from dagster_project.landing.verify import verify_entry
from dagster_project.settings import Project

_OTHER_UNITS = (
    "the declaration makes other units of the file than when it landed (format, record_path); "
    "declare it as another table"
)


@dataclass(frozen=True)
class Retried:
    """One file. ``open_count``: units that still count, by ``reasons`` where they were looked at.

    ``problem``: why nothing of the file was repaired.
    """

    file: str
    source: str
    table: str
    file_sha256: str
    repaired_count: int
    open_count: int
    reasons: dict[str, int] = field(default_factory=dict)
    problem: str | None = None


def retry(
    project: Project,
    sources: Sequence[SourceTable],
    *,
    is_wanted: Callable[[Entry], bool] = lambda _: True,
    now: datetime | None = None,
) -> list[Retried]:
    """Every wanted file with open units: those that can be read now land, in a new batch.

    Waits while landing is at work. Raises ManifestError, PseudonymKeyError, OSError.
    """
    declared = {source.relation: source for source in sources}
    with calling(project, now) as call:
        originals = cache(partial(Originals, project.root))
        found = [old for old in with_refused(call.books) if is_wanted(old)]
        return [
            attempt(call, old, partial(_again, call, old, declared.get(old.relation), originals))
            for old in found
            if open_count(call.books, old)
        ]


@contextmanager
def calling(project: Project, now: datetime | None) -> Iterator[Call]:
    """The lock of landing, and one new batch for whatever is repaired under it."""
    moment = now or datetime.now(UTC)
    if moment.tzinfo is None:
        raise ValueError("now: give a time with a zone")
    hasher = PayloadHasher()
    with locked_books(project) as books:
        books.mend()
        pseudonyms = cache(partial(open_pseudonyms, project, books))
        try:
            yield Call(books, books.next_batch(moment), hasher, pseudonyms)
        finally:
            hasher.close()


def attempt(call: Call, old: Entry, work: Callable[[], Counter[str]]) -> Retried:
    """What became of the file. ``work`` repairs it and gives why units stay open."""
    before = open_count(call.books, old)
    reasons, problem = Counter[str](), None
    try:
        for entry in (old, *call.books.retries(old)):
            if problems := verify_entry(call.books, entry):
                raise RetryError(problems[0])
        reasons = work()
    except (RetryError, ChangedError) as error:
        problem = str(error)
    except UnaccountableError as error:
        why = f": {error.detail}" if error.detail else ""
        problem = f"{error.reason} ({FILE_REASONS[error.reason]}){why}"
    after = open_count(call.books, old)
    counts = dict(sorted(reasons.items()))
    where = (old.file_name, old.source, old.table, old.file_sha256)
    return Retried(*where, before - after, after, counts, problem)


def original(originals: Originals, source: SourceTable, entry: Entry) -> tuple[Path, Survey]:
    """Where the content of ``entry`` still lies. Raises RetryError."""
    if found := originals.find(entry):
        return found
    raise RetryError(
        f"the content of {entry.file_name} is not in {source.location} any more; put it back, "
        "under any name that matches"
    )


def retryable(source: SourceTable | None, entry: Entry) -> SourceTable:
    """The declaration of today. Raises RetryError."""
    if source is None:
        raise RetryError(f"no source table {entry.source}.{entry.table} is declared any more")
    if source.query is not None:
        raise RetryError("rows of a database are not kept; mend the row there and run again")
    return source


def _again(
    call: Call,
    old: Entry,
    source: SourceTable | None,
    originals: Callable[[SourceTable], Originals],
) -> Counter[str]:
    source = retryable(source, old)
    path, survey = original(originals(source), source, old)
    reasons = Counter[str]()
    with (
        Repair(call, old, source) as repair,
        opened(path, survey, source, call.books.landing) as decoded,
    ):
        undeclared = UndeclaredKeys()
        typer = RowTyper(source, decoded, undeclared, call.pseudonyms)
        for unit in _open_units(call.books, old, source, decoded):
            outcome = unit.flaw or typer.row(unit.record or {})
            if isinstance(outcome, Flaw):
                reasons[outcome.reason] += 1
            else:
                repair.rows.add(unit.place, outcome, len(unit.raw or ""))
                repair.units.add(unit.place)
        check_unchanged(path, survey)
        repair.finish(undeclared.counts)
    return reasons


def _open_units(books: Books, old: Entry, source: SourceTable, decoded: Decoded) -> Iterator[Unit]:
    """The refused units that are open, read again. Raises RetryError at the end."""
    wanted = refused_units(books, old, is_open=True)
    sought = next(wanted, None)
    count = 0
    for unit in raw_units(decoded):
        count += 1
        if sought is None or unit.place != sought.place:
            continue
        # of Parquet only declared columns are read, so its rows have another hash by now
        if source.format != "parquet" and unit.sha256() != sought.unit_sha256:
            raise RetryError(_OTHER_UNITS)
        yield parsed(unit, decoded)
        sought = next(wanted, None)
    if sought is not None or count != old.unit_count:
        raise RetryError(_OTHER_UNITS)
