"""The published release that the commands show: checked against the ledger, opened read only."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.cli.faults import NothingYetError, RefusedError
from dagster_project.names import LEVELS
from dagster_project.publish.copy import COPY_NAME, COPY_SCHEMA
from dagster_project.settings import Project

if TYPE_CHECKING:
    import duckdb

    from dagster_project.ledger.ledger import Line
    from dagster_project.ledger.revocation import Revocation


@dataclass(frozen=True)
class Release:
    """One release, while its DuckDB copy is open.

    ``inputs``: address of what the ledger keeps of this run's evidence.
    ``is_newest``: the last run of the ledger published it; if not, a newer run was recorded and
    then died before its release was put in use. ``revoked``: what is in force now.
    """

    path: Path
    release_id: str
    as_of: date
    valid_until: date
    recorded_at: str
    digest: str
    inputs: str
    is_newest: bool
    revoked: "list[Revocation]"
    connection: "duckdb.DuckDBPyConnection"

    @property
    def is_expired(self) -> bool:
        return datetime.now(UTC).date() > self.valid_until

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Rows of ``query``, whose tables are written ``{mart}``; ``values`` fill its ``?``.

        Raises RefusedError for a mart or column that this release does not have.
        """
        import duckdb

        try:
            result = self.connection.execute(_qualified(query), list(values))
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            raise RefusedError(
                f"the release {self.release_id} was made by another version of the product; "
                "run `penstock run`"
            ) from error
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def as_it_stands(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row of `autonomy_map`, in which what was revoked since its run counts already."""
        lines = [
            each.seq
            for each in self.revoked
            if each.decision_class in (None, row["decision_class"])
        ]
        if not lines:
            return row
        line = min(lines)
        reason = f"revoked, ledger line {line}"
        revoked = {"effective_reason": reason, "revoked_by_line": line}
        return row | revoked | {"effective_level": LEVELS[0]}

    def heading(self) -> dict[str, Any]:
        """What every answer says about where it comes from."""
        return {
            "release": self.release_id,
            "as_of": self.as_of,
            "valid_until": self.valid_until,
            "is_expired": self.is_expired,
            "is_newest": self.is_newest,
            "digest": self.digest,
        }


@contextmanager
def open_release(project: Project) -> Iterator[Release]:
    """The release in use. Raises NothingYetError, or RefusedError when it is not to be believed."""
    from dagster_project import warehouse
    from dagster_project.ledger.revocation import held_against

    # resolved once: a release put in use meanwhile must not mix with this one
    folder = (project.publish / "current").resolve()
    if not (folder / "manifest.json").is_file():
        raise NothingYetError(f"nothing is published in {project.publish}; run `penstock run`")
    manifest_bytes = (folder / "manifest.json").read_bytes()
    line, is_newest, revoked = _recorded(project, hashlib.sha256(manifest_bytes).hexdigest())
    manifest = json.loads(manifest_bytes)
    _check_copy(folder, manifest)
    with closing(warehouse.connect(folder / COPY_NAME, read_only=True)) as connection:
        valid = connection.execute(
            _qualified("SELECT max(as_of), max(valid_until_date) FROM {gate_scorecard}")
        ).fetchone() or (None, None)
        named = connection.execute(_qualified("SELECT DISTINCT decision_class FROM {autonomy_map}"))
        yield Release(
            path=folder,
            release_id=str(manifest["release_id"]),
            as_of=valid[0],
            valid_until=valid[1],
            recorded_at=line.time,
            digest=str(line.body["digests"].get("verdicts", "")),
            inputs=str(line.body["digests"]["inputs"]),
            is_newest=is_newest,
            revoked=held_against(revoked, {name for (name,) in named.fetchall()}),
            connection=connection,
        )


def _qualified(query: str) -> str:
    return query.replace("{", f"{COPY_SCHEMA}.").replace("}", "")


def _recorded(project: Project, digest: str) -> tuple["Line", bool, "list[Revocation]"]:
    """The run line that names this publication, whether it is the last one, and what is revoked."""
    from dagster_project.ledger.ledger import LedgerError
    from dagster_project.ledger.record import last_run, runs
    from dagster_project.ledger.revocation import in_force

    try:
        newest, revoked = last_run(project.ledger), in_force(project.ledger)
        if newest and newest.body["digests"].get("publication") == digest:
            return newest, True, revoked
        for line, _ in runs(project.ledger):
            if line.body["digests"].get("publication") == digest:
                return line, False, revoked
    except LedgerError as error:
        raise RefusedError(f"the ledger cannot be believed: {error}") from error
    raise RefusedError(
        f"no run in {project.ledger} names the published release, so it is not shown; "
        "run `penstock ledger verify`, then `penstock run`"
    )


def _check_copy(folder: Path, manifest: dict[str, Any]) -> None:
    from dagster_project.files import sha256_file

    copy = folder / COPY_NAME
    if not copy.is_file() or sha256_file(copy) != manifest["files"][COPY_NAME]["sha256"]:
        raise RefusedError(f"{copy} is not as it was published; run `penstock run`")
