"""What a run judged by, kept for the ledger's lifetime, each part of it once.

``inputs/parts/<sha256>.jsonl.gz``: canonical rows, named by the SHA-256 of the unpacked lines; gz
bytes may differ between zlib versions. ``inputs/<sha256>/manifest.json`` names a run's parts and
is named by its own SHA-256: a part per table, and a part per landing batch for the tables that a
batch only adds rows to. Batches are listed in a part per month, so that a run writes its newest
batch, the list of its month and what changed, however many years there are.
"""

import gzip
import hashlib
import json
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import IO, Any

from dagster_project.files import fsync_path, replace_durably, temporary_name
from dagster_project.ledger.canonical import canonical, sorted_lines
from dagster_project.ledger.ledger import LedgerError, locked

FOLDER = "inputs"
PARTS = "parts"
MANIFEST = "manifest.json"
VERSION = 2
# what a run line names them by
KEPT_INPUTS = ("inputs", "governance")
TABLE_NAME = re.compile(r"[a-z][a-z0-9_.]*")
ADDRESS = re.compile(r"[0-9a-f]{64}")
MONTH_LENGTH = len("202603")
# lines of a part in memory before they spill to disk
SPOOL_BYTES = 64 << 20

Row = Mapping[str, Any]
Named = tuple[str, dict[str, Any]]


def keep_inputs(
    ledger_dir: Path,
    tables: Mapping[str, Iterable[Row]],
    batches: Iterable[tuple[str, str, Row]] = (),
) -> str:
    """Keep ``tables`` (name → rows, any order) and ``batches``; return the address, 64 hex digits.

    ``batches``: (landing batch, table, row), all of a batch together, batches in order. Raises
    CanonicalError (a float, …), ValueError (a table name), OSError; then there is no address, and
    parts that were written are named by nobody.
    """
    _check_names(tables)
    if not tables:
        raise ValueError("no tables to keep")
    parts = ledger_dir / FOLDER / PARTS
    parts.mkdir(parents=True, exist_ok=True)
    named = {name: _keep_part(parts, tables[name]) for name in sorted(tables)}
    listed = _keep_batches(parts, batches)
    manifest = canonical({"version": VERSION, "tables": named, "months": listed})
    return _keep_manifest(ledger_dir, manifest)


def read_inputs(ledger_dir: Path, address: str) -> dict[str, list[dict[str, Any]]]:
    """The kept tables, name → rows (decimals and times as text), each checked against its digest.

    A table that had no row may be missing. Raises LedgerError when they are gone or are not what
    the address says.
    """
    tables: dict[str, list[dict[str, Any]]] = {}
    for name, row in kept_rows(ledger_dir, address):
        tables.setdefault(name, []).append(row)
    return tables


def kept_rows(ledger_dir: Path, address: str) -> Iterator[Named]:
    """(table, row) one by one, part after part; a part is checked before its first row is given.

    Raises LedgerError, see ``read_inputs``.
    """
    manifest = _manifest(ledger_dir, address)
    parts = ledger_dir / FOLDER / PARTS
    for name, entry in manifest["tables"].items():
        yield from ((name, row) for row in _part(parts, entry, name))
    for month, entry in manifest["months"].items():
        for batch in _part(parts, entry, f"the list of batches of {month}"):
            for line in _part(parts, batch, f"batch {batch['batch']}"):
                yield line["table"], line["row"]


def read_table(ledger_dir: Path, address: str, name: str) -> list[dict[str, Any]]:
    """One kept table that no landing batch adds to. Raises LedgerError, see ``read_inputs``."""
    tables = _manifest(ledger_dir, address)["tables"]
    if name not in tables:
        raise LedgerError(f"the kept inputs {address} hold no {name}")
    return _part(ledger_dir / FOLDER / PARTS, tables[name], name)


def drop_inputs(ledger_dir: Path, addresses: Iterable[str], *, now: datetime) -> None:
    """Remove the inputs of ``addresses``, and all parts that no other manifest names.

    The caller holds the ledger's lock. A part of the last day stays: a run may be about to name it.
    Raises LedgerError when a manifest that stays cannot be read: then no part goes.
    """
    folder = ledger_dir / FOLDER
    for address in filter(ADDRESS.fullmatch, addresses):
        shutil.rmtree(folder / address, ignore_errors=True)
    left = [path.name for path in folder.glob("*") if ADDRESS.fullmatch(path.name)]
    named = {part for address in left for part in named_parts(ledger_dir, address)}
    recent = (now - timedelta(days=1)).timestamp()
    for path in (folder / PARTS).glob("*.jsonl.gz"):
        if path.name.removesuffix(".jsonl.gz") not in named and path.stat().st_mtime < recent:
            path.unlink()


