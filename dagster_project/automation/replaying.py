"""A recorded run judged again, from nothing but the ledger's folder.

The rows it judged by are loaded into a database of their own, and the SQL that was kept with them
runs over them: no project, no dbt, no landed file, and no code that was written since.
"""

import re
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.automation.judged_by import (
    COLUMNS,
    ENGINE,
    MODELS,
    RELATION,
    VERDICT_TABLES,
    UnkeptError,
    fetch,
    parents_first,
    verdicts_digest,
)
from dagster_project.ledger.ledger import LedgerError, Line

if TYPE_CHECKING:
    import duckdb

SHOWN_RUNS = 5
NAME = re.compile(r"\w+\.\w+")
KEYS = ("decision_class", "segment", "gate", "criterion_id")

Rows = Sequence[Mapping[str, Any]]


class NoSuchRunError(LookupError):
    """No recorded run is the one asked for; ``nearest`` describes some that are there."""

    def __init__(self, message: str, nearest: list[str]) -> None:
        super().__init__(message)
        self.nearest = nearest


@dataclass(frozen=True)
class Difference:
    """One row of a table of verdicts that came out otherwise: column → (recorded, now).

    A row that is on one side only has None for the other side's values.
    """

    table: str
    key: str
    columns: dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Replay:
    """``recorded`` and ``digest``: hex SHA-256 over verdicts, levels and criteria, then and now."""

    line: Line
    recorded: str
    digest: str
    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_equal(self) -> bool:
        return self.digest == self.recorded


def choose_run(
    ledger_dir: Path,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    run: str | None = None,
) -> Line:
    """The newest recorded run that looked at ``as_of`` and knew no batch landed after ``known_at``.

    ``run``: the id that `penstock run` printed, or the number of the ledger's line. The whole chain
    is checked on the way. Raises NoSuchRunError, LedgerError.
    """
    from dagster_project.ledger.record import runs
    from dagster_project.transform.context import batch_at

    lines = [line for line, _ in runs(ledger_dir)]
    found = [
        line
        for line in lines
        if (as_of is None or line.body["as_of"] == as_of.isoformat())
        and (known_at is None or line.body["known_batch"] <= batch_at(known_at))
        and (run is None or run in (str(line.seq), line.actor.removeprefix("run:")))
    ]
    if not found:
        raise NoSuchRunError("no recorded run matches", _nearest(lines, as_of))
    return max(found, key=lambda line: (line.body["as_of"], line.body["known_batch"], line.seq))


def described(line: Line) -> str:
    """A recorded run in one line of text."""
    body, name = line.body, line.actor.removeprefix("run:")
    return f"as of {body['as_of']}, known batch {body['known_batch']}, line {line.seq}, run {name}"


def replay(ledger_dir: Path, line: Line) -> Replay:
    """Judge the kept inputs of ``line`` again. Raises LedgerError when that cannot be done."""
    import duckdb

    from dagster_project.ledger.inputs import read_inputs

    kept = read_inputs(ledger_dir, line.body["digests"]["inputs"])
    if missing := {MODELS, COLUMNS, ENGINE} - kept.keys():
        raise LedgerError(f"the kept inputs of line {line.seq} lack {sorted(missing)}")
    if wrong := [name for name in _relations(kept) if not NAME.fullmatch(name)]:
        raise LedgerError(f"the kept inputs of line {line.seq} name no tables: {wrong}")
    with tempfile.TemporaryDirectory() as folder:
        try:
            with closing(_database(Path(folder), kept)) as connection:
                for relation, sql in parents_first(_models(kept)).items():
                    connection.execute(f"CREATE TABLE {relation} AS {sql}")
                found = compared(connection, line, kept)
        except (duckdb.Error, UnkeptError) as error:
            raise LedgerError(f"line {line.seq} cannot be judged again: {error}") from error
    return replace(found, notes=[*_engine_note(kept), *_newer_sql(ledger_dir, kept)])


def compared(
    connection: "duckdb.DuckDBPyConnection", line: Line, kept: Mapping[str, Rows]
) -> Replay:
    """The verdicts that lie in the database beside those that were recorded."""
    from dagster_project.publish.rows import row_digest

    digests = {name: row_digest(connection, f"marts.{name}")[1] for name in VERDICT_TABLES}
    found = Replay(line, line.body["digests"]["verdicts"], verdicts_digest(digests))
    if found.is_equal:
        return found
    for table in VERDICT_TABLES:
        now = fetch(connection, f"SELECT * FROM marts.{table}")
        found.differences.extend(_differences(table, kept.get(f"marts.{table}", []), now))
    return found


