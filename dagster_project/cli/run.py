"""``penstock run``: check the registry, execute the job, say what changed."""

import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.cli.faults import PipelineFailedError, UsageProblemError
from dagster_project.names import ALL_SEGMENT
from dagster_project.settings import Project

if TYPE_CHECKING:
    from rich.console import Console

SHOWN_CHANGES = 30
MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes there, KiB here


def run_pipeline(
    project: Project, as_of: str | None, known_at: str | None, *, as_json: bool
) -> None:
    """The command: run and print the summary."""
    from dagster_project.cli.screen import console, emit_json

    summary = execute_and_summarize(project, as_of, known_at, has_progress=not as_json)
    if as_json:
        emit_json(summary)
    else:
        print_summary(console(), summary)


def execute_and_summarize(
    project: Project, as_of: str | None, known_at: str | None, *, has_progress: bool
) -> dict[str, Any]:
    """Run the pipeline; what it did, ready for JSON. Raises CliError."""
    from dagster_project.cli.options import checked_date, checked_moment

    day = checked_date("--as-of", as_of)
    if day is None and project.as_of:  # what penstock.toml says is no better than an option
        checked_date("[run] as_of of penstock.toml", project.as_of.isoformat())
    moment = checked_moment("--known-at", known_at)
    check_registry(project)
    from dagster_project.cli.pipeline import execute
    from dagster_project.cli.quiet import new_log

    started = time.monotonic()
    before = _in_force(project)
    log = new_log(project.home / "logs")
    execution = execute(
        project,
        day.isoformat() if day else None,
        moment.isoformat() if moment else None,
        log,
        has_progress=has_progress,
    )
    return {
        "run_id": execution.run_id,
        **_recorded(project, execution.run_id, log),
        "landed": execution.landed,
        "changes": _changes(before, _in_force(project)),
        "is_first_run": not before,
        "publish": str(project.publish / "current"),
        "log": str(log),
        "step_seconds": {step: round(took, 1) for step, took in execution.seconds.items()},
        "seconds": round(time.monotonic() - started, 1),
        "peak_memory_mb": peak_memory_mb(),
    }


def check_registry(project: Project) -> None:
    """Raise UsageProblemError listing every problem of the registry, unless there is none."""
    from dagster_project.contracts.registry import validate_registry

    problems = validate_registry(project.root, project.dbt_package / "seeds" / "criteria.csv")
    if problems:
        noun = "problem" if len(problems) == 1 else "problems"
        raise UsageProblemError(
            f"the registry has {len(problems)} {noun}; nothing was judged",
            [str(problem) for problem in problems],
        )


def peak_memory_mb() -> int:
    """Peak of this process plus the peak of its largest child: at most so much at one time."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return (own + child) * MEMORY_UNIT >> 20


Key = tuple[str, str, str]


def _in_force(project: Project) -> dict[Key, dict[str, Any]]:
    from dagster_project.ledger.ledger import LedgerError
    from dagster_project.ledger.record import latest_verdicts

    try:
        rows = latest_verdicts(project.ledger)
    except LedgerError as error:
        raise PipelineFailedError(
            f"the ledger cannot be read, so nothing could be recorded: {error}"
        ) from error
    return {(row["decision_class"], row["segment"], row["gate"]): row for row in rows}


def _recorded(project: Project, run_id: str, log: Path) -> dict[str, Any]:
    """What the ledger says of this very run."""
    from dagster_project.ledger.record import last_run

    line = last_run(project.ledger)
    if line is None or line.actor != f"run:{run_id}":
        raise PipelineFailedError(f"the run ended, but the ledger has no line of it; log: {log}")
    body = line.body
    return {
        "as_of": body["as_of"],
        "known_batch": body["known_batch"],
        "valid_until": body["valid_until"],
        "verdicts": body["counts"],
        "digest": body["digests"]["verdicts"],
    }


def _changes(before: dict[Key, dict[str, Any]], after: dict[Key, dict[str, Any]]) -> list[Any]:
    """Verdicts that differ, and levels and cohorts that differ under an equal verdict."""
    changes = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key, {}), after.get(key, {})
        what = [
            name
            for name in ("verdict", "is_blocked", "level", "cohort_id")
            if old.get(name) != new.get(name)
        ]
        if what:
            named = dict(zip(("decision_class", "segment", "gate"), key, strict=True))
            changes.append(
                named | {"before": old.get("verdict"), "now": new.get("verdict"), "changed": what}
            )
    return changes


def print_summary(out: "Console", summary: dict[str, Any]) -> None:
    """Rows, verdicts, changes, digest, places, cost of the run."""
    from dagster_project.cli.screen import text
    from dagster_project.cli.words import VERDICT_LOOKS, counted

    landed = summary["landed"]
    out.print(text(("Run", "bold"), f"   as of {summary['as_of']}   id {summary['run_id']}"))
    new = counted(landed.get("landed_files", 0), "new file")
    files = f"{new}, {landed.get('known_files', 0):,} known"
    rows = counted(landed.get("landed_count", 0), "row")
    quarantined = f"{landed.get('quarantined_count', 0):,} quarantined"
    out.print(text(f"landed       {rows} of {files}; {quarantined}"))
    if odd := landed.get("unaccountable_files", 0):
        words = f"{counted(odd, 'file')} cannot be accounted for"
        out.print(text((f"             {words}", "bold red")))
    if waiting := landed.get("waiting_files", 0):
        noun = "file waits" if waiting == 1 else "files wait"
        out.print(f"             {waiting:,} {noun}: written to just now")
    line = text("verdicts     ")
    for verdict, (symbol, _, style) in VERDICT_LOOKS.items():
        if count := summary["verdicts"].get(verdict):
            line.append_text(text((f"{symbol} {count:,} {verdict}  ", style)))
    line.rstrip()
    out.print(line)
    _print_changes(out, summary)
    out.print(text(f"digest       {summary['digest']}"))
    out.print(text(f"release      {summary['publish']}"))
    out.print(text(f"log          {summary['log']}"))
    took = ", ".join(f"{step} {seconds}" for step, seconds in summary["step_seconds"].items())
    out.print(text(f"time         {summary['seconds']} s ({took})"))
    out.print(text(f"peak memory  {summary['peak_memory_mb']:,} MB"))


def _print_changes(out: "Console", summary: dict[str, Any]) -> None:
    from dagster_project.cli.screen import table, text
    from dagster_project.cli.words import NONE, counted

    changes = summary["changes"]
    if summary["is_first_run"] or not changes:
        recorded = f"first run: {counted(len(changes), 'verdict')} recorded"
        words = recorded if changes else "none"
        out.print(text(f"changed      {words}"))
        return
    out.print(text(f"changed      {len(changes):,}"))
    shown = table("class", "gate", "before → now")
    for change in changes[:SHOWN_CHANGES]:
        segment = "" if change["segment"] == ALL_SEGMENT else f" {change['segment']}"
        step = f"{change['before'] or NONE} → {change['now'] or NONE}"
        others = [what for what in change["changed"] if what != "verdict"]
        further = f" ({', '.join(others)} changed)" if others else ""
        name = text(change["decision_class"], (segment, "dim"))
        shown.add_row(name, text(change["gate"]), text(step, further))
    out.print(shown)
    if len(changes) > SHOWN_CHANGES:
        out.print(text(f"… and {len(changes) - SHOWN_CHANGES:,} more; --format json lists all"))
