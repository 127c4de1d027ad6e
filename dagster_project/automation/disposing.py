"""Disposal of landed rows from end to end: warehouse asked, ledger told, entries marked, rows gone.

Order: the ``disposal`` line → entries → rows. Until the entries are marked nothing has changed, and
from then on nothing reads the rows; a kill in between is completed by the next call.
"""

import secrets
from collections.abc import Collection
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from dagster_project import warehouse
from dagster_project.settings import Project

if TYPE_CHECKING:
    import duckdb

    from dagster_project.landing.dispose import DisposedFile
    from dagster_project.landing.manifest import Books
    from dagster_project.ledger.ledger import Line

SCOPE = "landed"


class DisposalError(RuntimeError):
    """Rows may not go yet: what they became is not safely in the warehouse."""


@dataclass(frozen=True)
class Disposed:
    """``batches`` and ``files`` that are old enough; ``line``: of the ledger, None: nothing went.

    ``completed``: an earlier disposal that this call finished first.
    """

    batches: list[str]
    files: "list[DisposedFile]"
    line: int | None = None
    completed: bool = False


def dispose_landed(
    project: Project, *, actor: str, reason: str, now: datetime, is_trial: bool
) -> Disposed:
    """Remove the rows of landing batches older than ``project.landed_days``; a trial only looks.

    Raises DisposalError, LedgerError, ManifestError, OSError, duckdb.Error (a run is at work).
    """
    from dagster_project.landing.dispose import dispose, due_batches, files_of
    from dagster_project.landing.erase import pending
    from dagster_project.landing.land import locked_books

    with locked_books(project) as books:
        if pending(project.landing):
            raise DisposalError("an erasure was begun and not finished; run `penstock erase`")
        batches = due_batches(books, project.landed_days, now)
        if is_trial or not project.warehouse.is_file():
            if batches and not is_trial:
                raise DisposalError("there is no warehouse; run `penstock run`")
            return Disposed(batches, files_of(books, batches))
        # held open to the end: no run builds meanwhile
        with closing(warehouse.connect(project.warehouse, read_only=True)) as connection:
            is_completed = _complete(project, books, connection)
            batches = due_batches(books, project.landed_days, now)
            files = files_of(books, batches)
            if not batches:
                return Disposed([], [], completed=is_completed)
            _require_made(project, connection, batches)
            line = _record(project, batches, files, actor=actor, reason=reason, now=now)
            frozen = touching(connection, batches)
            dispose(books, str(line.body["disposal"]), batches, frozen)
    return Disposed(batches, files, line.seq, is_completed)


def touching(connection: "duckdb.DuckDBPyConnection", gone: Collection[str]) -> set[str]:
    """Made batches that hold records of a decision of which ``gone`` holds some."""
    rows = connection.execute(
        "SELECT DISTINCT landing_batch FROM intermediate.int_records__arrivals"
        " WHERE decision_key IN (SELECT decision_key FROM intermediate.int_records__arrivals"
        " WHERE list_contains($gone, landing_batch))",
        {"gone": sorted(gone)},
    ).fetchall()
    return {batch for (batch,) in rows}


def _complete(project: Project, books: "Books", connection: "duckdb.DuckDBPyConnection") -> bool:
    """What the ledger says has gone, and a kill left. Raises LedgerError."""
    from dagster_project.landing.dispose import dispose, with_rows
    from dagster_project.ledger.disposal import KIND
    from dagster_project.ledger.ledger import read

    left = {entry.landing_batch for entry in with_rows(books)}
    found = False
    for line in read(project.ledger):
        if line.kind != KIND or line.body.get("scope") != SCOPE:
            continue
        if gone := left.intersection(line.body["batches"]):
            _require_made(project, connection, gone)
            dispose(books, str(line.body["disposal"]), gone, touching(connection, gone))
            found = True
    books.mend()
    return found


def _require_made(
    project: Project, connection: "duckdb.DuckDBPyConnection", batches: Collection[str]
) -> None:
    """All of it was judged by a recorded run, and the facts are of one version."""
    from dagster_project.ledger.tail import last_run

    run = last_run(project.ledger)
    if run is None or max(batches) > run.body["known_batch"]:
        raise DisposalError("not all of it was judged by a recorded run; run `penstock run`")
    rows = connection.execute(
        "SELECT build_id, list(landing_batch) FROM intermediate.made_batches"
        " WHERE model = 'intermediate.int_decisions__changes' AND landing_batch NOT IN"
        " (SELECT landing_batch FROM landing.files WHERE is_frozen) GROUP BY build_id"
    ).fetchall()
    if len(rows) != 1 or not set(batches) <= set(rows[0][1]):
        raise DisposalError("the facts are not all of one version; run `penstock run`")


def _record(
    project: Project,
    batches: list[str],
    files: "list[DisposedFile]",
    *,
    actor: str,
    reason: str,
    now: datetime,
) -> "Line":
    from dagster_project.automation.anchoring import watch_of
    from dagster_project.ledger.disposal import record_disposal

    body = {
        "disposal": secrets.token_hex(16),
        "scope": SCOPE,
        "days": project.landed_days,
        "batches": batches,
        "row_count": sum(file.row_count for file in files),
        "files": [asdict(file) for file in files],
    }
    return record_disposal(
        project.ledger,
        body,
        reason=reason,
        actor=actor,
        time=now,
        watch=watch_of(project),
        identity="disposal",
    )
