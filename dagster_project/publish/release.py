"""A release: one Parquet file per mart, a DuckDB copy and a manifest, made whole or not at all.

Order for the assembler: ``stage_release`` → ledger append → ``activate``. Readers go through the
``current`` pointer; the release they opened stays as it was.
"""

import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from dagster_project.files import fsync_path, sha256_file, write_durably
from dagster_project.publish.copy import copy_marts
from dagster_project.publish.rows import UnpublishableError

__all__ = ["StagedRelease", "UnpublishableError", "activate", "publish_release", "stage_release"]

RELEASE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
MANIFEST = "manifest.json"
KEPT_RELEASES = 5


@dataclass(frozen=True)
class StagedRelease:
    """A whole release that is not in use yet.

    ``manifest_sha256``: of manifest.json, which names every file's SHA-256 and so binds the bytes.
    ``content_sha256``: over the canonical rows alone, equal for equal marts in every build.
    ``tables``: mart → (rows, hex SHA-256 of its canonical rows).
    """

    path: Path
    manifest_sha256: str
    content_sha256: str
    tables: dict[str, tuple[int, str]]


def stage_release(
    warehouse: Path,
    publish: Path,
    marts: Sequence[str],
    release_id: str,
    *,
    may_be_empty: Collection[str] = (),
) -> StagedRelease:
    """Copy ``marts`` (schema ``marts`` of the closed database ``warehouse``) into a release.

    Every mart must have rows unless it is in ``may_be_empty``. Staging the same content under the
    same id again returns the release that is there. Raises UnpublishableError, OSError and
    DuckDB's errors; then nothing has changed.
    """

    def build(folder: Path) -> dict[str, Any]:
        return {"tables": copy_marts(warehouse, folder, marts, may_be_empty)}

    return publish_release(publish, release_id, build)


def publish_release(
    publish: Path, release_id: str, build: Callable[[Path], dict[str, Any]]
) -> StagedRelease:
    """``build`` fills and audits an empty folder and returns the manifest's content, at least
    ``tables`` (name → rows, sha256); the folder becomes ``releases/<release_id>`` in one rename.
    """
    if not RELEASE_ID.fullmatch(release_id):
        raise UnpublishableError(f"{release_id!r} is no release id")
    releases = publish / "releases"
    releases.mkdir(parents=True, exist_ok=True)
    with _locked(publish):
        for leftover in releases.glob(".tmp-*"):  # of a build that was killed
            shutil.rmtree(leftover)
        folder = Path(tempfile.mkdtemp(prefix=".tmp-", dir=releases))
        folder.chmod(0o755)
        try:
            _write_manifest(folder, release_id, build(folder))
            staged = _staged(folder)
            final = releases / release_id
            if final.exists():
                return _same_again(final, staged)
            folder.rename(final)
            fsync_path(releases)
            return _staged(final)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def activate(publish: Path, release_id: str, grants_bytes: bytes) -> None:
    """Put a staged release and its grants in use. Call it after the ledger holds their digests.

    grants.json first: whatever a kill leaves between, a runtime believes only grants that the
    last run line names. Calling it again completes it. Raises UnpublishableError, OSError.
    """
    release = publish / "releases" / release_id
    if not RELEASE_ID.fullmatch(release_id) or not (release / MANIFEST).is_file():
        raise UnpublishableError(f"{release_id!r} is not staged")
    with _locked(publish):
        write_durably(publish / "grants.json", grants_bytes)
        pointer = {
            "release_id": release_id,
            "manifest_sha256": sha256_file(release / MANIFEST),
            "grants_sha256": sha256(grants_bytes).hexdigest(),
        }
        temporary = publish / ".current.tmp"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(Path("releases") / release_id)
        temporary.replace(publish / "current")
        write_durably(publish / "current.json", _json(pointer))
        _prune(publish, release)


@contextmanager
def _locked(publish: Path) -> Iterator[None]:
    """One publisher at a time; freed by the kernel when the process dies."""
    handle = os.open(publish / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write_manifest(folder: Path, release_id: str, content: dict[str, Any]) -> None:
    files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        fsync_path(path)
        name = path.relative_to(folder).as_posix()
        files[name] = {"bytes": path.stat().st_size, "sha256": sha256_file(path)}
    manifest = {"version": 1, "release_id": release_id, "files": files, **content}
    write_durably(folder / MANIFEST, _json(manifest))
    for inner in sorted(path for path in folder.rglob("*") if path.is_dir()):
        fsync_path(inner)


def _staged(folder: Path) -> StagedRelease:
    manifest = json.loads((folder / MANIFEST).read_bytes())
    tables = {name: (table["rows"], table["sha256"]) for name, table in manifest["tables"].items()}
    content = sha256(_json({name: list(table) for name, table in tables.items()})).hexdigest()
    return StagedRelease(folder, sha256_file(folder / MANIFEST), content, tables)


def _same_again(final: Path, staged: StagedRelease) -> StagedRelease:
    there = _staged(final)
    if there.content_sha256 != staged.content_sha256:
        raise UnpublishableError(f"{final.name} is published already, with other rows")
    return there


def _prune(publish: Path, active: Path) -> None:
    def made(folder: Path) -> tuple[int, str]:
        return (folder / MANIFEST).stat().st_mtime_ns, folder.name

    others = [f.parent for f in (publish / "releases").glob(f"[!.]*/{MANIFEST}")]
    others = sorted((f for f in others if f != active), key=made, reverse=True)
    for folder in others[KEPT_RELEASES - 1 :]:
        shutil.rmtree(folder)


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"
