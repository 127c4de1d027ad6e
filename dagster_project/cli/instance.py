"""The Dagster instance of a project: its folder, its settings, and what a killed run left there."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.cli.faults import PipelineFailedError
from dagster_project.settings import Project

if TYPE_CHECKING:
    import dagster as dg

CLI_TAG = "penstock/command"
# One writer at a time, also when the schedule fires during a run by hand.
DAGSTER_YAML = """\
telemetry:
  enabled: false
concurrency:
  pools:
    default_limit: 1
run_monitoring:
  enabled: true
  free_slots_after_run_end_seconds: 60
"""


def prepare_home(project: Project) -> Path:
    """Create the folder and its ``dagster.yaml`` unless they are there; the user's stays."""
    home = project.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        (home / "dagster.yaml").write_text(DAGSTER_YAML, encoding="utf-8")
    return home


@contextmanager
def open_instance(project: Project) -> Iterator["dg.DagsterInstance"]:
    """The instance, for one `penstock run` at a time. Raises PipelineFailedError when another
    one is at work."""
    import dagster as dg

    home = prepare_home(project)
    os.environ["DAGSTER_HOME"] = str(home)  # dbt's process reports to the same instance
    handle = os.open(home / "penstock-run.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PipelineFailedError(
                f"another `penstock run` is at work in {project.home}; wait for it"
            ) from None
        with dg.DagsterInstance.from_config(str(home)) as instance:
            _bury_dead_runs(instance)
            yield instance
    finally:
        os.close(handle)


def _bury_dead_runs(instance: "dg.DagsterInstance") -> None:
    """While we hold the lock, an unfinished run of this command was killed. Its pool slots would
    keep every later run waiting for ever."""
    import dagster as dg

    unfinished = dg.RunsFilter(
        statuses=[
            dg.DagsterRunStatus.NOT_STARTED,
            dg.DagsterRunStatus.STARTING,
            dg.DagsterRunStatus.STARTED,
            dg.DagsterRunStatus.CANCELING,
        ],
        tags={CLI_TAG: "run"},
    )
    for run in instance.get_runs(unfinished):
        instance.report_run_failed(run, "killed: a later `penstock run` found it unfinished")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
