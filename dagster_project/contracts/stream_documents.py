"""``docs/streams.md`` and ``docs/schemas/``, written from the stream definitions.

``python -m dagster_project.contracts.stream_documents`` rewrites them; a test fails while they
differ from the definitions.
"""

import json
from pathlib import Path

from dagster_project.contracts.streams import (
    LANDED_COLUMNS,
    SCHEMA_VERSION,
    STREAMS,
    StreamColumn,
    json_schema,
)


def streams_markdown() -> str:
    """The text of ``docs/streams.md``."""
    lines = [
        f"# Canonical streams (schema version {SCHEMA_VERSION})",
        "",
        "Written by `python -m dagster_project.contracts.stream_documents`; do not edit by hand.",
        "The same in JSON Schema, one file per stream: [schemas/](schemas/).",
        "",
        "Streams are append-only. Times are UTC with zone; a time without zone is quarantined",
        "unless the source declares a `timezone`. Money is decimal with its currency beside it.",
        "What is not known is NULL, and counts as missing; keys that are not listed here are not",
        "landed. A *gate* column may be filled in by a later record of a source with `updates`;",
        "any other change of it is a conflict.",
    ]
    for found in STREAMS:
        lines += ["", f"## {found.name}", ""]
        lines += [f"One row per record: {found.grain}. Key: {_codes(found.key)}.", ""]
        lines += _column_table(found.columns)
    lines += ["", "## Columns every staging model adds", "", *_column_table(LANDED_COLUMNS)]
    return "\n".join(lines) + "\n"


def _column_table(columns: tuple[StreamColumn, ...]) -> list[str]:
    lines = ["| column | type | null | gate | allowed | meaning |", "|---|---|---|---|---|---|"]
    for column in columns:
        gate = "yes" if column.is_gate_column else ""
        null = "yes" if column.is_nullable else "no"
        lines.append(
            f"| `{column.name}` | {column.data_type} | {null} | {gate} | {_allowed(column)} "
            f"| {column.description} |"
        )
    return lines


def _allowed(column: StreamColumn) -> str:
    if column.low is None:
        return _codes(column.allowed)
    return f"{column.low} to {column.high}" if column.high is not None else f"≥ {column.low}"


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def schema_text(name: str) -> str:
    """The text of ``docs/schemas/<name>.json``. Raises KeyError."""
    return json.dumps(json_schema(name), indent=2, ensure_ascii=False) + "\n"


def write_documents(docs: Path) -> None:
    """Rewrite ``docs/streams.md`` and ``docs/schemas/*.json``. Raises OSError."""
    (docs / "schemas").mkdir(parents=True, exist_ok=True)
    (docs / "streams.md").write_text(streams_markdown(), encoding="utf-8")
    for found in STREAMS:
        path = docs / "schemas" / f"{found.name}.json"
        path.write_text(schema_text(found.name), encoding="utf-8")


if __name__ == "__main__":
    write_documents(Path("docs"))
