"""``penstock sign-off`` writes a signature under a map; ``penstock sign-offs`` says which count."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dagster_project.cli.autonomy_map import signed_map
from dagster_project.cli.faults import RefusedError
from dagster_project.cli.options import checked_days, known
from dagster_project.contracts.registry.tables import SIGN_OFFS, SIGNING_ROLES

if TYPE_CHECKING:
    from dagster_project.cli.registry_rows import Added
    from dagster_project.cli.release import Release
    from dagster_project.contracts.registry.reading import SeedFile
    from dagster_project.settings import Project

HOLDERS = "SELECT person_id FROM {ownership} WHERE workflow = ? AND role = ? AND NOT is_vacant"
SIGNATURES = (
    "SELECT * EXCLUDE (as_of) FROM {signatures} ORDER BY decision_class, role, signed_at DESC"
)
# by the column for which a signature does not count: what is wrong, and what to do
REJECTED = {
    "map_digest": ("was given for another map", "sign this one: penstock sign-off"),
    "expires_at": ("is over", "sign again: penstock sign-off"),
    "signed_at": ("lies after the last business day looked at", "wait for the next run"),
    "person_id": ("does not hold the role today", "let the owner of today sign"),
    "role": ("is signed by the same person in both roles", "let two different people sign"),
}


def sign(
    project: "Project",
    decision_class: str,
    role: str,
    person: str,
    days: int,
    *,
    is_trial: bool,
    as_json: bool,
) -> None:
    """Append the signature of ``person`` under the map that the last run published."""
    from dagster_project.cli.registry_rows import add_row
    from dagster_project.cli.release import open_release
    from dagster_project.cli.screen import console, emit_json
    from dagster_project.contracts.registry.governance import LONGEST_SIGNATURE

    known("role", role, SIGNING_ROLES)
    checked_days(days, LONGEST_SIGNATURE)
    with open_release(project) as release:
        heading, covered = release.heading(), signed_map(release, decision_class)
        found = covered[0]
        _refuse_what_is_not_in_force(release)
        _refuse_who_does_not_hold(release, found["workflow"], role, person)
        evidence = release.inputs
    today = datetime.now(UTC).date()
    cells = {
        "sign_off_id": f"{today:%Y%m%d}-{decision_class}-{role}",
        "decision_class": decision_class,
        "role": role,
        "person_id": person,
        "map_digest": found["map_digest"],
        "evidence_digest": evidence,
        "signed_at": today.isoformat(),
        "expires_at": (today + timedelta(days=days)).isoformat(),
    }
    _refuse_twice(project, cells)
    added = add_row(project, SIGN_OFFS, cells, is_trial=is_trial)
    document = heading | {"map": found, "is_written": not is_trial, **vars(added)}
    if as_json:
        emit_json(document)
        return
    from dagster_project.cli.autonomy_map import print_map

    out = console()
    print_map(out, heading, covered)
    print_added(out, added, is_trial=is_trial)
    out.print(f"it counts from runs as of {today} on, while they find exactly this map")


def _refuse_what_is_not_in_force(release: "Release") -> None:
    if release.is_expired or not release.is_newest:
        raise RefusedError(
            f"the release as of {release.as_of} is no longer what is in force; run `penstock run`, "
            "then look at the map again before you sign it"
        )


def _refuse_who_does_not_hold(release: "Release", workflow: str, role: str, person: str) -> None:
    holders = [row["person_id"] for row in release.rows(HOLDERS, workflow, role)]
    if person not in holders:
        held = f"it is {' and '.join(holders)}" if holders else "the role is vacant"
        raise RefusedError(f"{person} is not the {role} owner of {workflow}; {held}")


def _refuse_twice(project: "Project", cells: dict[str, str]) -> None:
    from dagster_project.cli.registry_rows import seed_rows

    same = ("decision_class", "role", "person_id", "map_digest")
    found = seed_rows(project, SIGN_OFFS)
    for row in found.rows:
        is_valid = row.cells["expires_at"] > cells["signed_at"]
        if is_valid and all(row.cells[name] == cells[name] for name in same):
            raise RefusedError(f"{cells['person_id']} signed this map already: row {row.line}")


def print_added(out: Any, added: "Added", *, is_trial: bool) -> None:
    """The row, as a reviewer will see it in the pull request."""
    from dagster_project.cli.screen import text

    verb = "would be added" if is_trial else "added"
    out.print()
    out.print(text(f"{verb} to {added.file}, row {added.line}:"))
    out.print(text((f"+ {added.text}", "green")), soft_wrap=True)
    if not is_trial:
        out.print("commit it, and have another person review it in a pull request")


def waiting_words(found: "SeedFile", key: str, rows: list[dict[str, Any]]) -> str:
    """How many rows of the registry the release does not know yet; empty where none."""
    count = len(found.keys() - {row[key] for row in rows})
    noun = "1 row waits" if count == 1 else f"{count} rows wait"
    return f"{noun} in {found.file} for the next run" if count else ""


def list_sign_offs(project: "Project", *, as_json: bool) -> None:
    """Every registered signature: it counts, or file, row, column and fix."""
    from dagster_project.cli.registry_rows import seed_rows
    from dagster_project.cli.release import open_release
    from dagster_project.cli.scorecard_text import print_heading
    from dagster_project.cli.screen import console, emit_json, text

    with open_release(project) as release:
        heading, rows = release.heading(), release.rows(SIGNATURES)
    found = seed_rows(project, SIGN_OFFS)
    lines = {row.cells["sign_off_id"]: row.line for row in found.rows}
    for row in rows:
        row |= {"file": found.file, "row": lines.get(row["sign_off_id"])}
        row["message"], row["fix"] = REJECTED.get(row["rejected_column"], (None, None))
    if as_json:
        emit_json(heading | {"sign_offs": rows})
        return
    out = console()
    print_heading(out, "Sign-offs", heading)
    for row in rows:
        name = f"{row['decision_class']}  {row['role']}  {row['person_id']}"
        if row["rejected_column"] is None:
            out.print(text(("✓ ", "green"), name, f"  until {row['expires_at']}"))
            continue
        place = f"{row['file']} row {row['row'] or '?'}, column {row['rejected_column']}"
        out.print(text(("✗ ", "red"), name))
        out.print(text(f"    {place}: {row['message']}; {row['fix']}"))
    waiting = waiting_words(found, "sign_off_id", rows)
    if waiting or not rows:
        out.print(waiting or "nobody has signed anything")
