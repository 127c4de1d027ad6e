"""Find the dropped files of every declared source and land what is new."""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.contracts.source_connections import require_connections
from dagster_project.contracts.sources import SourceTable
from dagster_project.landing.completed import repair_completed
from dagster_project.landing.dropped import (
    declaration_digest,
    display_name,
    find_files,
    is_settled,
    seen_files,
)
from dagster_project.landing.envelope import check_path, signature
from dagster_project.landing.land_file import (
    Survey,
    land_content,
    land_decoded,
    new_entry,
    survey_file,
    survey_named,
    survey_unopened,
)
from dagster_project.landing.manifest import (
    LANDED,
    UNACCOUNTABLE,
    Books,
    Entry,
    batch_time,
)
from dagster_project.landing.payloads import PayloadHasher
from dagster_project.landing.pseudonyms import Pseudonyms, open_pseudonyms
from dagster_project.landing.query_postgres import Fetched, fetch
from dagster_project.landing.reasons import ChangedError, UnaccountableError
from dagster_project.landing.registered import write_reviewers
from dagster_project.landing.repair import Call
from dagster_project.landing.reports import KNOWN, WAITING, FileReport, LandingReport
from dagster_project.landing.write import Stamp
from dagster_project.settings import Project


def land(
    project: Project,
    sources: Sequence[SourceTable],
    *,
    now: datetime | None = None,
    on_file: Callable[[FileReport], None] | None = None,
) -> LandingReport:
    """Land every settled file whose content is new for its source table.

    One landing batch for the whole call. Waits while another call runs. ``now`` (with a zone)
    stamps the batch and tells how long a file stood still. Raises ManifestError, OSError, and
    SourceError before anything lands, where the variable of a database is not set.
    """
    require_connections(sources)
    moment = now or datetime.now(UTC)
    if moment.tzinfo is None:
        raise ValueError("now: give a time with a zone")
    project.landing.mkdir(parents=True, exist_ok=True)
    with _locked(project.landing / "_lock"):
        run = _Run(project, moment)
        try:
            run.register_reviewers(sources)
            for source in sorted(sources, key=lambda table: table.relation):
                for report in run.take_all(source):
                    if on_file:
                        on_file(report)
        finally:
            run.close()
    return LandingReport(run.used_batch, tuple(run.reports))


