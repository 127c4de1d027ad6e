"""When the job runs by itself: every day, and when new files lie in a drop folder."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg

from dagster_project.contracts.sources import SourceTable
from dagster_project.landing.dropped import unseen_files
from dagster_project.settings import Project

JOB_NAME = "daily_verdicts"


def run_config(*, as_of: str | None = None, known_at: str | None = None) -> dict[str, object]:
    """Run configuration for the step that writes the run context."""
    config = {key: text for key, text in (("as_of", as_of), ("known_at", known_at)) if text}
    return {"ops": {"landing__run_context": {"config": config}}} if config else {}


def daily_schedule() -> dg.ScheduleDefinition:
    """At 04:00 UTC, judged as of the day before, which is then complete."""

    @dg.schedule(
        job_name=JOB_NAME, cron_schedule="0 4 * * *", execution_timezone="UTC", name="every_morning"
    )
    def every_morning(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        yesterday = (context.scheduled_execution_time - timedelta(days=1)).date().isoformat()
        return dg.RunRequest(run_key=yesterday, run_config=run_config(as_of=yesterday))

    return every_morning


def new_files_sensor(project: Project, sources: Sequence[SourceTable]) -> dg.SensorDefinition:
    """Asks for a run when a file has settled that landing has not looked at as it is now.

    Once for the same files as they are: a run that fails is not asked for every minute.
    """

    @dg.sensor(job_name=JOB_NAME, name="new_files", minimum_interval_seconds=60)
    def new_files(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        found = sorted(map(repr, unseen_files(project, sources, datetime.now(UTC))))
        if not found:
            return dg.SkipReason("no settled file is new or has changed")
        cursor = hashlib.sha256("\n".join(found).encode()).hexdigest()
        if cursor == context.cursor:
            return dg.SkipReason("a run was asked for the files that are new")
        context.update_cursor(cursor)
        return dg.RunRequest(run_key=cursor)

    return new_files
