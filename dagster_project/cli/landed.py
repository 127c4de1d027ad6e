"""``penstock landed dispose``: rows whose time is over go, their facts stay."""

from dataclasses import asdict
from datetime import UTC, datetime

from dagster_project.automation.disposing import DisposalError, Disposed, dispose_landed
from dagster_project.cli.actor import user_actor
from dagster_project.cli.faults import OK, NothingYetError, PipelineFailedError
from dagster_project.cli.ledger import refuse_under_hold
from dagster_project.cli.words import counted
from dagster_project.settings import Project


def dispose_rows(project: Project, *, is_trial: bool, as_json: bool) -> int:
    """The command: dispose, or only look, and say what goes; 0 also when nothing is due."""
    import duckdb

    from dagster_project.cli.screen import console, emit_json, text
    from dagster_project.landing.manifest import ManifestError
    from dagster_project.ledger.ledger import LedgerError

    refuse_under_hold(project)
    if not project.landing.is_dir():
        raise NothingYetError("nothing has landed yet; run `penstock run`")
    reason = f"landed rows older than {project.landed_days} days"
    try:
        found = dispose_landed(
            project, actor=user_actor(), reason=reason, now=datetime.now(UTC), is_trial=is_trial
        )
    except (DisposalError, LedgerError, ManifestError, OSError, duckdb.Error) as error:
        raise PipelineFailedError(
            f"the disposal is not complete: {error}", ["mend that, then call it again"]
        ) from error
    if as_json:
        emit_json(asdict(found))
    else:
        for line in _lines(found, is_trial=is_trial):
            console().print(text(line))
    return OK


def _lines(found: Disposed, *, is_trial: bool) -> list[str]:
    rows = sum(file.row_count for file in found.files)
    files, batches = counted(len(found.files), "file"), len(found.batches)
    what = (
        f"{counted(rows, 'row')} of {files} in {batches:,} {'batch' if batches == 1 else 'batches'}"
    )
    lines = ["finished a disposal that had been begun"] if found.completed else []
    if not found.batches:
        return [*lines, "nothing is old enough"]
    if is_trial:
        return [*lines, f"would go: {what}; --confirm disposes of them"]
    return [*lines, f"gone: {what}; ledger line {found.line}"]