def named_parts(ledger_dir: Path, address: str) -> Iterator[str]:
    """SHA-256 of every part that the manifest names. Raises LedgerError, see ``read_inputs``."""
    manifest = _manifest(ledger_dir, address)
    yield from (entry["sha256"] for entry in manifest["tables"].values())
    for month, entry in manifest["months"].items():
        yield entry["sha256"]
        batches = _part(ledger_dir / FOLDER / PARTS, entry, f"the list of batches of {month}")
        yield from (batch["sha256"] for batch in batches)


def _check_names(names: Iterable[str]) -> None:
    if wrong := [name for name in names if not TABLE_NAME.fullmatch(name)]:
        raise ValueError(f"no table names: {wrong}")


def _keep_batches(parts: Path, batches: Iterable[tuple[str, str, Row]]) -> dict[str, Any]:
    months: dict[str, list[Row]] = {}
    for batch, rows in groupby(batches, key=lambda row: row[0]):
        part = _keep_part(parts, ({"table": name, "row": row} for _, name, row in rows))
        months.setdefault(batch[:MONTH_LENGTH], []).append({"batch": batch, **part})
    return {month: _keep_part(parts, listed) for month, listed in months.items()}


def _keep_part(parts: Path, rows: Iterable[Row]) -> dict[str, Any]:
    digest, count = hashlib.sha256(), 0
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as lines:
        for line in sorted_lines(rows):
            digest.update(line)
            lines.write(line)
            count += 1
        address = digest.hexdigest()
        path = _part_path(parts, address)
        if not path.exists():
            lines.seek(0)
            _pack(lines, path)
    return {"rows": count, "sha256": address}


def _pack(lines: IO[bytes], path: Path) -> None:
    packing = temporary_name(path)
    with packing.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
        shutil.copyfileobj(lines, packed)
    replace_durably(packing, path)


def _keep_manifest(ledger_dir: Path, manifest: bytes) -> str:
    folder = ledger_dir / FOLDER
    address = hashlib.sha256(manifest).hexdigest()
    building = Path(tempfile.mkdtemp(prefix=".tmp-", dir=folder))
    try:
        (building / MANIFEST).write_bytes(manifest)
        fsync_path(building / MANIFEST)
        building.chmod(0o755)
        fsync_path(building)
        with locked(ledger_dir):
            if not (folder / address).exists():
                building.rename(folder / address)
                fsync_path(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return address


def _manifest(ledger_dir: Path, address: str) -> dict[str, Any]:
    path = ledger_dir / FOLDER / address / MANIFEST
    if not ADDRESS.fullmatch(address):
        raise LedgerError(f"{address!r} is no address of kept inputs")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LedgerError(f"the kept inputs are gone: {error}; restore the ledger") from error
    if hashlib.sha256(content).hexdigest() != address:
        raise LedgerError(f"{path} is not what its address says; restore the ledger")
    manifest: dict[str, Any] = json.loads(content)
    if manifest["version"] != VERSION:
        raise LedgerError(
            f"{path}: kept in format {manifest['version']}, which lacks the SQL of the verdicts"
        )
    return manifest


def _part(parts: Path, entry: Row, name: str) -> list[dict[str, Any]]:
    """The rows of one part, which holds ``name``."""
    path = _part_path(parts, entry["sha256"])
    digest, lines = hashlib.sha256(), []
    try:
        with gzip.open(path, "rb") as packed:
            for line in packed:
                digest.update(line)
                lines.append(line)
    except FileNotFoundError as error:
        raise LedgerError(f"{name} is gone from the kept inputs ({path}); restore it") from error
    except (OSError, EOFError, zlib.error) as error:
        raise LedgerError(f"{name} of the kept inputs: {path}: {error}; restore it") from error
    if digest.hexdigest() != entry["sha256"]:
        raise LedgerError(f"{name} of the kept inputs was changed ({path}); restore it")
    return [json.loads(line) for line in lines]


def _part_path(parts: Path, address: str) -> Path:
    return parts / f"{address}.jsonl.gz"
