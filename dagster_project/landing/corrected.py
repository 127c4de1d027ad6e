"""Refused lines of a file that a corrected copy of it brings in.

The two files are read side by side. A unit counts no more only if the copy has as many units, is
equal in every unit that had been read, and landed a record at that very place which nothing else
had brought in: a line that was deleted, swapped, blanked or overwritten with another line repairs
nothing. Any doubt refuses the whole copy.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from functools import cache, partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from dagster_project.contracts.sources import SourceTable
from dagster_project.landing.land_file import check_unchanged, opened
from dagster_project.landing.manifest import LANDED, Books, Entry
from dagster_project.landing.originals import Originals, raw_units
from dagster_project.landing.refused import refused_units
from dagster_project.landing.repair import Call, Repair, RetryError
from dagster_project.landing.retry import Retried, attempt, calling, original, retryable
from dagster_project.landing.units import Decoded
from dagster_project.landing.verify import verify_entry
from dagster_project.settings import Project

if TYPE_CHECKING:
    import pyarrow as pa

BLANK = "blank"
_PLACED = ["_place", "_payload_sha256"]


def retry_corrected(
    project: Project,
    sources: Sequence[SourceTable],
    old: Entry,
    new: Entry,
    *,
    now: datetime | None = None,
) -> Retried:
    """Open units of ``old`` whose repaired line landed with ``new`` count no more from now on.

    Waits while landing is at work. Raises ManifestError, OSError.
    """
    declared = {source.relation: source for source in sources}
    with calling(project, now) as call:
        source = declared.get(old.relation)
        return attempt(call, old, partial(_compare, project, call, old, new, source))


def _compare(
    project: Project, call: Call, old: Entry, new: Entry, source: SourceTable | None
) -> Counter[str]:
    source = retryable(source, old)
    if new.status != LANDED or new.relation != old.relation or new.repairs:
        raise RetryError(f"{new.file_name} has not landed as a file of {old.source}.{old.table}")
    if new.file_sha256 == old.file_sha256:
        raise RetryError(f"{new.file_name} has the same content; nothing in it was corrected")
    if problems := verify_entry(call.books, new):
        raise RetryError(problems[0])
    _check_alike(project, call, old, new, source)
    landed = _landed_at_open_places(call.books, old, new)
    _check_new(call.books, source, old, new, landed)
    read = set(landed["place"].to_pylist())
    refused = {unit.place: unit.reason for unit in refused_units(call.books, new)}
    reasons = Counter[str]()
    with Repair(call, old, source, corrected_by=new.file_sha256) as repair:
        for unit in refused_units(call.books, old, is_open=True):
            if unit.place in read:
                repair.units.add(unit.place)
            else:
                reasons[refused.get(unit.place, BLANK)] += 1
        repair.finish()
    return reasons


def _check_alike(project: Project, call: Call, old: Entry, new: Entry, source: SourceTable) -> None:
    """Both files, unit by unit: they may differ where ``old`` was refused. Raises RetryError."""
    originals = Originals(project.root, source)
    files = [original(originals, source, entry) for entry in (old, new)]
    refused = refused_units(call.books, old)
    sought = next(refused, None)
    landing = call.books.landing
    with (
        opened(*files[0], source, landing) as before,
        opened(*files[1], source, landing) as after,
    ):
        if _around(before, source) != _around(after, source):
            raise RetryError(f"{new.file_name} has another header than {old.file_name}")
        for first, second in zip_longest(raw_units(before), raw_units(after)):
            if first is None or second is None:
                raise RetryError(
                    f"{new.file_name} holds {new.unit_count:,} units, {old.file_name} "
                    f"{old.unit_count:,}: a corrected copy has every one of the original"
                )
            if sought is not None and sought.place == first.place:
                sought = next(refused, None)
            elif first.sha256() != second.sha256():
                raise RetryError(
                    f"unit {first.place} of {new.file_name} differs and had been read: correct "
                    "refused units alone, every other one stays byte for byte"
                )
    for path, survey in files:
        check_unchanged(path, survey)
    if sought is not None or new.unit_count != old.unit_count:
        raise RetryError(f"{old.file_name} has other units than when it landed; declare it as then")


def _around(decoded: Decoded, source: SourceTable) -> tuple[Any, ...]:
    """What every unit takes from outside of itself."""
    taken = [column.name for column in source.columns if column.from_envelope]
    return (decoded.names, [repr(decoded.envelope.get(name)) for name in taken])


def _landed_at_open_places(books: Books, old: Entry, new: Entry) -> "pa.Table":
    """place, payload: what landed with ``new`` where ``old`` is open."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    path = books.parquet_path(new.relation, new.file_sha256)
    rows = pq.read_table(path, columns=_PLACED)
    places = [unit.place for unit in refused_units(books, old, is_open=True)]
    chosen = rows.filter(pc.is_in(rows["_place"], pa.array(places, pa.int64())))
    return chosen.rename_columns(["place", "payload"])


