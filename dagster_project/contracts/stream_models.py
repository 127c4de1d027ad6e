"""Does every declared row reach a canonical stream? Read from dbt's manifest.json.

A staging model that `vars: penstock: streams:` does not name is built and read by nobody: its
reviews would be missing from every gate, and no count would show it.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from dagster_project.contracts.sources import SourceError, penstock_meta
from dagster_project.names import STREAMS

PRODUCT: Final = "penstock"
STAGING: Final = "staging"


def require_streams(manifest: Path) -> None:
    """Raise SourceError for the declared tables that no model reads, and for the staging models
    that feed no stream; every one is named with its file and the fix."""
    document = json.loads(manifest.read_bytes())
    if problems := [*_unread_tables(document), *_unread_models(document)]:
        raise SourceError("\n".join(problems))


def _unread_tables(document: Mapping[str, Any]) -> Iterator[str]:
    for key, node in sorted(document["sources"].items()):
        if penstock_meta(node) is not None and not _models_that_read(document, key):
            source, table = node["source_name"], node["name"]
            yield (
                f"{node['original_file_path']}: source {source}.{table}: no model reads it, so its "
                f"rows would count nowhere; add models/staging/{source}/stg_{source}__<stream>.sql"
            )


def _unread_models(document: Mapping[str, Any]) -> Iterator[str]:
    """Staging models of the company from which no model of the product is made."""
    for key, node in sorted(document["nodes"].items()):
        if (
            node["resource_type"] == "model"
            and node["package_name"] != PRODUCT
            and node["config"].get("schema") == STAGING
            and not _reaches_product(document, key)
        ):
            name = node["name"]
            yield (
                f"{node['original_file_path']}: no stream reads model {name}, so its rows would "
                f"count nowhere; name it in dbt_project.yml under vars: penstock: streams:, such "
                f"as `{_likely_stream(name)}: [{name}]` (streams: {', '.join(STREAMS)})"
            )


def _reaches_product(document: Mapping[str, Any], key: str) -> bool:
    seen: set[str] = set()
    waiting = [key]
    while waiting:
        here = waiting.pop()
        if document["nodes"][here]["package_name"] == PRODUCT:
            return True
        seen.add(here)
        waiting += set(_models_that_read(document, here)) - seen
    return False


def _models_that_read(document: Mapping[str, Any], key: str) -> list[str]:
    return [child for child in document["child_map"].get(key, ()) if child.startswith("model.")]


def _likely_stream(model: str) -> str:
    """The stream in whose words the model's name ends, as in ``stg_crm__log_reviews``."""
    return next((stream for stream in STREAMS if model.endswith(stream)), "<stream>")
