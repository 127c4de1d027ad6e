"""Refused units as the books have them: where they are, why, and which of them were repaired."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any, NamedTuple

from dagster_project.landing.manifest import LANDED, Books, Entry

_FETCHED = 10_000
# a list of repaired units may hold those of one file alone; a unit counts once, the first time
_UNITS = """
    SELECT place, reason_code, column_name, detail, unit_sha256, repaired_batch, landed_in_sha256
    FROM read_parquet($refused) LEFT JOIN (
        SELECT place, min(landing_batch) AS repaired_batch,
            arg_min(landed_in_sha256, landing_batch) AS landed_in_sha256
        FROM {repaired} GROUP BY place
    ) USING (place)
"""
_NONE_REPAIRED = (
    "(SELECT 0::BIGINT AS place, '' AS landing_batch, '' AS landed_in_sha256 WHERE false)"
)


class RefusedUnit(NamedTuple):
    """``place`` is 1-based. ``repaired_batch``: since when it counts no more, None while it does.

    ``landed_in_sha256``: content of the entry that holds its row now.
    """

    place: int
    reason: str
    column: str
    detail: str
    unit_sha256: str
    repaired_batch: str | None
    landed_in_sha256: str | None


class RefusedGroup(NamedTuple):
    """Units of one file with one reason; ``first_places``: five, open ones first."""

    reason: str
    unit_count: int
    repaired_count: int
    first_places: list[int]


def with_refused(books: Books) -> list[Entry]:
    """Files that hold refused units, by source, name and batch."""
    found = [entry for entry in books if entry.status == LANDED and entry.quarantined_count]
    return sorted(found, key=lambda e: (e.relation, e.file_name, e.landing_batch, e.file_sha256))


def open_count(books: Books, entry: Entry) -> int:
    """Refused units of the file that no retry has repaired."""
    return entry.quarantined_count - sum(e.repaired_count for e in books.retries(entry))


def refused_units(
    books: Books, entry: Entry, *, is_open: bool = False, place: int | None = None
) -> Iterator[RefusedUnit]:
    """Refused units of the file by place; with ``is_open`` those that were not repaired."""
    wanted = ["repaired_batch IS NULL"] if is_open else []
    wanted += ["place = $place"] if place is not None else []
    where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
    asked = {} if place is None else {"place": place}
    for row in _ask(books, entry, f"{_UNITS}{where} ORDER BY place", asked):
        yield RefusedUnit(*row)


def refused_groups(books: Books, entry: Entry) -> list[RefusedGroup]:
    """The file's refused units by reason."""
    query = f"""
        SELECT reason_code, count(*), count(repaired_batch),
            list(place ORDER BY repaired_batch NULLS FIRST, place)[:5]
        FROM ({_UNITS}) GROUP BY reason_code ORDER BY reason_code
    """
    return [RefusedGroup(*row) for row in _ask(books, entry, query, {})]


def _ask(
    books: Books, entry: Entry, query: str, asked: dict[str, int]
) -> Iterator[tuple[Any, ...]]:
    import duckdb

    if not entry.quarantined_count:
        return
    retries = [e for e in books.retries(entry) if e.repaired_count]
    paths = [str(books.repaired_path(e.relation, e.file_sha256)) for e in retries]
    values: dict[str, Any] = {
        **asked,
        "refused": str(books.quarantine_path(entry.relation, entry.file_sha256)),
    }
    if paths:
        values["repaired"] = paths
    text = query.format(repaired="read_parquet($repaired)" if paths else _NONE_REPAIRED)
    with closing(duckdb.connect(":memory:", config={"threads": 1})) as connection:
        result = connection.execute(text, values)
        while rows := result.fetchmany(_FETCHED):
            yield from rows