def _check_new(
    books: Books, source: SourceTable, old: Entry, new: Entry, landed: "pa.Table"
) -> None:
    """No repaired line may be of a record that is there anyway: the refused one would be lost.

    Neither word for word nor by its identity: many lines under one id would count as one record,
    and a later version would just replace it. Other corrected copies of the same file may hold it,
    at the same place. Raises RetryError.
    """
    import duckdb
    import pyarrow.parquet as pq

    files = {e.file_sha256: e for e in books if (e.relation, e.status) == (old.relation, LANDED)}
    if any(entry.is_disposed for entry in files.values()):
        raise RetryError(
            f"rows of {old.relation} were disposed of: whether the repaired ones repeat them "
            "cannot be told, so they stay refused"
        )
    paths = [str(books.parquet_path(old.relation, digest)) for digest in sorted(files)]
    is_copy = cache(partial(_is_copy, books, old))
    # a column that was declared later is in no row of the copy and tells nothing apart
    known = pq.read_schema(books.parquet_path(new.relation, new.file_sha256)).names
    columns = [name for name in source.identity or (source.key,) if name in known]
    identity = ", ".join(f"""coalesce("{name}"::VARCHAR, '')""" for name in columns)
    with closing(duckdb.connect(":memory:", config={"threads": 1})) as connection:
        connection.register("landed", landed)
        twins = connection.execute(
            f"""
            WITH records AS (
                SELECT _file_sha256 AS digest, _place AS place, _payload_sha256 AS payload,
                    [{identity}] AS identity
                FROM read_parquet($paths, union_by_name = true)
            ),
            repaired AS (
                SELECT records.* FROM records JOIN landed USING (place) WHERE digest = $new
            )
            SELECT repaired.place, other.digest, other.place
            FROM repaired JOIN records AS other ON other.payload = repaired.payload
            WHERE (other.digest, other.place) <> ($new, repaired.place)
            UNION
            SELECT repaired.place, other.digest, other.place
            FROM repaired JOIN records AS other ON other.identity = repaired.identity
            WHERE (other.digest, other.place) <> ($new, repaired.place) AND len(other.identity) > 0
            ORDER BY ALL
            """,
            {"paths": paths, "new": new.file_sha256},
        ).fetchall()
    for place, digest, other in twins:
        if other != place or not is_copy(files[digest].file_sha256):
            raise RetryError(
                f"unit {place} of {new.file_name} repeats unit {other} of "
                f"{files[digest].file_name}, or its {', '.join(columns)}: the refused record would "
                "be lost, not repaired; where both are records, tell them apart by `identity`"
            )


def _is_copy(books: Books, old: Entry, file_sha256: str) -> bool:
    """Whether all that landed with ``old`` stands in that file too, at the same places."""
    import pyarrow.parquet as pq

    other = books.find(old.relation, file_sha256)
    if other is None or other.unit_count != old.unit_count or not old.landed_count:
        return False
    rows = [
        pq.read_table(books.parquet_path(e.relation, e.file_sha256), columns=_PLACED)
        for e in (old, other)
    ]
    missing: int = rows[0].join(rows[1], _PLACED, join_type="left anti").num_rows
    return missing == 0
