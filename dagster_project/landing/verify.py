"""Landed Parquet against the books: flipped bits read back silently wrong, so hashes decide."""

from pathlib import Path

from dagster_project.files import sha256_file
from dagster_project.landing.erase import pending
from dagster_project.landing.manifest import LANDED, Books, Entry
from dagster_project.settings import Project


def verify(project: Project) -> list[str]:
    """One sentence per landed Parquet file that is missing or not as it was written.

    Raises ManifestError.
    """
    books = Books(project.landing)
    problems: list[str] = []
    if pending(project.landing):
        problems.append("an erasure was begun and not finished; run `penstock erase --finish`")
    for entry in books:
        problems += verify_entry(books, entry)
    return problems


def verify_entry(books: Books, entry: Entry) -> list[str]:
    """The same for the files of one entry."""
    if entry.status != LANDED:
        return []
    where = (entry.relation, entry.file_sha256)
    problems = []
    if not entry.is_disposed:
        problems = _compare(books.parquet_path(*where), entry.parquet_sha256, entry.file_name)
    if entry.quarantine_sha256:
        path = books.quarantine_path(*where)
        problems += _compare(path, entry.quarantine_sha256, entry.file_name)
    if entry.repaired_sha256:
        path = books.repaired_path(*where)
        problems += _compare(path, entry.repaired_sha256, entry.file_name)
    return problems


def _compare(path: Path, expected: str | None, file_name: str) -> list[str]:
    if not path.is_file():
        return [f"{path} (landed from {file_name!r}) is missing; restore it from a backup"]
    if sha256_file(path) != expected:
        return [f"{path} (landed from {file_name!r}) is not as it was written; restore it"]
    return []
