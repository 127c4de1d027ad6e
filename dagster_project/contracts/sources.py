"""Source declarations: dbt sources with ``meta.penstock``, read from dbt's manifest.json.

One YAML entry per raw table says where its files lie, how they are written and which columns,
of which DuckDB type, may land. Whatever is wrong with an entry stops the run here.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from dagster_project.contracts.column_types import ColumnTypeError, parse_column_type
from dagster_project.contracts.source_columns import read_column_meta
from dagster_project.contracts.source_query import QUERY_KEYS, Query, read_query
from dagster_project.contracts.source_shape import SHAPE_KEYS, Shape, read_shape

POSTGRES = "postgres"
FORMATS = ("jsonl", "json", "csv", "parquet", "inspect", "otlp", POSTGRES)
WITH_ENVELOPE = ("json", "inspect")
_OWN_KEYS = {
    *("format", "location", "record_path", "single_record"),
    *("key", "identity", "timestamp", "timezone", "undated", "updates"),
}
META_KEYS = QUERY_KEYS | SHAPE_KEYS | _OWN_KEYS
NEVER = "never"
_VERSION_TYPE = re.compile(r"((small|big)int|integer|decimal\(.+\)|timestamptz)\Z", re.IGNORECASE)
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")


class SourceError(ValueError):
    """A source declaration that cannot be used; names file, source, key and fix."""


@dataclass(frozen=True)
class Column:
    """One declared column; ``data_type`` is DuckDB text. ``from_envelope``: not in the record.

    ``pseudonym``: names a person, and only a keyed pseudonym of it lands. ``decision``: names the
    decision of the row. ``free``: text that no fact is made of; an erasure makes it NULL.
    """

    name: str
    data_type: str
    from_envelope: bool = False
    pseudonym: bool = False
    decision: bool = False
    free: bool = False


@dataclass(frozen=True)
class SourceTable:
    """One raw table. ``location`` is a glob below the company project's root.

    ``timestamp`` is None when ``undated``. ``timezone`` is the zone of times that carry none.
    ``single_record``: ``record_path`` leads to one object, which is the only record.
    ``updates`` is ``never`` or the name of the version column: the record with the greatest one
    counts. ``identity``: columns that tell records apart; empty: the key. ``query``: what to ask a
    database, where the rows come from one; ``location`` is empty then.
    """

    source: str
    table: str
    format: str
    location: str
    record_path: str
    key: str
    timestamp: str | None
    timezone: str | None
    undated: bool
    updates: str
    columns: tuple[Column, ...]
    query: Query | None = None
    single_record: bool = False
    shape: Shape = field(default_factory=Shape)
    identity: tuple[str, ...] = ()

    @property
    def persons(self) -> tuple[str, ...]:
        """Columns of which only pseudonyms land."""
        return tuple(column.name for column in self.columns if column.pseudonym)

    @property
    def names_persons(self) -> bool:
        """Whether rows need pseudonyms, in columns or inside them."""
        return bool(self.persons) or self.shape.names_persons

    @property
    def relation(self) -> str:
        """``<source>__<table>``: the landing folder, and the view in schema ``landing``."""
        return f"{self.source}__{self.table}"


def load_sources(manifest: Path) -> tuple[SourceTable, ...]:
    """Every declared raw table in dbt's ``manifest.json``, by source and table name.

    Raises SourceError: no manifest, or an entry that is wrong.
    """
    try:
        document = json.loads(manifest.read_bytes())
    except FileNotFoundError:
        raise SourceError(f"{manifest}: no manifest there; run `dbt parse` first") from None
    except ValueError as error:
        raise SourceError(f"{manifest}: not a dbt manifest ({error}); run `dbt parse`") from error
    nodes = [*document.get("sources", {}).values(), *document.get("nodes", {}).values()]
    tables = [
        _Declaration(node, meta).table()
        for node in nodes
        if node.get("resource_type") == "source" and (meta := penstock_meta(node)) is not None
    ]
    return tuple(sorted(tables, key=lambda table: (table.source, table.table)))


def penstock_meta(node: Mapping[str, Any]) -> Any:
    """What a source or column declares for landing; None: nothing.

    dbt 1.11 keeps meta under ``config``; older YAML puts it on the node itself.
    """
    for holder in (node.get("config") or {}, node):
        meta = holder.get("meta") or {}
        if "penstock" in meta:
            return meta["penstock"]
    return None


class _Declaration:
    def __init__(self, node: Mapping[str, Any], meta: Any) -> None:
        self.node = node
        self.source = str(node.get("source_name"))
        self.name = str(node.get("name"))
        self.meta: Mapping[str, Any] = meta if isinstance(meta, dict) else {}
        if not isinstance(meta, dict):
            self.refuse("meta.penstock", "must be a mapping with format, location, key")

    def refuse(self, key: str, problem: str) -> NoReturn:
        file = self.node.get("original_file_path") or "sources YAML"
        raise SourceError(f"{file}: source {self.source}.{self.name}: {key}: {problem}")

    def table(self) -> SourceTable:
        self._check_names()
        for key in sorted(set(self.meta) - META_KEYS):
            self.refuse(key, f"unknown key; known: {', '.join(sorted(META_KEYS))}")
        columns = tuple(self._columns())
        kind = self._format()
        names = {column.name for column in columns}
        if kind not in WITH_ENVELOPE and (around := [c.name for c in columns if c.from_envelope]):
            self.refuse(f"columns.{around[0]}", f"format {kind} has no envelope")
        undated = self._flag("undated")
        query = read_query(self.meta, kind == POSTGRES, self.refuse)
        return SourceTable(
            source=self.source,
            table=self.name,
            format=kind,
            location="" if query else self._location(),
            record_path=self._record_path(kind),
            key=self._column("key", names),
            timestamp=self._timestamp(undated, names),
            timezone=self._timezone(),
            undated=undated,
            updates=self._updates(columns),
            columns=columns,
            query=query,
            single_record=self._single_record(kind),
            shape=self._shape(kind, columns),
            identity=self._identity(names),
        )

    def _check_names(self) -> None:
        for key, name in (("source", self.source), ("table", self.name)):
            if not _NAME.match(name):
                self.refuse(key, f"name {name!r} must be lower_snake_case without double _")
        wanted = f"{self.source}__{self.name}"
        if self.node.get("identifier") != wanted:
            self.refuse("identifier", f"must be {wanted}; write `identifier: {wanted}`")

    def _text(self, key: str) -> str:
        value = self.meta.get(key)
        if not isinstance(value, str) or not value:
            self.refuse(key, f"missing; write `{key}: <text>` under meta.penstock")
        return value

    def _flag(self, key: str) -> bool:
        value = self.meta.get(key, False)
        if not isinstance(value, bool):
            self.refuse(key, "must be true or false")
        return value

    def _format(self) -> str:
        kind = self._text("format")
        if kind not in FORMATS:
            self.refuse("format", f"unknown format {kind!r}; use one of {', '.join(FORMATS)}")
        return kind

    def _location(self) -> str:
        location = self._text("location")
        path = PurePosixPath(location)
        if path.is_absolute() or ".." in path.parts or "\\" in location or "\0" in location:
            self.refuse("location", f"{location!r} leaves the project folder; name a path below it")
        if any("**" in part and part != "**" for part in path.parts):
            self.refuse("location", f"{location!r}: ** must stand alone between slashes")
        if path.parts[:1] == ("~",) or not path.parts:
            self.refuse("location", f"{location!r} is no path below the project folder")
        return location

    def _record_path(self, kind: str) -> str:
        path = self.meta.get("record_path") or ""
        if not isinstance(path, str) or (path and not all(path.split("."))):
            self.refuse("record_path", "must be keys joined by dots, such as data.items")
        if path and kind != "json":
            self.refuse("record_path", f"format {kind} has none; remove it")
        return path

    def _single_record(self, kind: str) -> bool:
        if (single := self._flag("single_record")) and kind != "json":
            self.refuse("single_record", f"format {kind} has none; remove it")
        return single

    def _shape(self, kind: str, columns: tuple[Column, ...]) -> Shape:
        types = {column.name: parse_column_type(column.data_type) for column in columns}
        # attributes of telemetry hold prompts and answers, so none may land unnamed
        return read_shape(self.meta, types, self.refuse, must_list_keys=kind == "otlp")

    def _column(self, key: str, names: set[str]) -> str:
        name = self._text(key)
        if name not in names:
            self.refuse(key, f"{name!r} is no declared column; add it under columns")
        return name

    def _identity(self, names: set[str]) -> tuple[str, ...]:
        """Columns that together tell records apart, where the key alone does not."""
        identity = self.meta.get("identity", ())
        if identity != () and (not isinstance(identity, list) or not identity):
            self.refuse("identity", "must be a list of declared columns")
        for name in identity:
            if not isinstance(name, str) or name not in names:
                self.refuse("identity", f"{name!r} is no declared column; add it under columns")
        return tuple(identity)

    def _timestamp(self, undated: bool, names: set[str]) -> str | None:
        if self.meta.get("timestamp") is None:
            if not undated:
                self.refuse("timestamp", "missing; name the event time column or `undated: true`")
            return None
        if undated:
            self.refuse("undated", "contradicts timestamp; keep one of the two")
        return self._column("timestamp", names)

    def _timezone(self) -> str | None:
        if self.meta.get("timezone") is None:
            return None
        zone = self._text("timezone")
        try:
            ZoneInfo(zone)
        except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
            self.refuse("timezone", f"unknown zone {zone!r}; use an IANA name such as UTC")
        return zone

    def _updates(self, columns: tuple[Column, ...]) -> str:
        updates = self.meta.get("updates", NEVER)
        if updates == NEVER:
            return NEVER
        types = {column.name: column.data_type for column in columns}
        version = updates.get("version") if isinstance(updates, dict) else None
        if not isinstance(version, str) or len(updates) != 1 or version not in types:
            self.refuse("updates", "must be `never` or `{version: <declared column>}`")
        if not _VERSION_TYPE.match(types[version]):
            self.refuse("updates", f"{version} must be a whole number, a decimal or a timestamptz")
        return version

    def _columns(self) -> Iterator[Column]:
        declared = self.node.get("columns") or {}
        if not declared:
            self.refuse("columns", "none declared; only declared columns may land")
        seen: set[str] = set()
        for column in declared.values():
            name = str(column.get("name"))
            if name.startswith("_landing") or name in _OWN_COLUMNS or not name:
                self.refuse(f"columns.{name}", "this name belongs to landing; rename it")
            if name.lower() in seen:
                self.refuse(f"columns.{name}", "declared twice (names ignore case)")
            seen.add(name.lower())
            data_type = self._data_type(name, column)
            flags = read_column_meta(name, data_type, penstock_meta(column), self.refuse)
            yield Column(name, data_type, **flags)

    def _data_type(self, name: str, column: Mapping[str, Any]) -> str:
        data_type = column.get("data_type")
        if not isinstance(data_type, str) or not data_type.strip():
            self.refuse(f"columns.{name}.data_type", "missing; write `data_type: varchar`")
        try:
            parse_column_type(data_type)
        except ColumnTypeError as error:
            self.refuse(f"columns.{name}.data_type", str(error))
        return data_type


_OWN_COLUMNS = frozenset({"_landed_at", "_file_sha256", "_place", "_payload_sha256"})
