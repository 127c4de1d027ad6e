"""What a run judged by, kept for the ledger's lifetime: ``inputs/<sha256>/``.

The address is the SHA-256 of the folder's manifest.json, which names every table with its row
count and the digest of its canonical rows; gz bytes may differ between zlib versions.
"""

import gzip
import hashlib
import json
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dagster_project.files import fsync_path
from dagster_project.ledger.canonical import canonical, sorted_lines
from dagster_project.ledger.ledger import LedgerError, locked

FOLDER = "inputs"
MANIFEST = "manifest.json"
TABLE_NAME = re.compile(r"[a-z][a-z0-9_.]*")
ADDRESS = re.compile(r"[0-9a-f]{64}")


def keep_inputs(ledger_dir: Path, tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> str:
    """Keep ``tables`` (name → rows, any order) once; return their address, 64 hex digits.

    Each becomes ``<name>.jsonl.gz`` of canonical rows in byte order. Raises CanonicalError
    (a float, …), ValueError (a table name), OSError; then nothing is kept.
    """
    wrong = [name for name in tables if not TABLE_NAME.fullmatch(name)]
    if wrong or not tables:
        raise ValueError(f"no table names: {wrong}" if wrong else "no tables to keep")
    folder = ledger_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".tmp-", dir=folder))
    try:
        counts = {name: _write_table(building, name, tables[name]) for name in sorted(tables)}
        manifest = canonical({"version": 1, "tables": counts})
        (building / MANIFEST).write_bytes(manifest)
        fsync_path(building / MANIFEST)
        building.chmod(0o755)
        fsync_path(building)
        address = hashlib.sha256(manifest).hexdigest()
        with locked(ledger_dir):
            if not (folder / address).exists():
                building.rename(folder / address)
                fsync_path(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return address


def read_inputs(ledger_dir: Path, address: str) -> dict[str, list[dict[str, Any]]]:
    """The kept tables, name → rows (decimals and times as text), each checked against its digest.

    Raises LedgerError when they are gone or are not what the address says.
    """
    folder = ledger_dir / FOLDER / address
    return {name: _read_table(folder, name, entry) for name, entry in _entries(folder).items()}


def read_input(ledger_dir: Path, address: str, name: str) -> list[dict[str, Any]]:
    """One of the kept tables; no rows where that run did not keep it. Raises LedgerError."""
    folder = ledger_dir / FOLDER / address
    entry = _entries(folder).get(name)
    return _read_table(folder, name, entry) if entry else []


def _entries(folder: Path) -> dict[str, dict[str, Any]]:
    """What the manifest says of every table, by name; the folder's name is its digest."""
    try:
        manifest = (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise LedgerError(f"{folder}: {error}") from error
    if not ADDRESS.fullmatch(folder.name) or hashlib.sha256(manifest).hexdigest() != folder.name:
        raise LedgerError(f"{folder}: the manifest is not what the address says")
    entries: dict[str, dict[str, Any]] = json.loads(manifest)["tables"]
    return entries


def _read_table(folder: Path, name: str, entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    try:
        lines = list(_read_lines(folder / f"{name}.jsonl.gz"))
    except (OSError, EOFError, zlib.error) as error:
        raise LedgerError(f"{folder}: {error}") from error
    if hashlib.sha256(b"".join(lines)).hexdigest() != entry["sha256"]:
        raise LedgerError(f"{folder}: {name} is not what the manifest says")
    return [json.loads(line) for line in lines]


def _write_table(folder: Path, name: str, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    path = folder / f"{name}.jsonl.gz"
    digest, count = hashlib.sha256(), 0
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
        for line in sorted_lines(rows):
            digest.update(line)
            packed.write(line)
            count += 1
    fsync_path(path)
    return {"rows": count, "sha256": digest.hexdigest()}


def _read_lines(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as stream:
        yield from stream
