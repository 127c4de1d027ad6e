"""Erasure from end to end: landed files, warehouse, ledger. Each step may be repeated.

Order: stage and journal → files and books → drop the warehouse → ledger → forget the journal. A
kill before the journal leaves everything as it was; a kill after it leaves an erasure that the next
call finishes, and until then `verify` stops every run.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from dagster_project.contracts.sources import SourceTable
from dagster_project.landing.erase import Erasure
from dagster_project.landing.manifest import read_entries
from dagster_project.settings import Project
from dagster_project.transform.rebuild import forget_unfrozen

REASON = "erasure of personal data"
Step = Callable[[str], None]


@dataclass(frozen=True)
class Erased:
    """``resumed``: an earlier erasure that this call finished first. ``line``: of the ledger."""

    done: Erasure | None
    resumed: Erasure | None
    line: int | None


def erase(
    project: Project,
    sources: Sequence[SourceTable],
    *,
    actor: str,
    subject: str = "",
    decision: str = "",
    reason: str = REASON,
    on_step: Step = lambda _: None,
) -> Erased:
    """Erase a subject (by name or pseudonym) or a decision; without either, finish what was begun.

    ``on_step`` is told before every step. Raises EraseError, PseudonymKeyError, LedgerError.
    """
    from dagster_project.landing.erase import pending, stage
    from dagster_project.landing.land import locked_books
    from dagster_project.landing.pseudonyms import open_pseudonyms

    with locked_books(project) as books:
        line = None
        if resumed := pending(project.landing):
            line = _complete(project, resumed, actor, reason, on_step)
            books.reload()
        books.mend()
        name = open_pseudonyms(project, books).registered(subject) if subject else ""
        on_step("stage")
        done = stage(books, sources, subject=name, decision=decision) if name or decision else None
        if done:
            line = _complete(project, done, actor, reason, on_step)
    return Erased(done, resumed, line)


def _complete(project: Project, erasure: Erasure, actor: str, reason: str, on_step: Step) -> int:
    from dagster_project.automation.anchoring import watch_of
    from dagster_project.landing.erase import apply, finish
    from dagster_project.landing.manifest import Books
    from dagster_project.ledger.disposal import record_disposal

    apply(Books(project.landing), erasure, on_step)
    on_step("warehouse")
    forget_facts(project)
    on_step("ledger")
    line = record_disposal(
        project.ledger,
        asdict(erasure),
        reason=reason,
        actor=actor,
        time=datetime.now(UTC),
        watch=watch_of(project),
    )
    on_step("finish")
    finish(project.landing)
    return line.seq


def forget_facts(project: Project) -> None:
    """Facts hold subjects; the next run makes again what can be made from landing."""
    if frozen := {e.landing_batch for e in read_entries(project.landing) if e.is_frozen}:
        forget_unfrozen(project, frozen)
        return
    for path in (project.warehouse, project.warehouse.with_name(project.warehouse.name + ".wal")):
        with suppress(FileNotFoundError):
            path.unlink()
