"""Executing the daily job in this process, step by step."""

import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.cli.faults import PipelineFailedError, UsageProblemError
from dagster_project.cli.instance import CLI_TAG, open_instance
from dagster_project.cli.quiet import progress
from dagster_project.settings import Project

if TYPE_CHECKING:
    import dagster as dg

STEPS = {
    "land": "land",
    "landing__run_context": "context",
    "prepare": "prepare",
    "sample__published": "sample",
    "data_fit": "data fit",
    "evidence__estimates": "estimates",
    "decide": "decide",
    "record_and_publish": "record and publish",
}
LANDING_BOOK = ("landing", "files")
INTERRUPTION = "DagsterExecutionInterruptedError"
ANSI = re.compile(r"\x1b\[[0-9;]*m")
# the name of a class of ours says nothing that its text does not
OWN_ERROR = re.compile(r"\Adagster_project\.[\w.]+Error: ")
DBT_ERRORS = "Errors parsed from dbt logs:"
SHOWN_ERROR_LINES, LONGEST_LINE = 12, 300
Tell = Callable[[str], None]


@dataclass
class Execution:
    """What the events of a run said. ``landed``: totals of this run's landing."""

    run_id: str
    seconds: dict[str, float] = field(default_factory=dict)
    landed: dict[str, int] = field(default_factory=dict)
    failures: list[tuple[str, list[str]]] = field(default_factory=list)
    is_interrupted: bool = False


def execute(
    project: Project, as_of: str | None, known_at: str | None, log: Path, *, has_progress: bool
) -> Execution:
    """Parse, then run the job, all output into ``log``. Raises PipelineFailedError naming the
    step, UsageProblemError for a declaration that cannot be used."""
    try:
        with progress(log, "parse", is_quiet=not has_progress) as tell:
            execution = _execute(project, as_of, known_at, tell=tell)
    except OSError as error:
        raise PipelineFailedError(f"the run could not start: {error}; log: {log}") from error
    if execution.is_interrupted:
        raise KeyboardInterrupt
    if execution.failures:
        step, lines = execution.failures[0]
        raise PipelineFailedError(f"step `{step}` failed; log: {log}", lines)
    return execution


def _execute(project: Project, as_of: str | None, known_at: str | None, *, tell: Tell) -> Execution:
    from dagster_project.automation.triggers import JOB_NAME, run_config

    definitions = _definitions(project)
    job = definitions.resolve_job_def(JOB_NAME)
    execution = Execution(str(uuid.uuid4()))
    watch = _Watch(execution, tell, len(job.nodes))
    with open_instance(project) as instance:
        instance.add_event_listener(execution.run_id, watch)
        result = job.execute_in_process(
            run_config=run_config(as_of=as_of, known_at=known_at),
            instance=instance,
            run_id=execution.run_id,
            tags={CLI_TAG: "run"},
            raise_on_error=False,
        )
    if not result.success and not execution.failures:
        execution.failures.append(("start", ["the job ended without success; see the log"]))
    return execution


def _definitions(project: Project) -> "dg.Definitions":
    from dagster_project.build import build_definitions
    from dagster_project.contracts.source_connections import require_connections
    from dagster_project.contracts.sources import SourceError, load_sources
    from dagster_project.evidence.data_fit.suites import SuiteError
    from dagster_project.transform.bridge import DbtFailedError, ensure_manifest, manifest_path

    try:
        ensure_manifest(project)
        require_connections(load_sources(manifest_path(project)))
        return build_definitions(project)
    except DbtFailedError as error:
        lines = ANSI.sub("", str(error)).splitlines()
        log = project.dbt_target.parent / "logs" / "dbt.log"
        raise PipelineFailedError(
            f"step `parse` failed; log: {log}", lines[-SHOWN_ERROR_LINES:]
        ) from error
    except (SourceError, SuiteError) as error:
        raise UsageProblemError(str(error)) from error


class _Watch:
    """Listens to the run's events."""

    def __init__(self, execution: Execution, tell: Tell, step_count: int) -> None:
        self._execution = execution
        self._step_count = step_count
        self._tell = tell
        self._started: dict[str, float] = {}

    def __call__(self, entry: "dg.EventLogEntry") -> None:
        import dagster as dg

        event = entry.dagster_event
        if event is None:
            return
        step = STEPS.get(event.step_key or "", event.step_key or "")
        if event.is_step_start:
            self._started[step] = time.monotonic()
            self._tell(f"{len(self._started)} of {self._step_count}: {step}")
        elif event.is_step_success:
            self._execution.seconds[step] = time.monotonic() - self._started[step]
        elif event.is_step_failure:
            lines = _error_lines(event.step_failure_data.error)
            self._execution.failures.append((step, lines))
            self._execution.is_interrupted |= any(INTERRUPTION in line for line in lines)
        elif event.is_step_materialization and event.asset_key == dg.AssetKey(LANDING_BOOK):
            self._execution.landed = _counts(event.materialization.metadata)


def _counts(metadata: Mapping[str, Any]) -> dict[str, int]:
    return {name: entry.value for name, entry in metadata.items() if isinstance(entry.value, int)}


def _error_lines(error: Any) -> list[str]:
    """The beginning of the innermost message, without colours; of dbt's, what it calls errors."""
    if error is None:
        return []
    while error.cause is not None:
        error = error.cause
    message = OWN_ERROR.sub("", ANSI.sub("", error.message))
    message = message.partition(DBT_ERRORS)[2] or message
    lines = [line.rstrip()[:LONGEST_LINE] for line in message.splitlines() if line.strip()]
    return lines[:SHOWN_ERROR_LINES]
