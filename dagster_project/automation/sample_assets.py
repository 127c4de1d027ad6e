"""The draw of the audit sample as a step, where the project says into which folder."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from dagster_project.automation.dbt_assets import WAREHOUSE_POOL
from dagster_project.settings import Project

if TYPE_CHECKING:
    from dagster_project.sampling import Drawn

SAMPLE = dg.AssetKey(["sample", "published"])


def sample_asset(
    project: Project, folder: Path, prepared: Sequence[dg.AssetKey]
) -> dg.AssetsDefinition:
    """Publish the selections that are due, and tell the evidence step which are nobody's draw.

    A run that cannot draw does not publish verdicts.
    """

    @dg.asset(key=SAMPLE, group_name="sample", deps=list(prepared), pool=WAREHOUSE_POOL)
    def sample(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        drawn = draw_and_note(project, folder)
        if foreign := drawn.total("foreign"):
            context.log.warning(f"{foreign} selections in the log were not drawn by the key")
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


def draw_and_note(project: Project, folder: Path) -> "Drawn":
    """Draw, and write ``evidence.foreign_selections``. Raises what ``draw_sample`` raises."""
    from dagster_project import warehouse
    from dagster_project.automation.recorded import write_foreign
    from dagster_project.sampling import draw_sample

    drawn = draw_sample(project, folder)
    with closing(warehouse.connect(project.warehouse)) as connection:
        write_foreign(connection, {name: each.foreign for name, each in drawn.classes.items()})
    return drawn
