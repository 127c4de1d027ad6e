"""Rules of what people sign, waive and rename: who may, for how long, and never for themselves."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from dagster_project.contracts.registry.criteria import RULES
from dagster_project.contracts.registry.problems import quoted
from dagster_project.contracts.registry.reading import Row, SeedFile
from dagster_project.contracts.registry.rows import grouped, is_same_time, report_order

LONGEST_WAIVER: Final = timedelta(days=30)
LONGEST_SIGNATURE: Final = timedelta(days=366)
FEWEST_PARTS: Final = {"split": "former_class", "merged": "decision_class"}


class Holders:
    """Who held which role of a class's workflow, and on which days."""

    def __init__(self, files: Mapping[str, SeedFile]) -> None:
        classes, owners = files["decision_classes"], files["owners"]
        self.workflows = {
            row.cells["decision_class"]: row.cells["workflow"] for row in classes.rows
        }
        self.rows = owners.rows
        # what hangs on a file with a fault is not reported as well
        self.is_sound = all(
            found.is_complete and not found.faulty for found in (classes, owners, files["people"])
        )

    def holds(self, row: Row, role: str, person: str, day: str) -> bool:
        """``person`` answered for the workflow of the row's class on ``day``, as far as known."""
        workflow = self.workflows.get(row.cells["decision_class"])
        return not self.is_sound or any(
            (owner.cells["workflow"], owner.cells["role"], owner.cells["person_id"])
            == (workflow, role, person)
            and owner.cells["valid_from"] <= day
            and (not owner.cells["valid_until"] or day < owner.cells["valid_until"])
            for owner in self.rows
        )


def check_sign_offs(sign_offs: SeedFile, holders: Holders) -> None:
    """A signature ends after it was given, by who held the role, and nobody signs in both."""
    for row in sign_offs.sound("signed_at", "expires_at"):
        if row.cells["expires_at"] <= row.cells["signed_at"]:
            report_order(sign_offs, row, "expires_at", "signed_at")
        _check_length(sign_offs, row, "signed_at", LONGEST_SIGNATURE)
    for row in sign_offs.sound("decision_class", "role", "person_id", "signed_at"):
        role, person, day = (row.cells[name] for name in ("role", "person_id", "signed_at"))
        if not holders.holds(row, role, person, day):
            sign_offs.report(
                row,
                "person_id",
                f"{quoted(person)} was not the {role} owner on {day}",
                f"let the {role} owner sign, or register the ownership in owners.csv",
            )
    columns = ("decision_class", "map_digest", "person_id")
    for rows in grouped(sign_offs.sound(*columns, "role"), columns):
        for row in rows[1:]:
            if row.cells["role"] != rows[0].cells["role"]:
                sign_offs.report(
                    row,
                    "person_id",
                    f"{quoted(row.cells['person_id'])} signed the same map in row {rows[0].line} "
                    f"as {rows[0].cells['role']} owner",
                    "let two different people sign",
                )


def check_waivers(waivers: SeedFile, classes: SeedFile, holders: Holders) -> None:
    """Another person asks than approves, for 30 days at most, and never of a rule."""
    for row in waivers.sound("criterion_id"):
        if row.cells["criterion_id"] in RULES:
            waivers.report(
                row,
                "criterion_id",
                f"{quoted(row.cells['criterion_id'])} is a rule, which nobody can waive",
                "delete the waiver and mend what the rule asks for",
            )
    for row in waivers.sound("requested_by", "approved_by"):
        if row.cells["requested_by"] == row.cells["approved_by"]:
            waivers.report(
                row,
                "approved_by",
                f"{quoted(row.cells['approved_by'])} asks for it too",
                "let the workflow's risk owner approve what somebody else asks for",
            )
    for row in waivers.sound("decision_class", "approved_by", "granted_at"):
        person, day = row.cells["approved_by"], row.cells["granted_at"]
        if not holders.holds(row, "risk", person, day):
            waivers.report(
                row,
                "approved_by",
                f"{quoted(person)} was not the risk owner on {day}",
                "let the workflow's risk owner approve it",
            )
    _check_periods(waivers)
    _check_currency(waivers, classes)


def _check_periods(waivers: SeedFile) -> None:
    for row in waivers.sound("granted_at", "expires_at"):
        if row.cells["expires_at"] <= row.cells["granted_at"]:
            report_order(waivers, row, "expires_at", "granted_at")
        _check_length(waivers, row, "granted_at", LONGEST_WAIVER)
    columns = ("decision_class", "criterion_id")
    for rows in grouped(waivers.sound(*columns, "granted_at", "expires_at"), columns):
        for position, row in enumerate(rows):
            for other in rows[:position]:
                if is_same_time(row, other, "granted_at", "expires_at"):
                    waivers.report(
                        row,
                        "granted_at",
                        f"{quoted(row.cells['granted_at'])} lies within the waiver of row "
                        f"{other.line}, until {other.cells['expires_at']}",
                        "let it begin when the earlier one ends, or delete one",
                    )
                    break


