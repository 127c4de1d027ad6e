"""dbt in two sets around the evidence step: `prepare` before it, `decide` after it."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliResource,
    dbt_assets,
)

from dagster_project.settings import Project
from dagster_project.transform.bridge import dbt_environment
from dagster_project.transform.rebuild import note_prepared, rebuild_in_parts
from dagster_project.transform.results import require_complete

WAREHOUSE_POOL = "warehouse"
PREPARE, DECIDE = "prepare", "decide"


class LayerTranslator(DagsterDbtTranslator):
    """Asset key = [layer, table], group = layer; a dbt source is what landing or evidence wrote."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["identifier"]])
        return dg.AssetKey([_layer(dbt_resource_props), dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return _layer(dbt_resource_props)


def _layer(props: Mapping[str, Any]) -> str:
    if props["resource_type"] == "source":
        return str(props["schema"])
    # views over what the evidence step wrote belong to its layer
    return str(props["config"]["schema"]).removesuffix("_read")


def dbt_set(project: Project, manifest: Path, name: str) -> dg.AssetsDefinition:
    """All nodes tagged ``name`` as one step, their data tests as asset checks."""
    translator = LayerTranslator(DagsterDbtTranslatorSettings(enable_asset_checks=True))

    @dbt_assets(
        manifest=manifest,
        select=f"tag:{name}",
        name=name,
        dagster_dbt_translator=translator,
        pool=WAREHOUSE_POOL,
    )
    def build(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
        os.environ.update(dbt_environment(project))
        if name == PREPARE:
            rebuild_facts(project, context.log.info)
        invocation = dbt.cli(["build"], context=context)
        yield from invocation.stream()
        require_complete(manifest, invocation.get_artifact("run_results.json"), tag=name)
        if name == PREPARE:
            note_prepared(project)

    return build


def rebuild_facts(project: Project, tell: Callable[[str], None]) -> None:
    """All but the last part of a large rebuild; nothing on an ordinary day."""
    from dagster_project.landing.manifest import read_entries

    rows: Counter[str] = Counter()
    for entry in read_entries(project.landing):
        if not entry.is_frozen:  # its facts stay as they are
            rows[entry.landing_batch] += entry.landed_count
    rebuild_in_parts(project, rows, lambda batch: tell(f"facts are made up to batch {batch}"))
