"""``penstock replay``: a recorded run judged again, from kept inputs or from landed files."""

import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.cli.faults import (
    NO,
    OK,
    NothingYetError,
    PipelineFailedError,
    RefusedError,
    UsageProblemError,
)
from dagster_project.settings import Project

if TYPE_CHECKING:
    from dagster_project.automation.replaying import Replay
    from dagster_project.automation.replaying_raw import RawReplay
    from dagster_project.cli.options import Call
    from dagster_project.ledger.ledger import Line

SHOWN = 20


def show_replay(call: "Call", asked: Mapping[str, Any], *, from_raw: bool) -> int:
    """The command: replay and say whether the recorded digest came out; 0 it did, 1 not.

    ``asked``: as_of, known_at, run (text), ledger (a folder), as far as they were given.
    """
    from dagster_project.cli.screen import emit_json

    copied = asked.get("ledger")
    if copied and from_raw:
        raise UsageProblemError("--from-raw needs the project and its landed files, not --ledger")
    project = None if copied else call.project()
    raw = None
    line = _chosen(project, asked)
    if project and from_raw:
        raw = _replay_raw(project, line, is_quiet=call.as_json)
        found = raw.replay
    else:
        found = _replay(_ledger(project, asked), line)
    if call.as_json:
        emit_json(_document(found, raw))
    else:
        _print(found, raw)
    return OK if found.is_equal else NO


def _ledger(project: Project | None, asked: Mapping[str, Any]) -> Path:
    return project.ledger if project else Path(asked["ledger"])


def _chosen(project: Project | None, asked: Mapping[str, Any]) -> "Line":
    from dagster_project.automation.replaying import NoSuchRunError, choose_run
    from dagster_project.cli.options import checked_date, checked_moment
    from dagster_project.ledger.anchor import check_anchor
    from dagster_project.ledger.ledger import LedgerError, last_line
    from dagster_project.ledger.verify import month_files

    as_of = checked_date("--as-of", asked.get("as_of"))
    known_at = checked_moment("--known-at", asked.get("known_at"))
    ledger = _ledger(project, asked)
    if not month_files(ledger):
        raise NothingYetError(f"there is no ledger in {ledger}; run `penstock run`")
    try:
        if project:
            check_anchor(ledger, project.anchor, last_line(ledger))
        return choose_run(ledger, as_of=as_of, known_at=known_at, run=asked.get("run"))
    except NoSuchRunError as error:
        nearest = [f"there is: {each}" for each in error.nearest]
        raise NothingYetError(str(error), nearest or ["no run is recorded yet"]) from None
    except LedgerError as error:
        raise RefusedError(f"the ledger is not to be believed: {error}") from error


def _replay(ledger: Path, line: "Line") -> "Replay":
    from dagster_project.automation.replaying import replay
    from dagster_project.ledger.ledger import LedgerError

    try:
        return replay(ledger, line)
    except LedgerError as error:
        raise RefusedError(f"nothing was replayed: {error}") from error


def _replay_raw(project: Project, line: "Line", *, is_quiet: bool) -> "RawReplay":
    import duckdb

    from dagster_project.automation.replaying_raw import replay_from_raw
    from dagster_project.cli.quiet import new_log, progress
    from dagster_project.ledger.ledger import LedgerError
    from dagster_project.transform.bridge import DbtFailedError, ensure_manifest, run_dbt

    log = new_log(project.home / "logs")
    steps = ["parse"]
    with progress(log, *steps, is_quiet=is_quiet) as show:

        def tell(step: str) -> None:
            steps.append(step)
            show(step)

        try:
            ensure_manifest(project)  # has the packages of the project installed
            with tempfile.TemporaryDirectory(dir=project.home, prefix="replay-") as folder:
                return replay_from_raw(project, line, Path(folder), run_dbt=run_dbt, tell=tell)
        except LedgerError as error:
            raise RefusedError(f"nothing was replayed: {error}") from error
        except (DbtFailedError, duckdb.Error, OSError, ValueError, RuntimeError) as error:
            lines = str(error).splitlines()[-SHOWN:]
            raise PipelineFailedError(f"step `{steps[-1]}` failed; log: {log}", lines) from error


def _document(found: "Replay", raw: "RawReplay | None") -> dict[str, Any]:
    line = found.line
    document: dict[str, Any] = {
        "as_of": line.body["as_of"],
        "known_batch": line.body["known_batch"],
        "line": line.seq,
        "recorded_at": line.time,
        "run_id": line.actor.removeprefix("run:"),
        "from": "landed files" if raw else "kept inputs",
        "is_equal": found.is_equal,
        "recorded_digest": found.recorded,
        "digest": found.digest,
        "differences": [asdict(each) for each in found.differences],
        "notes": found.notes,
    }
    if raw:
        document |= {
            "files": [asdict(each) for each in raw.files],
            "code": raw.code,
            "tables": [asdict(each) for each in raw.tables],
        }
    return document


def _print(found: "Replay", raw: "RawReplay | None") -> None:
    from dagster_project.automation.replaying import described
    from dagster_project.cli.screen import console, text

    out = console()
    verdict = ("✓ the same", "green") if found.is_equal else ("✗ not the same", "bold red")
    source = "landed files" if raw else "kept inputs"
    out.print(text(verdict, f"  {described(found.line)}, judged again from {source}"))
    out.print(text(f"recorded digest  {found.recorded}"))
    if not found.is_equal:
        out.print(text(f"digest now       {found.digest}"))
    for each in found.differences[:SHOWN]:
        changes = (f"{name} {then} → {now}" for name, (then, now) in each.columns.items())
        out.print(text(f"{each.table}: {each.key}: {', '.join(changes)}"))
    if (rest := len(found.differences) - SHOWN) > 0:
        out.print(text(f"and {rest:,} other rows; --format json has them all"))
    for note in found.notes:
        out.print(text((note, "yellow")))
    for line in _raw_lines(raw) if raw else ():
        out.print(text((line, "yellow")))


def _raw_lines(raw: "RawReplay") -> list[str]:
    lines = []
    for file in raw.files:
        noted = f", line {', '.join(map(str, file.disposals))}" if file.disposals else ""
        lines.append(
            f"landed file {file.problem}: {file.source} {file.table} {file.file_sha256}{noted}"
        )
    lines += [f"other code: {path}" for path in raw.code[:SHOWN]]
    if (rest := len(raw.code) - SHOWN) > 0:
        lines.append(f"and {rest:,} other files of code; --format json has them all")
    lines += [
        f"other rows: {each.name}: {each.only_recorded:,} only then, {each.only_now:,} only now"
        for each in raw.tables
    ]
    return lines