def _nearest(lines: Sequence[Line], as_of: date | None) -> list[str]:
    def distance(line: Line) -> tuple[int, int]:
        day = date.fromisoformat(line.body["as_of"])
        return abs((day - as_of).days) if as_of else 0, -line.seq

    return [described(line) for line in sorted(lines, key=distance)[:SHOWN_RUNS]]


def _models(kept: Mapping[str, Rows]) -> dict[str, str]:
    return {row["relation"]: row["sql"] for row in kept[MODELS]}


def _relations(kept: Mapping[str, Rows]) -> set[str]:
    return {*_models(kept), *(row["relation"] for row in kept[COLUMNS])}


def _engine_note(kept: Mapping[str, Rows]) -> list[str]:
    import duckdb

    then, now = kept[ENGINE][0]["version"], duckdb.__version__
    return [] if then == now else [f"judged by DuckDB {then} then, by {now} now"]


def _newer_sql(ledger_dir: Path, kept: Mapping[str, Rows]) -> list[str]:
    """Said, because the same evidence would be judged otherwise today."""
    from dagster_project.ledger.inputs import read_table
    from dagster_project.ledger.record import last_run

    newest = last_run(ledger_dir)
    address = newest.body["digests"]["inputs"] if newest else ""
    then, now = _models(kept), _models({MODELS: read_table(ledger_dir, address, MODELS)})
    changed = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
    return [f"the newest run judges by other SQL: {', '.join(changed)}"] if changed else []


def _database(folder: Path, kept: Mapping[str, Rows]) -> "duckdb.DuckDBPyConnection":
    """The kept rows in memory, under the name that the kept SQL calls its database by.

    What is executed comes out of a ledger, which may be somebody else's: it reads no file but
    those that are written here, and reaches no network.
    """
    import duckdb

    names = {database for sql in _models(kept).values() for database, *_ in RELATION.findall(sql)}
    if len(names) != 1:
        raise LedgerError(f"the kept SQL names no database, or several: {sorted(names)}")
    (name,) = names
    connection = duckdb.connect()
    connection.execute("SET TimeZone='UTC'")
    connection.execute(f"ATTACH ':memory:' AS \"{name}\"")
    connection.execute(f'USE "{name}"')
    connection.execute(f"SET allowed_directories=['{folder}']")
    connection.execute("SET enable_external_access=false")
    connection.execute("SET lock_configuration=true")
    columns: dict[str, dict[str, str]] = {}
    for row in sorted(kept[COLUMNS], key=lambda row: (row["relation"], row["position"])):
        columns.setdefault(row["relation"], {})[row["column"]] = row["type"]
    for schema in sorted({relation.partition(".")[0] for relation in _relations(kept)}):
        connection.execute(f"CREATE SCHEMA {schema}")
    for relation, types in columns.items():
        if not relation.startswith("marts."):
            _load(connection, folder, relation, types, kept.get(relation, []))
    return connection


def _load(
    connection: "duckdb.DuckDBPyConnection",
    folder: Path,
    relation: str,
    types: Mapping[str, str],
    rows: Rows,
) -> None:
    """One table of the types it had. Values are text on the way, so that no digit is lost."""
    from dagster_project.ledger.canonical import canonical

    declared = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
    connection.execute(f"CREATE TABLE {relation} ({declared})")
    if not rows:
        return
    path = folder / f"{relation}.jsonl"
    path.write_bytes(b"".join(canonical(row) + b"\n" for row in rows))
    texts = ", ".join(f"'{name}': 'VARCHAR'" for name in types)
    casts = ", ".join(f'CAST("{name}" AS {kind})' for name, kind in types.items())
    connection.execute(
        f"INSERT INTO {relation} SELECT {casts} FROM "
        f"read_json('{path}', format = 'newline_delimited', columns = {{{texts}}})"
    )
    path.unlink()


def _differences(table: str, then: Rows, now: Rows) -> list[Difference]:
    from dagster_project.ledger.canonical import plain

    before, after = _by_key(then), _by_key([plain(row) for row in now])
    found = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key, {}), after.get(key, {})
        columns = {
            name: (old.get(name), new.get(name))
            for name in sorted(old.keys() | new.keys())
            if old.get(name) != new.get(name)
        }
        if columns:
            found.append(Difference(table, " ".join(key), columns))
    return found


def _by_key(rows: Rows) -> dict[tuple[str, ...], Mapping[str, Any]]:
    return {tuple(row[name] for name in KEYS if name in row): row for row in rows}
