"""The only assembler: one company project in, Dagster definitions out."""

import json
from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource

from dagster_project.automation.dbt_assets import DECIDE, PREPARE, dbt_set
from dagster_project.automation.evidence_assets import data_fit_asset, estimates_asset
from dagster_project.automation.landing_assets import landing_asset, run_context_asset
from dagster_project.automation.sample_assets import sample_asset
from dagster_project.automation.triggers import JOB_NAME, daily_schedule, new_files_sensor
from dagster_project.automation.verdict_assets import verdict_assets
from dagster_project.contracts.source_freshness import load_freshness
from dagster_project.contracts.sources import load_sources
from dagster_project.contracts.stream_models import require_streams
from dagster_project.evidence.data_fit.suites import load_suites
from dagster_project.settings import Project
from dagster_project.transform.bridge import dbt_executable, manifest_path


class ManifestMissingError(FileNotFoundError):
    """The dbt project was not parsed yet; loading a code location does not do it."""


def build_definitions(project: Project) -> dg.Definitions:
    """Assets, checks, the job, its schedule and sensor. Reads the manifest and the suite files.

    Raises ManifestMissingError, SourceError, SuiteError; the text names the fix.
    """
    manifest = manifest_path(project)
    if not manifest.is_file():
        raise ManifestMissingError(f"{manifest}: not there yet; run `penstock doctor --parse`")
    sources = load_sources(manifest)
    require_streams(manifest)
    suites = load_suites(project.suites)
    marts = _keys(manifest, "marts")
    samples = []
    if project.sample_folder:
        prepared = _keys(manifest, "registry", "intermediate")
        samples.append(sample_asset(project, project.sample_folder, prepared))
    job = dg.define_asset_job(JOB_NAME, selection=dg.AssetSelection.all())
    return dg.Definitions(
        assets=[
            landing_asset(project, sources, load_freshness(manifest, sources)),
            run_context_asset(project),
            dbt_set(project, manifest, PREPARE),
            data_fit_asset(project, suites),
            estimates_asset(
                project,
                [
                    *_keys(manifest, "registry", "intermediate", "facts"),
                    *(asset.key for asset in samples),
                ],
            ),
            dbt_set(project, manifest, DECIDE),
            *samples,
            verdict_assets(project, [*marts, *(asset.key for asset in samples)]),
        ],
        jobs=[job],
        schedules=[daily_schedule()],
        sensors=[new_files_sensor(project, sources)],
        resources={
            "dbt": DbtCliResource(
                project_dir=str(project.root),
                profiles_dir=str(project.root),
                dbt_executable=dbt_executable(),
            )
        },
        executor=dg.in_process_executor,
    )


def _keys(manifest: Path, *layers: str) -> list[dg.AssetKey]:
    """The assets of these layers, as the manifest names them."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    return [
        dg.AssetKey([node["config"]["schema"], node["name"]])
        for node in nodes
        if node["resource_type"] in ("model", "seed") and node["config"]["schema"] in layers
    ]
