"""Reads the verdicts of a finished decide step and hands them to ledger and publish.

Order: stage a release → keep what was judged by → append to the ledger → put the release in use.
A kill between any two leaves readers with the old release, or with grants that the ledger does not
name, which deny.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.automation.governance import (
    governance_events,
    governance_queries,
    taxonomy_rows,
)
from dagster_project.automation.judged_by import (
    code_files,
    digest_of,
    fetch,
    judged_by,
    registry_files,
    verdicts_digest,
)
from dagster_project.files import sha256_file
from dagster_project.settings import Project

if TYPE_CHECKING:
    import duckdb

# without a row in each of these there is nothing to publish; any other mart may be empty
NEVER_EMPTY = frozenset(
    {"decision_inventory", "autonomy_map", "gate_criteria", "gate_scorecard", "dim_decision_class"}
)


class OlderThanPublishedError(RuntimeError):
    """The run knows less, or looks at an earlier day, than the last recorded one."""


@dataclass(frozen=True)
class Recorded:
    """``digest``: over the canonical rows of all verdicts, levels and criteria."""

    release_id: str
    digest: str
    counts: dict[str, int]
    changed: list[tuple[str, str, str, str | None, str | None]]


def record_and_publish(project: Project, *, actor: str, now: datetime | None = None) -> Recorded:
    """Needs a finished decide step; nobody else may have the warehouse open.

    The anchor hook comes last: HookFailedError means recorded and published all the same.
    """
    from dagster_project import warehouse
    from dagster_project.automation.anchoring import call_hook, watch_of
    from dagster_project.ledger.inputs import keep_inputs
    from dagster_project.ledger.record import record_run
    from dagster_project.publish.grants import build_grants
    from dagster_project.publish.release import activate, stage_release
    from dagster_project.transform.bridge import manifest_path

    with closing(warehouse.connect(project.warehouse, read_only=True)) as connection:
        context = _one(connection, "SELECT * FROM intermediate.int_run_context")
        _refuse_to_go_back(project, context)
        valid_until = _valid_until(connection)
        marts = _marts(manifest_path(project))
        digests = _digests(connection, project, marts)
        verdicts = _verdicts(connection)
        maps = fetch(connection, "SELECT * FROM marts.autonomy_map")
        digests["inputs"] = keep_inputs(
            project.ledger, *judged_by(connection, project, context["known_batch"])
        )
        digests["governance"] = keep_governance(project.ledger, connection)
    release_id = f"{context['as_of']:%Y%m%d}-{digests['marts'][:16]}"
    staged = stage_release(
        project.warehouse,
        project.publish,
        marts,
        release_id,
        may_be_empty=set(marts) - NEVER_EMPTY,
    )
    grants = build_grants(maps, valid_until=valid_until, run={"as_of": context["as_of"]})
    digests["publication"] = staged.manifest_sha256
    digests["grants"] = hashlib.sha256(grants).hexdigest()
    record = record_run(
        project.ledger,
        as_of=context["as_of"],
        known_batch=context["known_batch"],
        valid_until=valid_until,
        digests=digests,
        verdicts=verdicts,
        actor=actor,
        time=now or datetime.now(UTC),
        watch=watch_of(project),
        events=governance_events(project.ledger, digests["governance"]),
        taxonomy=taxonomy_rows(project.ledger, digests["governance"]),
    )
    activate(project.publish, release_id, grants)
    call_hook(project)
    counts = Counter(verdict["verdict"] for verdict in verdicts)
    return Recorded(release_id, digests["verdicts"], dict(counts), record.changed)


def keep_governance(ledger: Path, connection: "duckdb.DuckDBPyConnection") -> str:
    """Keep what ``governance_events`` compares; its address."""
    from dagster_project.ledger.inputs import keep_inputs

    queries = governance_queries(connection)
    return keep_inputs(ledger, {name: fetch(connection, query) for name, query in queries.items()})


def _refuse_to_go_back(project: Project, context: Mapping[str, Any]) -> None:
    """What was learnt since, such as bad labels, must not be unlearnt by an earlier view."""
    from dagster_project.ledger.record import last_run

    if (last := last_run(project.ledger)) is None:
        return
    now = (context["as_of"].isoformat(), context["known_batch"])
    then = (str(last.body["as_of"]), str(last.body["known_batch"]))
    if now[0] < then[0] or now[1] < then[1]:
        raise OlderThanPublishedError(
            f"as of {now[0]}, known batch {now[1]}: older than the last recorded run ({then[0]}, "
            f"{then[1]}); the warehouse holds its verdicts, but nothing is recorded or published"
        )


def _marts(manifest: Path) -> list[str]:
    """The product's marts and the company's own; what else lies in the schema is not published."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    return sorted(
        node["name"]
        for node in nodes
        if node["resource_type"] == "model" and node["config"]["schema"] == "marts"
    )


def _digests(
    connection: "duckdb.DuckDBPyConnection", project: Project, names: list[str]
) -> dict[str, str]:
    from dagster_project.publish.rows import row_digest

    marts = {mart: row_digest(connection, f"marts.{mart}")[1] for mart in names}
    registry = registry_files(project)
    return {
        "marts": digest_of(f"{mart}={marts[mart]}" for mart in sorted(marts)),
        "verdicts": verdicts_digest(marts),
        "registry": digest_of(f"{path.name}={sha256_file(path)}" for path in registry),
        "code": digest_of(f"{file['path']}={file['sha256']}" for file in code_files(project)),
    }


def _verdicts(connection: "duckdb.DuckDBPyConnection") -> list[dict[str, Any]]:
    criteria: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in fetch(
        connection,
        "SELECT decision_class, segment, gate, criterion_id AS id, estimate, bound, n, threshold, "
        "verdict FROM marts.gate_criteria ORDER BY decision_class, segment, gate, criterion_order",
    ):
        key = (row.pop("decision_class"), row.pop("segment"), row.pop("gate"))
        criteria.setdefault(key, []).append(row)
    gates = fetch(
        connection,
        "SELECT card.decision_class, card.segment, card.gate, card.verdict, card.is_blocked, "
        "card.cohort_id, map.effective_level AS level FROM marts.gate_scorecard AS card "
        "JOIN marts.autonomy_map AS map USING (decision_class, segment) "
        "ORDER BY card.decision_class, card.segment, card.gate_order",
    )
    return [
        gate | {"criteria": criteria[gate["decision_class"], gate["segment"], gate["gate"]]}
        for gate in gates
    ]


def _valid_until(connection: "duckdb.DuckDBPyConnection") -> datetime:
    last: date = _one(connection, "SELECT max(valid_until_date) AS last FROM marts.gate_scorecard")[
        "last"
    ]
    return datetime.combine(last + timedelta(days=1), time.min, tzinfo=UTC)


def _one(connection: "duckdb.DuckDBPyConnection", query: str) -> dict[str, Any]:
    (row,) = fetch(connection, query)
    return row
