"""What a run judged by, gathered for the ledger: rows, types, the verdicts' SQL, the code.

Beside the registry, the evidence and the daily facts the ledger keeps five tables of its own:
``judging.models`` (relation, sql), ``judging.columns`` (relation, column, position, type),
``judging.code`` (path, sha256), ``judging.engine`` (name, version) and ``judging.floors`` (the rows
of ``gates.gate_floors``).
"""

import hashlib
import heapq
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.files import sha256_file
from dagster_project.settings import PRODUCT_ROOT, Project

if TYPE_CHECKING:
    import duckdb

VERDICT_TABLES = ("gate_criteria", "gate_scorecard", "autonomy_map")
MODELS, COLUMNS = "judging.models", "judging.columns"
CODE, ENGINE = "judging.code", "judging.engine"
# of every threshold what the next run must not be looser than
FLOORS, FLOORS_MODEL = "judging.floors", "gates.gate_floors"
CONTEXT, FILES = "landing.run_context", "landing.files"
# not read by the verdicts: what `evidence.data_fit` counts, bounds by amount, and what the draw
# found, which nobody can count again without its key
DETAILS = (
    *("evidence.expectation_results", "evidence.amount_bands"),
    "evidence.foreign_selections",
)
# no name of a file: people write names of persons into it
FILE_COLUMNS = (
    *("source", "table", "file_sha256", "parquet_sha256", "status", "landed_at"),
    "is_frozen",
)
BATCH, SUBJECT = "landing_batch", "subject_key"
FETCHED_ROWS = 10_000
RELATION = re.compile(r'"(\w+)"\."(\w+)"\."(\w+)"')

Row = dict[str, Any]


class UnkeptError(RuntimeError):
    """The verdicts rest on something that the ledger does not keep; the text names it."""


def judged_by(
    connection: "duckdb.DuckDBPyConnection", project: Project, known_batch: str
) -> tuple[dict[str, Iterable[Row]], Iterator[tuple[str, str, Row]]]:
    """For ``keep_inputs``: tables, and what landing batches up to ``known_batch`` added to others.

    The batches are read while they are consumed. Raises UnkeptError.
    """
    import duckdb

    models = verdict_models(connection)
    kept = _kept_relations(connection, models)
    columns = _columns(connection, kept)
    names = {name: [row["column"] for row in columns[name]] for name in kept}
    tables: dict[str, Iterable[Row]] = {
        name: fetch(connection, _query(name, names[name]))
        for name in kept
        if BATCH not in names[name]
    }
    tables[MODELS] = [{"relation": name, "sql": sql} for name, sql in models.items()]
    tables[COLUMNS] = [row for name in kept for row in columns[name]]
    tables[CODE] = code_files(project)
    tables[FLOORS] = fetch(connection, f"SELECT * FROM {FLOORS_MODEL}")
    tables[ENGINE] = [{"name": "duckdb", "version": duckdb.__version__}]
    added = [
        _added(connection, name, names[name], known_batch) for name in kept if BATCH in names[name]
    ]
    return tables, heapq.merge(*added, key=lambda row: row[0])


def verdicts_digest(digests: Mapping[str, str]) -> str:
    """The digest that a run prints, by the row digest of every table of VERDICT_TABLES."""
    return digest_of(f"{name}={digests[name]}" for name in VERDICT_TABLES)