def _check_length(seeds: SeedFile, row: Row, beginning: str, longest: timedelta) -> None:
    begins, ends = (date.fromisoformat(row.cells[name]) for name in (beginning, "expires_at"))
    if ends - begins > longest:
        seeds.report(
            row,
            "expires_at",
            f"{quoted(row.cells['expires_at'])} is {(ends - begins).days} days after "
            f"{beginning}, more than {longest.days}",
            f"write {begins + longest} or earlier, and renew it by a row of its own",
        )


def check_people(people: SeedFile) -> None:
    """One person has one id: with two, one person could sign in two roles."""
    for column in ("person_id", "name"):
        first: dict[str, Row] = {}
        for row in people.sound("person_id", "name"):
            other = first.setdefault(" ".join(row.cells[column].casefold().split()), row)
            # an id that is the same in every letter repeats a key, which is reported as that
            if other.cells["person_id"] != row.cells["person_id"]:
                people.report(
                    row,
                    column,
                    f"{quoted(row.cells[column])} is that of row {other.line}",
                    "keep one row per person, or tell two people apart by name and id",
                )


def _check_currency(waivers: SeedFile, classes: SeedFile) -> None:
    currencies = {
        row.cells["decision_class"]: row.cells["currency"] for row in classes.sound("currency")
    }
    for row in waivers.sound("decision_class", "currency"):
        own = currencies.get(row.cells["decision_class"], row.cells["currency"])
        if row.cells["currency"] != own:
            waivers.report(
                row,
                "currency",
                f"{quoted(row.cells['currency'])} is not the currency of the class, {own}",
                f"write the exposure in {own}",
            )


def check_taxonomy(changes: SeedFile, classes: SeedFile) -> None:
    """One becomes one, one becomes several, or several become one; the newest row names the
    version that the class has."""
    if not classes.is_complete:
        return
    versions = {row.cells["decision_class"]: row.cells["taxonomy_version"] for row in classes.rows}
    sound = list(changes.sound(*changes.seed.header))
    for row in sound:
        if row.cells["kind"] == "renamed" and row.cells["former_class"] in versions:
            changes.report(
                row,
                "former_class",
                f"{quoted(row.cells['former_class'])} is still a class",
                "delete it from decision_classes.csv, or say split",
            )
    for row in changes.sound(*changes.seed.header):
        _check_parts(changes, row, sound)
    for rows in grouped(changes.sound(*changes.seed.header), ("decision_class",)):
        newest = max(rows, key=lambda row: row.cells["effective_from"])
        declared = versions.get(newest.cells["decision_class"], newest.cells["taxonomy_version"])
        if newest.cells["taxonomy_version"] != declared:
            changes.report(
                newest,
                "taxonomy_version",
                f"{quoted(newest.cells['taxonomy_version'])} is not the version of the class, "
                f"{quoted(declared)}",
                "write the version that the class has since this change",
            )


def is_followed(changes: SeedFile, row: Row) -> bool:
    """The class after this change is not one of today, because a later change is about it."""
    if changes.seed.name != "taxonomy_changes":
        return False
    name, day = row.cells["decision_class"], row.cells["effective_from"]
    return any(
        later.cells["former_class"] == name and later.cells["effective_from"] > day
        for later in changes.rows
    )


def _check_parts(changes: SeedFile, row: Row, sound: Sequence[Row]) -> None:
    kind, day = row.cells["kind"], row.cells["effective_from"]
    same_day = [other for other in sound if other.cells["effective_from"] == day]
    if kind == "renamed":
        others = [other for other in same_day if other is not row and _share(other, row)]
        if others:
            message = f"'renamed' though row {others[0].line} changes one of the two as well"
            changes.report(row, "kind", message, "say split or merged in both rows")
        return
    shared = FEWEST_PARTS[kind]
    parts = [
        other
        for other in same_day
        if other.cells["kind"] == kind and other.cells[shared] == row.cells[shared]
    ]
    if len(parts) < 2:
        message = f"{quoted(kind)}, but {quoted(row.cells[shared])} stands in one such row alone"
        changes.report(row, "kind", message, "add a row for each class before and after")


def _share(one: Row, other: Row) -> bool:
    names = ("former_class", "decision_class")
    return any(one.cells[name] == other.cells[name] for name in names)


def check_sponsors(owners: SeedFile, workflows: SeedFile) -> None:
    """Who pays for a workflow does not own its outcome at the same time."""
    sponsors = {row.cells["workflow"]: row.cells["sponsor"] for row in workflows.sound("sponsor")}
    sound = list(owners.sound("workflow", "role", "person_id", "valid_from", "valid_until"))
    paying = [row for row in sound if row.cells["role"] == "sponsor"]
    for row in sound:
        workflow, role, person = (row.cells[name] for name in ("workflow", "role", "person_id"))
        is_named = not row.cells["valid_until"] and sponsors.get(workflow) == person
        is_paying = is_named or any(
            (other.cells["workflow"], other.cells["person_id"]) == (workflow, person)
            and is_same_time(row, other)
            for other in paying
        )
        if role != "sponsor" and is_paying:
            owners.report(
                row,
                "person_id",
                f"{quoted(person)} is the sponsor of {workflow}",
                "name an owner who is not the sponsor",
            )
