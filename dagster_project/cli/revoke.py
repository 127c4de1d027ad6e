"""``penstock revoke``: take delegation back at once, whatever the evidence says."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dagster_project.cli.actor import user_actor
from dagster_project.cli.faults import (
    NothingYetError,
    PipelineFailedError,
    RefusedError,
    UsageProblemError,
)
from dagster_project.cli.words import sayable
from dagster_project.settings import Project

if TYPE_CHECKING:
    from dagster_project.ledger.ledger import Line
    from dagster_project.ledger.revocation import Revocation

STOP = "to stop every agent without the ledger, delete {}: may-act then denies everything"


def change_revocations(
    project: Project,
    decision_class: str | None,
    reason: str | None,
    *,
    is_for_all: bool,
    is_lift: bool,
    as_json: bool,
) -> None:
    """The command: revoke or lift, or, when nothing is asked for, show what stands."""
    from dagster_project.cli.screen import emit_json
    from dagster_project.ledger.canonical import CanonicalError
    from dagster_project.ledger.ledger import LedgerError
    from dagster_project.ledger.revocation import in_force, standing

    is_asked = bool(decision_class or is_for_all)
    if (decision_class and is_for_all) or (not is_asked and (reason or is_lift)):
        raise UsageProblemError("name a CLASS or --all")
    if is_asked and not (reason and reason.strip()):
        raise UsageProblemError("say why: --reason TEXT; it stands in the ledger for good")
    try:
        lines = _change(project, decision_class, reason or "", is_lift=is_lift) if is_asked else []
        found = standing(project.ledger)
    except (LedgerError, CanonicalError, OSError) as error:
        grants = project.publish / "grants.json"
        raise PipelineFailedError(
            f"the ledger cannot be written: {error}", [STOP.format(grants)]
        ) from error
    if as_json:
        emit_json(
            {"lines": [line.seq for line in lines], "standing": [vars(each) for each in found]}
        )
    else:
        lifted = [each for each in in_force(project.ledger) if each not in found]
        _print(lines, found, [] if lines else lifted, is_lift=is_lift)
    _tell_hook(project, lines)


def _change(
    project: Project, decision_class: str | None, reason: str, *, is_lift: bool
) -> "Sequence[Line]":
    from dagster_project.automation.anchoring import watch_of
    from dagster_project.cli.options import known
    from dagster_project.ledger.record import last_run, latest_verdicts
    from dagster_project.ledger.revocation import lift, revoke

    if last_run(project.ledger) is None:
        raise NothingYetError(f"no run is recorded in {project.ledger}, so nothing was granted")
    given: dict[str, Any] = {
        "reason": sayable(reason),
        "actor": user_actor(),
        "time": datetime.now(UTC),
        "watch": watch_of(project),
    }
    if is_lift:  # a class that has gone from the registry must still be found
        lines = lift(project.ledger, decision_class, **given)
        if not lines:
            raise RefusedError(f"no revocation of {decision_class or 'every class'} stands")
        return lines
    if decision_class:
        judged = {row["decision_class"] for row in latest_verdicts(project.ledger)}
        known("class", decision_class, judged)
    return [revoke(project.ledger, decision_class, **given)]


def _print(
    lines: "Sequence[Line]",
    found: "Sequence[Revocation]",
    lifted: "Sequence[Revocation]",
    *,
    is_lift: bool,
) -> None:
    from dagster_project.cli.screen import console, text

    out = console()
    for line in lines:
        name = line.body["decision_class"] or "every class"
        words = "lifted, from the next run on" if is_lift else "revoked, from now on"
        out.print(text((name, "bold"), f"  {words}; ledger line {line.seq}"))
    for each in found:
        name = each.decision_class or "every class"
        out.print(text(("revoked", "red"), f"  {name}  since ledger line {each.seq}"))
    for each in lifted:
        name = each.decision_class or "every class"
        out.print(text(f"lifted, from the next run on  {name}  ledger line {each.seq}"))
    if not found:
        out.print(text("nothing else is revoked" if lifted else "no revocation stands"))


def _tell_hook(project: Project, lines: "Sequence[Line]") -> None:
    from dagster_project.automation.anchoring import HookFailedError, call_hook

    if not lines:
        return
    try:
        call_hook(project)
    except HookFailedError as error:
        raise PipelineFailedError(str(error)) from error
