"""The doctor on what the product has made: landed files, ledger, publication."""

from collections.abc import Iterator
from pathlib import Path

from dagster_project.cli.faults import NothingYetError, RefusedError
from dagster_project.cli.findings import Finding
from dagster_project.cli.words import counted
from dagster_project.keys import KeyPlace, KeyUnusableError
from dagster_project.settings import Project

SHOWN_PROBLEMS = 10


def check_landed(project: Project) -> Iterator[Finding]:
    from dagster_project.landing.manifest import read_entries
    from dagster_project.landing.verify import verify

    problems = verify(project)
    for problem in problems[:SHOWN_PROBLEMS]:
        yield Finding("landed files", "problem", problem, "restore it from a backup")
    if not problems:
        entries = read_entries(project.landing)
        odd = [entry for entry in entries if entry.status != "landed"]
        yield Finding("landed files", "ok", f"{len(entries) - len(odd)} as they were written")
        for entry in odd[:SHOWN_PROBLEMS]:
            detail = f"{entry.file_name} cannot be accounted for: {entry.reason}"
            yield Finding("landed files", "warn", detail, _redelivery(entry.file_name))


def _redelivery(name: str) -> str:
    from dagster_project.contracts.source_query import QUERY_NAMES

    if name.startswith(QUERY_NAMES):
        return "a run that can read the database, declared as it was, takes the entry away"
    return "deliver it again, whole, by that name"


def check_pseudonym_key(project: Project) -> Iterator[Finding]:
    from dagster_project.landing.manifest import Books
    from dagster_project.landing.pseudonyms import PseudonymKeyError, open_pseudonyms

    books = Books(project.landing)
    if not any(entry.pseudonym_key for entry in books):
        yield Finding("pseudonym key", "ok", "not needed yet: no row names a person")
        return
    try:
        key_id = open_pseudonyms(project, books).key_id
    except PseudonymKeyError as error:
        yield Finding("pseudonym key", "problem", str(error), "restore it from its backup")
        return
    yield Finding("pseudonym key", "ok", f"the one that rows were landed with ({key_id})")
    yield from _open_to_others("pseudonym key", project.pseudonym_key)


def check_sample_key(project: Project) -> Iterator[Finding]:
    if project.sample_folder is None:
        yield Finding("audit key", "ok", "not needed: [sample] folder is not set")
        return
    try:
        project.sample_key.read()
    except KeyUnusableError as error:
        fix = "restore it; for the very first draw, `penstock sample --new-key` (docs/operate.md)"
        yield Finding("audit key", "problem", str(error), fix)
        return
    yield Finding("audit key", "ok", str(project.sample_key))
    yield from _open_to_others("audit key", project.sample_key)


def _open_to_others(check: str, place: KeyPlace) -> Iterator[Finding]:
    if place.is_open_to_others:
        yield Finding(check, "problem", "others may read it", f"chmod 600 {place}")


def check_ledger_place(project: Project) -> Iterator[Finding]:
    tree = _work_tree(project.ledger)
    if tree is None:
        yield Finding("ledger place", "ok", str(project.ledger))
        return
    yield Finding(
        "ledger place",
        "warn",
        f"{project.ledger} lies in the git work tree {tree}: `git clean -fdx` would delete it",
        "set [ledger] path in penstock.toml, or PENSTOCK_HOME, to a folder outside",
    )


def check_anchor(project: Project) -> Iterator[Finding]:
    if project.anchor is None:
        yield Finding(
            "anchor",
            "warn",
            "none: a ledger that was cut off or rewritten as a whole would look whole",
            "set [ledger] anchor in penstock.toml to a file on another machine or disk",
        )
    elif project.anchor.is_relative_to(project.ledger):
        fix = "set [ledger] anchor to a file elsewhere"
        yield Finding("anchor", "warn", f"{project.anchor} lies inside the ledger", fix)
    else:
        yield Finding("anchor", "ok", str(project.anchor))


def check_ledger(project: Project) -> Iterator[Finding]:
    from dagster_project.ledger.verify import month_files, verify

    problems = verify(project.ledger, project.anchor, project.publish)
    for problem in problems[:SHOWN_PROBLEMS]:
        detail = f"{problem.code} {problem.place} {problem.detail}"
        yield Finding("ledger", "problem", detail, "restore it from a backup; never edit it")
    if problems:
        return
    if months := month_files(project.ledger):
        yield Finding("ledger", "ok", f"{counted(len(months), 'month file')}, the chain is whole")
    else:
        yield Finding("ledger", "warn", "empty", "penstock run")


def check_publication(project: Project) -> Iterator[Finding]:
    from dagster_project.cli.release import open_release

    try:
        with open_release(project) as release:
            detail = f"{release.release_id}, as of {release.as_of}, valid to {release.valid_until}"
            if release.is_expired:
                fix = "penstock run; until then may-act denies"
                yield Finding("publication", "warn", f"{detail}: expired", fix)
            elif not release.is_newest:
                detail += ": a newer run was recorded but not published"
                yield Finding("publication", "warn", detail, "penstock run")
            else:
                yield Finding("publication", "ok", detail)
    except NothingYetError as error:
        yield Finding("publication", "warn", str(error), "penstock run")
    except RefusedError as error:
        yield Finding("publication", "problem", str(error), "penstock run")


def _work_tree(folder: Path) -> Path | None:
    """The git work tree around ``folder``; ``.git`` is a file in a linked work tree."""
    return next((each for each in folder.parents if (each / ".git").exists()), None)