def digest_of(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def fetch(connection: "duckdb.DuckDBPyConnection", query: str) -> list[Row]:
    """All rows, as dicts by column."""
    result = connection.execute(query)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def verdict_models(connection: "duckdb.DuckDBPyConnection") -> dict[str, str]:
    """Relation → SQL of all that the verdicts rest on, parents first. Raises UnkeptError."""
    rows = fetch(connection, "SELECT relation, sql FROM intermediate.built_sql")
    built = {row["relation"]: row["sql"] for row in rows}
    wanted = [f"marts.{name}" for name in VERDICT_TABLES]
    if unknown := [name for name in wanted if name not in built]:
        raise UnkeptError(f"nobody noted by which SQL {unknown} were built; run once more")
    found: dict[str, str] = {}
    while wanted:
        name = wanted.pop()
        if name in built and name not in found:
            found[name] = built[name]
            wanted += parents(built[name])
    return parents_first(found)


def parents_first(models: Mapping[str, str]) -> dict[str, str]:
    """The same models in an order in which they can be built."""
    ordered: dict[str, str] = {}
    while len(ordered) < len(models):
        ready = [
            name
            for name, sql in sorted(models.items())
            if name not in ordered and (parents(sql) & models.keys()) <= ordered.keys()
        ]
        if not ready:
            raise UnkeptError(f"models read each other in a circle: {models.keys() - ordered}")
        ordered |= {name: models[name] for name in ready}
    return ordered


def parents(sql: str) -> set[str]:
    """The relations that compiled SQL reads: dbt writes each as "database"."schema"."table"."""
    return {f"{schema}.{table}" for _, schema, table in RELATION.findall(sql)}


def code_files(project: Project) -> list[Row]:
    """Every file of product and company that a verdict can depend on, but the registry's rows."""
    from dagster_project.transform.bridge import dbt_files

    product, company = project.suites
    trees = (
        ("dagster_project", PRODUCT_ROOT, PRODUCT_ROOT.rglob("*.py")),
        ("dbt", project.dbt_package, dbt_files(project.dbt_package)),
        ("expectations", product, product.rglob("*.json")),
        ("company", project.root, dbt_files(project.root)),
        ("company/expectations", company, company.rglob("*.json")),
    )
    return [
        {"path": f"{name}/{path.relative_to(root).as_posix()}", "sha256": sha256_file(path)}
        for name, root, files in trees
        for path in sorted(files)
        if (name, path.suffix) != ("company", ".csv")
    ]


def registry_files(project: Project) -> list[Path]:
    return sorted((project.root / "seeds").rglob("*.csv"))


def _kept_relations(
    connection: "duckdb.DuckDBPyConnection", models: Mapping[str, str]
) -> list[str]:
    """The registry, the facts, and what else the models read; the verdicts themselves."""
    read = {name for sql in models.values() for name in parents(sql)} - models.keys()
    for name in sorted(read - {CONTEXT, FILES}):
        if not name.startswith(("registry.", "facts.", "evidence.")):
            raise UnkeptError(f"the verdicts read {name}, which the ledger does not keep")
    whole = fetch(
        connection,
        "SELECT table_schema || '.' || table_name AS name FROM information_schema.tables "
        "WHERE table_schema IN ('registry', 'facts')",
    )
    verdicts = (f"marts.{name}" for name in VERDICT_TABLES)
    return sorted({*read, *(row["name"] for row in whole), *verdicts, CONTEXT, FILES, *DETAILS})


def _columns(
    connection: "duckdb.DuckDBPyConnection", relations: Iterable[str]
) -> dict[str, list[Row]]:
    """Of each relation, in order; of the landed files only what is kept of them."""
    rows = fetch(
        connection,
        "SELECT table_schema || '.' || table_name AS relation, column_name AS \"column\", "
        "ordinal_position AS position, data_type AS type FROM information_schema.columns "
        "ORDER BY relation, position",
    )
    found: dict[str, list[Row]] = {name: [] for name in relations}
    for row in rows:
        is_kept = row["relation"] != FILES or row["column"] in (*FILE_COLUMNS, BATCH)
        if row["relation"] in found and is_kept:
            found[row["relation"]].append(row)
    return found


def _added(
    connection: "duckdb.DuckDBPyConnection", name: str, columns: list[str], known_batch: str
) -> Iterator[tuple[str, str, Row]]:
    # a cursor of its own: the tables are read side by side
    result = connection.cursor().execute(_query(name, columns), [known_batch])
    while rows := result.fetchmany(FETCHED_ROWS):
        for values in rows:
            row = dict(zip(columns, values, strict=True))
            yield row[BATCH], name, row


def _query(name: str, columns: list[str]) -> str:
    """The rows, in order of their batch up to a given one, with subjects by number alone.

    The ledger is never changed, so it keeps clusters without pseudonyms. Who came in an earlier
    batch has the smaller number, so that a new batch changes no number that was given.
    """
    query = f"SELECT {', '.join(map(_quoted, columns))} FROM {name}"
    if BATCH in columns:
        query += f" WHERE {BATCH} <= ?"
    if SUBJECT in columns:
        first = f"min({BATCH}) OVER (PARTITION BY {SUBJECT})" if BATCH in columns else "''"
        query = (
            f"SELECT * EXCLUDE (_first) REPLACE ("
            f"CASE WHEN starts_with({SUBJECT}, '(unknown)') THEN '(unknown):' ELSE '' END "
            f"|| dense_rank() OVER (ORDER BY _first, {SUBJECT})::VARCHAR AS {SUBJECT}) "
            f"FROM (SELECT *, {first} AS _first FROM ({query}))"
        )
    return f"{query} ORDER BY {BATCH}" if BATCH in columns else query


def _quoted(column: str) -> str:
    return f'"{column}"'
