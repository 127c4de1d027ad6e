"""How long a source may bring nothing: ``freshness`` of dbt sources, as dbt's manifest has it."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from dagster_project.contracts.sources import SourceError, SourceTable


class Freshness(NamedTuple):
    """Ages of the newest landing from which on a source is late; None: no such limit."""

    warn_after: timedelta | None
    error_after: timedelta | None


DEFAULT = Freshness(timedelta(days=7), None)


def load_freshness(manifest: Path, sources: Sequence[SourceTable]) -> dict[str, Freshness]:
    """By relation, of every source with event times; seven days where none is declared.

    Raises SourceError.
    """
    document = json.loads(manifest.read_bytes())
    nodes = document.get("sources", {}).values()
    declared = {f"{node['source_name']}__{node['name']}": node.get("freshness") for node in nodes}
    return {
        source.relation: _read(source, declared.get(source.relation) or {})
        for source in sources
        if source.timestamp
    }


def _read(source: SourceTable, freshness: dict[str, Any]) -> Freshness:
    limits = [_age(source, key, freshness.get(key)) for key in ("warn_after", "error_after")]
    return Freshness(*limits) if any(limits) else DEFAULT


def _age(source: SourceTable, key: str, limit: Any) -> timedelta | None:
    count, period = (limit or {}).get("count"), (limit or {}).get("period")
    if count is None and period is None:
        return None
    if type(count) is not int or count <= 0 or period not in ("minute", "hour", "day"):
        raise SourceError(
            f"source {source.source}.{source.table}: freshness: {key}: give a count above 0 and a "
            "period: minute, hour or day"
        )
    return timedelta(**{f"{period}s": count})
