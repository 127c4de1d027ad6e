"""``penstock erase`` and ``penstock pseudonym``: the two commands that are told a person's name."""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from dagster_project.automation.erasing import REASON, Erased, erase
from dagster_project.cli.actor import user_actor
from dagster_project.cli.faults import (
    NO,
    OK,
    NothingYetError,
    PipelineFailedError,
    UsageProblemError,
)
from dagster_project.cli.ledger import refuse_under_hold
from dagster_project.cli.words import counted
from dagster_project.settings import Project


def erase_rows(
    project: Project,
    asked: Mapping[str, str | None],
    reason: str | None,
    *,
    only_finish: bool,
    as_json: bool,
) -> int:
    """The command: erase and say what was done; never repeats what was asked for."""
    from dagster_project.cli.screen import console, emit_json, text
    from dagster_project.contracts.sources import SourceError, load_sources
    from dagster_project.landing.erased_rows import EraseError
    from dagster_project.landing.manifest import ManifestError
    from dagster_project.landing.pseudonyms import PseudonymKeyError
    from dagster_project.ledger.ledger import LedgerError
    from dagster_project.transform.bridge import DbtFailedError, ensure_manifest

    wanted = _wanted(asked, only_finish=only_finish)
    if not only_finish:  # half an erasure stops every run, so it may be finished
        refuse_under_hold(project)
    if not project.landing.is_dir():
        raise NothingYetError("nothing has landed yet; run `penstock run`")
    try:
        sources = load_sources(ensure_manifest(project))
        actor = user_actor()
        erased = erase(
            project,
            sources,
            actor=actor,
            subject=wanted.get("subject", ""),
            decision=wanted.get("decision", ""),
            reason=reason or REASON,
        )
    except (SourceError, PseudonymKeyError) as error:
        raise UsageProblemError(str(error)) from error
    except (EraseError, LedgerError, ManifestError, DbtFailedError, OSError) as error:
        fix = "`penstock erase --finish` goes on where this stopped"
        raise PipelineFailedError(f"the erasure is not complete: {error}", [fix]) from error
    if as_json:
        emit_json(_document(erased))
    else:
        for line in _lines(erased):
            console().print(text(line))
    return OK if erased.done or erased.resumed or only_finish else NO


def print_pseudonyms(project: Project, *, as_json: bool) -> None:
    """Of the names on stdin, in order."""
    from dagster_project.cli.screen import emit_json
    from dagster_project.landing.manifest import Books
    from dagster_project.landing.pseudonyms import PseudonymKeyError, open_pseudonyms

    names = [line.strip() for line in sys.stdin if line.strip()]
    try:
        pseudonyms = open_pseudonyms(project, Books(project.landing))
    except PseudonymKeyError as error:
        raise UsageProblemError(str(error)) from error
    found = [pseudonyms.registered(name) for name in names]
    if as_json:
        emit_json({"pseudonyms": found})
    else:
        sys.stdout.write("".join(line + "\n" for line in found))


def _wanted(asked: Mapping[str, str | None], *, only_finish: bool) -> dict[str, str]:
    given = {key: value for key, value in asked.items() if value is not None}
    if len(given) != (0 if only_finish else 1):
        raise UsageProblemError("name one of --subject, --decision and --finish")
    wanted = {key: sys.stdin.read() if value == "-" else value for key, value in given.items()}
    wanted = {key: value.removesuffix("\n") for key, value in wanted.items()}
    for key, value in wanted.items():
        if not value.strip() or "\n" in value:
            raise UsageProblemError(f"--{key}: give one id")
    return wanted


def _document(erased: Erased) -> dict[str, Any]:
    return {
        "erased": asdict(erased.done) if erased.done else None,
        "resumed": asdict(erased.resumed) if erased.resumed else None,
        "ledger_line": erased.line,
    }


def _lines(erased: Erased) -> list[str]:
    lines = []
    if erased.resumed:
        lines.append(
            f"finished an erasure that had been begun: {counted(erased.resumed.row_count, 'row')}"
        )
    if erased.done:
        done = erased.done
        lines.append(
            f"erased {counted(done.row_count, 'row')} of {counted(done.decision_count, 'decision')}"
            f" in {counted(len(done.files), 'file')}"
        )
    if erased.line is None:
        return ["nothing of it has landed"]
    return [*lines, f"ledger line {erased.line}; `penstock run` makes the warehouse again"]
