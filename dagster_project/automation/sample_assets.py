"""The draw of the audit sample as a step, where the project says into which folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from dagster_project.automation.dbt_assets import WAREHOUSE_POOL
from dagster_project.settings import Project

SAMPLE = dg.AssetKey(["sample", "published"])


def sample_asset(
    project: Project, folder: Path, prepared: Sequence[dg.AssetKey]
) -> dg.AssetsDefinition:
    """Publish the selections that are due; a run that cannot draw does not publish verdicts."""

    @dg.asset(key=SAMPLE, group_name="sample", deps=list(prepared), pool=WAREHOUSE_POOL)
    def sample(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from dagster_project.sampling import draw_sample

        drawn = draw_sample(project, folder)
        if overdue := drawn.total("overdue"):
            context.log.warning(f"{overdue} selections were due earlier and are drawn now")
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": drawn.total("drawn"),
                "file": str(drawn.file or "none"),
                **{
                    name: drawn.total(name)
                    for name in ("decisions", "selected", "landed", "waiting", "overdue", "foreign")
                },
                "cannot_be_drawn": sum(drawn.undrawn.values()),
            }
        )

    return sample
