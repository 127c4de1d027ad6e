"""The end of a run: stage a release, record the verdicts, then put the release in use."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from dagster_project.automation.dbt_assets import WAREHOUSE_POOL
from dagster_project.automation.recording import Recorded, record_and_publish
from dagster_project.settings import Project

VERDICTS = dg.AssetKey(["ledger", "verdicts"])
RELEASE = dg.AssetKey(["publish", "release"])
SHOWN_CHANGES = 200


def verdict_assets(project: Project, marts: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """Ledger first, publication second, in one step: neither is true without the other."""

    @dg.multi_asset(
        name="record_and_publish",
        specs=[
            dg.AssetSpec(VERDICTS, group_name="ledger", deps=list(marts)),
            dg.AssetSpec(RELEASE, group_name="publish", deps=[*marts, VERDICTS]),
        ],
        pool=WAREHOUSE_POOL,
    )
    def record(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        recorded = record_and_publish(project, actor=f"run:{context.run_id}")
        yield dg.MaterializeResult(asset_key=VERDICTS, metadata=_metadata(recorded))
        yield dg.MaterializeResult(
            asset_key=RELEASE,
            metadata={"release": recorded.release_id, "path": str(project.publish / "current")},
        )

    return record


def _metadata(recorded: Recorded) -> dict[str, dg.MetadataValue]:
    changed = [
        f"| {name} | {segment} | {gate} | {old or '–'} | {new or '–'} |"
        for name, segment, gate, old, new in recorded.changed[:SHOWN_CHANGES]
    ]
    header = ["| class | segment | gate | before | now |", "|---|---|---|---|---|"]
    return {
        "changed_verdicts": dg.MetadataValue.md("\n".join([*header, *changed])),
        "changed": dg.MetadataValue.int(len(recorded.changed)),
        "digest": dg.MetadataValue.text(recorded.digest),
        **{
            f"verdicts_{verdict}": dg.MetadataValue.int(count)
            for verdict, count in sorted(recorded.counts.items())
        },
    }
