"""``penstock ledger``: chain, anchor and publication must agree; old months go when it is time."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dagster_project.cli.faults import NO, OK, NothingYetError, PipelineFailedError, RefusedError

if TYPE_CHECKING:
    from dagster_project.settings import Project


def verify_ledger(project: "Project", *, as_json: bool) -> int:
    """Print what was checked and every problem; 0 whole, 1 not."""
    from dagster_project.cli.screen import console, emit_json, text
    from dagster_project.ledger.verify import month_files

    months = month_files(project.ledger)
    problems = _problems(project)
    if not months and not problems:
        raise NothingYetError(f"there is no ledger in {project.ledger} yet; run `penstock run`")
    lines = sum(path.read_bytes().count(b"\n") for path in months)
    if as_json:
        emit_json(
            {
                "ledger": str(project.ledger),
                "anchor": str(project.anchor) if project.anchor else None,
                "line_count": lines,
                "month_count": len(months),
                "is_whole": not problems,
                "problems": [
                    {"code": code, "place": place, "detail": detail}
                    for code, place, detail in problems
                ],
            }
        )
        return NO if problems else OK
    out = console()
    for code, place, detail in problems:
        out.print(text((f"✗ {code}", "red"), f"  {place}  {detail}"))
    months_noun = "month file" if len(months) == 1 else "month files"
    summary = f"{lines:,} lines in {len(months)} {months_noun} of {project.ledger}"
    if problems:
        out.print(text((f"{len(problems)} problems", "bold red"), f"  {summary}"))
        return NO
    out.print(text(("✓ whole", "green"), f"  {summary}"))
    out.print(text(f"anchor: {project.anchor or 'none configured, so a cut end cannot be seen'}"))
    return OK


def dispose_ledger(project: "Project", *, is_dry_run: bool, as_json: bool) -> int:
    """Remove months whose time is over, and say which; 0 also when there is none."""
    from dagster_project.automation.anchoring import watch_of
    from dagster_project.cli.actor import user_actor
    from dagster_project.cli.screen import console, emit_json, text
    from dagster_project.ledger.ledger import LedgerError
    from dagster_project.ledger.retention import dispose_expired, expired_months

    refuse_under_hold(project)
    now, years = datetime.now(UTC), project.ledger_years
    line = None
    try:
        names = [path.name for path in expired_months(project.ledger, years, now)]
        if not is_dry_run:
            line = dispose_expired(
                project.ledger,
                years,
                reason=f"older than {years} years",
                actor=user_actor(),
                time=now,
                watch=watch_of(project),
            )
    except (LedgerError, OSError) as error:
        raise PipelineFailedError(
            f"the disposal is not complete: {error}; call it again"
        ) from error
    if as_json:
        emit_json({"files": names, "ledger_line": line.seq if line else None})
        return OK
    out = console()
    for name in names:
        out.print(text(f"{'would go' if is_dry_run else 'gone'}  {name}"))
    done = (
        f"ledger line {line.seq}" if line else f"{len(names)} months are older than {years} years"
    )
    out.print(text(done))
    return OK


def refuse_under_hold(project: "Project") -> None:
    """Raises RefusedError while a legal hold stands: nothing is disposed of or erased."""
    if project.holds:
        raise RefusedError(
            "a legal hold stands, so nothing is disposed of; [retention] holds in penstock.toml:",
            list(project.holds),
        )


def _problems(project: "Project") -> list[tuple[str, str, str]]:
    """The independent verifier's, what is lost of the kept inputs, and whether the release in use
    is one that a run recorded."""
    from dagster_project.cli.release import open_release
    from dagster_project.ledger.kept import lost_inputs
    from dagster_project.ledger.ledger import read
    from dagster_project.ledger.verify import verify

    chain = verify(project.ledger, project.anchor, project.publish)
    found = map(tuple, chain or lost_inputs(project.ledger, read(project.ledger)))
    problems = [(str(code), str(place), str(detail)) for code, place, detail in found]
    if problems:
        return problems
    try:
        with open_release(project):
            return []
    except NothingYetError:
        return []
    except RefusedError as error:
        return [("release_not_to_be_believed", str(project.publish / "current"), str(error))]
