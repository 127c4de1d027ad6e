"""One more row in a registry file: checked first, written whole, reviewed in a pull request."""

import csv
import fcntl
import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dagster_project.cli.faults import UsageProblemError
from dagster_project.contracts.registry import Problem, validate_registry
from dagster_project.contracts.registry.reading import SeedFile
from dagster_project.contracts.registry.schema import Seed
from dagster_project.contracts.registry.tables import SEED_FOLDER
from dagster_project.contracts.registry.validation import read_registry_seed
from dagster_project.files import write_durably
from dagster_project.settings import Project


@dataclass(frozen=True)
class Added:
    """``line``: the physical line of the new row, header = 1; ``text``: the row as written."""

    file: str
    line: int
    text: str


def seed_path(project: Project, seed: Seed) -> Path:
    """Where the company keeps this seed."""
    return project.root / SEED_FOLDER / f"{seed.name}.csv"


def seed_rows(project: Project, seed: Seed) -> SeedFile:
    """The file as it is now, faults and all."""
    return read_registry_seed(project.root, seed)


def add_row(
    project: Project, seed: Seed, cells: Mapping[str, str], *, is_trial: bool = False
) -> Added:
    """Append a row; what stands there is kept byte for byte. ``is_trial``: check and write nothing.

    The key column gets the first free of ``id``, ``id.2``, … Raises UsageProblemError when the
    registry, with the row in it, has a problem: then nothing is written.
    """
    path = seed_path(project, seed)
    with _alone(path.parent):
        found = seed_rows(project, seed)
        row = dict(cells) | {seed.key[0]: _free(cells[seed.key[0]], found.keys())}
        text = _line(seed, row)
        before = path.read_bytes() if path.is_file() else b""
        content = (before if before.endswith(b"\n") or not before else before + b"\n") + text
        problems = _problems_with(project, path, content)
        if problems:
            raise UsageProblemError(
                f"{path.name} was left as it is: with this row the registry has problems",
                [str(problem) for problem in problems],
            )
        if not is_trial:
            write_durably(path, content)
    line = content.count(b"\n", 0, len(content) - len(text)) + 1
    return Added(found.file, line, text.decode().rstrip("\n"))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One writer at a time; freed by the kernel when the process dies."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}.{number}"
    return free


def _line(seed: Seed, row: Mapping[str, str]) -> bytes:
    text = io.StringIO()
    csv.DictWriter(text, seed.header, lineterminator="\n").writerow(row)
    try:
        return text.getvalue().encode()
    except UnicodeEncodeError as error:  # a terminal of another encoding
        raise UsageProblemError(f"{seed.name}.csv is UTF-8, the new row is not: {error}") from None


def _problems_with(project: Project, path: Path, content: bytes) -> list[Problem]:
    """Of the registry as it would be."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / SEED_FOLDER
        shutil.copytree(path.parent, copy)
        (copy / path.name).write_bytes(content)
        return validate_registry(Path(folder), project.dbt_package / "seeds" / "criteria.csv")
