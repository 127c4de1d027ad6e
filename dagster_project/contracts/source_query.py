"""Declarations of rows that are asked from a database: where the connection is named, and what."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

QUERY_KEYS = frozenset({"connection", "query"})
QUERY_NAMES = "postgres:"  # how their names in the books begin
# names of people's shells, so that nobody writes the connection itself here
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_RELATION = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?\Z")
Refuse = Callable[[str, str], NoReturn]


@dataclass(frozen=True)
class Query:
    """``connection``: the environment variable that holds the connection string.

    Either ``relation`` (a table or view, with schema or without) or ``text`` (one SELECT).
    """

    connection: str
    relation: str
    text: str

    @property
    def name(self) -> str:
        """What stands in the books where a file has its name; no part of the connection."""
        return f"{QUERY_NAMES}{self.connection}:{self.relation or 'query'}"


def read_query(meta: Mapping[str, Any], is_wanted: bool, refuse: Refuse) -> Query | None:
    """The query of ``meta.penstock``, or None for files. ``refuse`` raises SourceError."""
    if not is_wanted:
        for key in sorted(QUERY_KEYS & meta.keys()):
            refuse(key, "only format postgres has one; remove it")
        return None
    connection = meta.get("connection")
    if not isinstance(connection, str) or not _VARIABLE.match(connection):
        # the value is not repeated: it may be a connection string with its password
        refuse("connection", "name the environment variable that holds it, such as KPI_DATABASE")
    relation, text = meta.get("location"), meta.get("query")
    if (relation is None) == (text is None):
        refuse("location", "name a table or view (`location: schema.table`), or write a `query`")
    if text is not None:
        return Query(connection, "", _select(text, refuse))
    if not isinstance(relation, str) or not _RELATION.match(relation):
        refuse("location", f"{relation!r} is no lower-case `table` or `schema.table`")
    return Query(connection, relation, "")


def _select(text: object, refuse: Refuse) -> str:
    if not isinstance(text, str) or ";" in text or not text.strip().lower().startswith("select"):
        refuse("query", "must be one SELECT without a semicolon")
    return text.strip()
