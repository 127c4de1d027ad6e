"""``penstock waive`` asks that a risk be borne for a time; ``penstock waivers`` says which are."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from dagster_project.cli.faults import UsageProblemError
from dagster_project.cli.options import checked_days, known
from dagster_project.cli.words import counted, number
from dagster_project.contracts.registry.criteria import CRITERIA
from dagster_project.contracts.registry.inventory import DECISION_CLASSES
from dagster_project.contracts.registry.tables import WAIVERS

if TYPE_CHECKING:
    from dagster_project.settings import Project

REGISTERED = (
    "SELECT * EXCLUDE (as_of) FROM {waiver_states} "
    "ORDER BY state = 'open' DESC, expires_at DESC, decision_class, criterion_id"
)
STATE_STYLES = {"open": "bold yellow", "void": "red"}


def waive(
    project: "Project",
    decision_class: str,
    criterion: str,
    people: tuple[str, str],
    reason: str,
    exposure: str,
    days: int,
    *,
    is_trial: bool,
    as_json: bool,
) -> None:
    """Append a waiver from today on; ``people``: who asks, who approves."""
    from dagster_project.cli.registry_rows import add_row, seed_rows
    from dagster_project.cli.screen import console, emit_json
    from dagster_project.cli.sign_off import print_added
    from dagster_project.contracts.registry.governance import LONGEST_WAIVER

    checked_days(days, LONGEST_WAIVER)
    found = seed_rows(project, DECISION_CLASSES)
    if found.problems:
        problems = [str(problem) for problem in found.problems]
        raise UsageProblemError("the registry cannot be read; nothing was written", problems)
    classes = {row.cells["decision_class"]: row for row in found.rows}
    known("decision class", decision_class, sorted(classes))
    known("criterion", criterion, [name for names in CRITERIA.values() for name in names])
    today = datetime.now(UTC).date()
    cells = {
        "waiver_id": f"{today:%Y%m%d}-{decision_class}-{criterion}",
        "decision_class": decision_class,
        "criterion_id": criterion,
        "requested_by": people[0],
        "approved_by": people[1],
        "reason": reason,
        "exposure_amount": exposure,
        "currency": classes[decision_class].cells["currency"],
        "granted_at": today.isoformat(),
        "expires_at": (today + timedelta(days=days)).isoformat(),
    }
    added = add_row(project, WAIVERS, cells, is_trial=is_trial)
    if as_json:
        emit_json({"is_written": not is_trial, **vars(added)})
        return
    out = console()
    print_added(out, added, is_trial=is_trial)
    out.print("the verdict stays what it is; the class is held at `surface` at most, never lifted")


def list_waivers(project: "Project", *, as_json: bool) -> None:
    """Every registered waiver, open ones first, with what all open ones expose."""
    from dagster_project.cli.registry_rows import seed_rows
    from dagster_project.cli.release import open_release
    from dagster_project.cli.scorecard_text import print_heading
    from dagster_project.cli.screen import console, emit_json, print_indented, text
    from dagster_project.cli.sign_off import waiting_words

    with open_release(project) as release:
        heading, rows = release.heading(), release.rows(REGISTERED)
    open_rows = [row for row in rows if row["state"] == "open"]
    money = sorted({row["currency"] for row in open_rows})
    exposed = {
        unit: sum(row["exposure_amount"] for row in open_rows if row["currency"] == unit)
        for unit in money
    }
    if as_json:
        emit_json(heading | {"open_count": len(open_rows), "exposure": exposed, "waivers": rows})
        return
    out = console()
    print_heading(out, "Waivers", heading)
    total = ", ".join(f"{number(amount)} {unit}" for unit, amount in exposed.items())
    out.print(text(f"{len(open_rows)} open", f"; exposure {total}" if total else ""))
    if waiting := waiting_words(seed_rows(project, WAIVERS), "waiver_id", rows):
        out.print(waiting)
    for row in rows:
        state = (row["state"].replace("_", " "), STATE_STYLES.get(row["state"], "dim"))
        name = f"  {row['decision_class']}  {row['criterion_id']}"
        out.print(text(state, name, f"  until {row['expires_at']}"))
        borne = f"{number(row['exposure_amount'])} {row['currency']}; {row['reason']}"
        who = f"asked by {row['requested_by']}, approved by {row['approved_by']}"
        covered = f"; {counted(row['waived_verdict_count'], 'verdict')} waived, none a pass"
        print_indented(out, text(f"{borne}; {who}", covered))
