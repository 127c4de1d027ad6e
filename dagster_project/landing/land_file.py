"""One file: survey its content, then decode, type and write it, or say why not."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from dagster_project.contracts.sources import SourceTable
from dagster_project.files import sha256_file, temporary_name
from dagster_project.landing.count_otlp import OtlpCounter
from dagster_project.landing.counting import CsvCounter, LineCounter, NoCounter, UnitCounter
from dagster_project.landing.decode_csv import decode_csv
from dagster_project.landing.decode_inspect import decode_inspect
from dagster_project.landing.decode_json import decode_document, decode_lines
from dagster_project.landing.decode_otlp import decode_otlp
from dagster_project.landing.decode_parquet import decode_parquet
from dagster_project.landing.envelope import (
    Signature,
    check_content,
    compression,
    read_chunks,
    signature,
)
from dagster_project.landing.lines import READ_BYTES
from dagster_project.landing.manifest import LANDED, Books, Entry
from dagster_project.landing.payloads import PayloadHasher
from dagster_project.landing.pour import Sinks, pour
from dagster_project.landing.reasons import ChangedError, UnaccountableError
from dagster_project.landing.side_thread import SideThread
from dagster_project.landing.typing_rows import RowTyper
from dagster_project.landing.undeclared import UndeclaredKeys
from dagster_project.landing.units import Decoded
from dagster_project.landing.write import LandedRows, Stamp
from dagster_project.landing.write_refused import QuarantinedUnits

_COUNTERS: dict[str, Callable[[], UnitCounter]] = {
    "jsonl": LineCounter,
    "csv": CsvCounter,
    "otlp": OtlpCounter,
}


@dataclass(frozen=True)
class Survey:
    """The decompressed content as a whole: hex SHA-256, size, and units where bytes tell them."""

    file_sha256: str
    byte_count: int
    unit_count: int | None
    looks: Signature | None = None


def survey_file(path: Path, source: SourceTable) -> Survey:
    """Read once without decoding. Raises UnaccountableError, ChangedError."""
    counter = _COUNTERS.get(source.format, NoCounter)()
    digest = hashlib.sha256()
    size = 0
    looks = signature(path)
    hashing = SideThread(behind=4)
    try:
        for chunk in read_chunks(path):
            if not size:
                check_content(chunk, source.format)
            hashing.do(partial(digest.update, chunk))
            counter.feed(chunk)
            size += len(chunk)
    finally:
        hashing.finish()
    if not size and source.format == "parquet":
        raise UnaccountableError("wrong_extension", "not a Parquet file")
    return Survey(digest.hexdigest(), size, counter.units(), looks)


def survey_unopened(path: Path, name: str) -> Survey:
    """For a file whose envelope cannot be opened: from its raw bytes, else only its name.

    Marked before hashing: the same bytes may have landed as the content of another file.
    """
    if path.is_file() and not path.is_symlink():
        with suppress(OSError):
            marked, size = f"raw:{sha256_file(path)}", path.stat().st_size
            return Survey(hashlib.sha256(marked.encode()).hexdigest(), size, None)
    return survey_named(name)


def survey_named(name: str) -> Survey:
    """For content that nothing is known of but where it should have come from."""
    return Survey(hashlib.sha256(f"name:{name}".encode()).hexdigest(), 0, None)


def new_entry(stamp: Stamp, survey: Survey, status: str) -> Entry:
    """An entry without counts."""
    return Entry(
        source=stamp.source.source,
        table=stamp.source.table,
        file_name=stamp.file_name,
        file_sha256=survey.file_sha256,
        byte_count=survey.byte_count,
        status=status,
        landed_at=stamp.landed_at.isoformat(),
        landing_batch=stamp.landing_batch,
    )


def land_content(
    path: Path, survey: Survey, stamp: Stamp, books: Books, hasher: PayloadHasher
) -> Entry:
    """Write landed and quarantined rows durably and give the entry that vouches for them.

    Raises UnaccountableError, ChangedError: then no file of this content is left.
    """

    with opened(path, survey, stamp.source, books.landing) as decoded:
        check = partial(check_unchanged, path, survey)
        return land_decoded(decoded, survey, stamp, books, hasher, check)


@contextmanager
def opened(path: Path, survey: Survey, source: SourceTable, landing: Path) -> Iterator[Decoded]:
    """The units of a surveyed file. Raises UnaccountableError."""
    with _local(path, source, landing) as local:
        yield _decode(local, survey, source)


def check_unchanged(path: Path, survey: Survey) -> None:
    """Raises ChangedError."""
    if signature(path) != survey.looks:
        raise ChangedError(f"{path}: changed after it was surveyed")


def land_decoded(
    decoded: Decoded,
    survey: Survey,
    stamp: Stamp,
    books: Books,
    hasher: PayloadHasher,
    check: Callable[[], None] = lambda: None,
) -> Entry:
    """``land_content`` for units from anywhere; ``check`` may raise before anything is durable."""
    source, digest = stamp.source, survey.file_sha256
    undeclared = UndeclaredKeys()
    landed = LandedRows(books.parquet_path(source.relation, digest), stamp, hasher)
    refused = QuarantinedUnits(books.quarantine_path(source.relation, digest), stamp)
    try:
        typer = RowTyper(source, decoded, undeclared, stamp.pseudonyms)
        sinks = Sinks(typer, landed, refused, undeclared)
        blanks = pour(decoded, stamp, sinks, hasher)
        landed.flush()
        units = landed.count + refused.count + blanks
        _check_count(units, decoded.expected)
        check()
        parquet_sha256, quarantine_sha256 = landed.finish(), refused.finish()
    except BaseException:
        try:
            landed.discard()
        finally:
            refused.discard()
        raise
    _count_columns(decoded, source, landed.count, undeclared)
    return replace(
        entry_of_rows(stamp, survey, landed, parquet_sha256),
        quarantine_sha256=quarantine_sha256,
        unit_count=units,
        quarantined_count=refused.count,
        blank_count=blanks,
        undeclared_keys=dict(sorted(undeclared.counts.items())),
        quarantine_reasons=dict(sorted(refused.reasons.items())),
    )


def entry_of_rows(stamp: Stamp, survey: Survey, rows: LandedRows, parquet_sha256: str) -> Entry:
    """An entry that knows only of finished rows."""
    return replace(
        new_entry(stamp, survey, LANDED),
        parquet_sha256=parquet_sha256,
        landed_count=rows.count,
        first_event_at=_iso(rows.first_event),
        last_event_at=_iso(rows.last_event),
        pseudonym_key=stamp.pseudonyms().key_id if stamp.source.names_persons else None,
    )


@contextmanager
def _local(path: Path, source: SourceTable, landing: Path) -> Iterator[Path]:
    """Parquet is read at random places, so a compressed one is unpacked beside the books."""
    if source.format != "parquet" or not compression(path):
        yield path
        return
    spool = temporary_name(landing / "_spool")
    try:
        with spool.open("wb") as out:
            for chunk in read_chunks(path):
                out.write(chunk)
        yield spool
    finally:
        spool.unlink(missing_ok=True)


def _decode(path: Path, survey: Survey, source: SourceTable) -> Decoded:
    declared = frozenset(column.name for column in source.columns)
    expected = survey.unit_count or 0
    if source.format == "parquet":
        return decode_parquet(path, declared)
    chunks = read_chunks(path)
    if source.format == "json":
        return decode_document(chunks, source.record_path, source.single_record)
    if source.format == "inspect":
        return decode_inspect(chunks)
    if source.format == "csv":
        return decode_csv(chunks, expected, declared)
    if source.format == "otlp":
        return decode_otlp(chunks, expected)
    return decode_lines(read_chunks(path, READ_BYTES), expected)


def _check_count(units: int, expected: int) -> None:
    if units != expected:
        raise UnaccountableError("count_mismatch", f"{units} units read, {expected} counted")


def _count_columns(
    decoded: Decoded, source: SourceTable, rows: int, undeclared: UndeclaredKeys
) -> None:
    """Parquet rows are read without their undeclared columns, so these are counted here."""
    if source.format == "parquet":
        for name in set(decoded.names) - {column.name for column in source.columns}:
            undeclared.add(name, rows)


def _iso(moment: Any) -> str | None:
    return None if moment is None else str(moment.isoformat())