@contextmanager
def locked_books(project: Project) -> Iterator[Books]:
    """The books, while no landing call is at work."""
    project.landing.mkdir(parents=True, exist_ok=True)
    with _locked(project.landing / "_lock"):
        yield Books(project.landing)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """The kernel frees the lock when the process dies, however it dies."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


class _Run:
    """One landing call, while it holds the lock."""

    def __init__(self, project: Project, now: datetime) -> None:
        self._project = project
        self._now = now
        self._books = Books(project.landing)
        self._books.mend()
        self._seen = seen_files(project)
        self._batch = self._books.next_batch(now)
        self._hasher = PayloadHasher()
        self._keyed: Pseudonyms | None = None
        self.used_batch: str | None = None
        self.reports: list[FileReport] = []

    def close(self) -> None:
        self._hasher.close()
        self._seen.save()

    def register_reviewers(self, sources: Sequence[SourceTable]) -> None:
        """The registry names reviewers as people do; reviews carry their pseudonyms."""
        if any(source.names_persons for source in sources):
            write_reviewers(self._project, self._pseudonyms())

    def take_all(self, source: SourceTable) -> Iterator[FileReport]:
        """Land every file of ``source``, or the rows of its query; or say why not."""
        if source.query is not None:
            yield self._note(self._read(source, source.query.name, _Rows(source, self._project))[1])
            return
        for path in find_files(self._project.root, source.location):
            name = display_name(path.relative_to(self._project.root))
            try:
                report = self._take(source, path, name)
            except ChangedError:
                report = FileReport(name, source.source, source.table, WAITING, reason="changed")
            yield self._note(report)

    def _note(self, report: FileReport) -> FileReport:
        self.reports.append(report)
        return report

    def _take(self, source: SourceTable, path: Path, name: str) -> FileReport:
        looks = signature(path)
        if not is_settled(looks, self._now, self._project.settle_seconds):
            return FileReport(name, source.source, source.table, WAITING, reason="settling")
        declaration = declaration_digest(source)
        digest = self._seen.find(source.relation, name, looks, declaration)
        entry = self._books.find(source.relation, digest) if digest else None
        if entry and not self._settled_by(source, entry, name):
            return _known(entry, name)
        entry, report = self._read(source, name, _File(source, path, self._project.root))
        if entry.status == LANDED and repair_completed(self._call(), source, entry, path):
            self.used_batch = self._batch
        if signature(path) == looks:
            self._seen.note(source.relation, name, looks, declaration, entry.file_sha256)
        return report

    def _read(
        self, source: SourceTable, name: str, content: "_File | _Rows"
    ) -> tuple[Entry, FileReport]:
        survey: Survey | None = None
        try:
            survey = content.survey()
            known = self._books.find(source.relation, survey.file_sha256)
            if known is not None and known.status == LANDED:
                if self._settled_by(source, known, name):
                    self._books.add(replace(known, confirmed_batch=self._batch), settles=True)
                    self.used_batch = self._batch
                return known, _known(known, name)
            stamp = self._stamp(source, name, survey)
            entry = content.land(survey, stamp, self._books, self._hasher)
        except UnaccountableError as error:
            survey = survey or content.unopened(name)
            entry = replace(
                new_entry(self._stamp(source, name, survey), survey, UNACCOUNTABLE),
                reason=error.reason,
                detail=error.detail or None,
            )
            known = self._books.find(source.relation, entry.file_sha256)
            if known and (known.reason, known.detail) == (entry.reason, entry.detail):
                return known, _known(known, name)
        self._books.add(entry, settles=self._settled_by(source, entry, name))
        self.used_batch = self._batch
        return entry, _report(entry, name)

    def _settled_by(self, source: SourceTable, entry: Entry, name: str) -> bool:
        """Whether unaccountable contents of that name give way to this one.

        Not to an empty file, nor to one that landed from elsewhere: what they held never came.
        """
        if not self._books.stale(source.relation, name, entry.file_sha256):
            return False
        if source.query is not None or entry.status == UNACCOUNTABLE:
            return True
        return entry.file_name == name and entry.landed_count + entry.quarantined_count > 0

    def _stamp(self, source: SourceTable, name: str, survey: Survey) -> Stamp:
        landed_at = batch_time(self._batch)
        return Stamp(source, name, survey.file_sha256, self._batch, landed_at, self._pseudonyms)

    def _call(self) -> Call:
        return Call(self._books, self._batch, self._hasher, self._pseudonyms)

    def _pseudonyms(self) -> Pseudonyms:
        """With the key that everything was landed with; made when it is first needed."""
        if self._keyed is None:
            self._keyed = open_pseudonyms(self._project, self._books)
        return self._keyed


class _File:
    """A dropped file, not opened yet."""

    def __init__(self, source: SourceTable, path: Path, root: Path) -> None:
        self._source = source
        self._path = path
        self._root = root

    def survey(self) -> Survey:
        check_path(self._path, self._root)
        return survey_file(self._path, self._source)

    def unopened(self, name: str) -> Survey:
        return survey_unopened(self._path, name)

    def land(self, survey: Survey, stamp: Stamp, books: Books, hasher: PayloadHasher) -> Entry:
        return land_content(self._path, survey, stamp, books, hasher)


class _Rows:
    """What a database answers, not asked yet."""

    def __init__(self, source: SourceTable, project: Project) -> None:
        self._source = source
        self._seconds = project.query_seconds
        self._fetched: Fetched | None = None

    def survey(self) -> Survey:
        self._fetched = fetch(self._source, self._seconds)
        rows = self._fetched
        return Survey(rows.sha256, rows.byte_count, rows.expected)

    def unopened(self, name: str) -> Survey:
        return survey_named(name)

    def land(self, survey: Survey, stamp: Stamp, books: Books, hasher: PayloadHasher) -> Entry:
        rows = self._fetched or fetch(self._source, self._seconds)
        return land_decoded(rows.decoded(), survey, stamp, books, hasher)


def _known(entry: Entry, name: str) -> FileReport:
    """Nothing new: the content landed before, or is as unaccountable as it was."""
    status = KNOWN if entry.status == LANDED else UNACCOUNTABLE
    return FileReport(
        name, entry.source, entry.table, status, reason=entry.reason, detail=entry.detail
    )


def _report(entry: Entry, name: str) -> FileReport:
    return FileReport(
        name,
        entry.source,
        entry.table,
        entry.status,
        entry.unit_count,
        entry.landed_count,
        entry.quarantined_count,
        entry.blank_count,
        entry.reason,
        entry.detail,
        entry.quarantine_reasons,
    )
