"""What counts as a dropped file, when it is taken, and which ones nobody has looked at yet."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from dagster_project.contracts.sources import SourceTable
from dagster_project.landing.envelope import Signature, signature
from dagster_project.landing.manifest import PARSER_VERSION
from dagster_project.landing.reasons import ChangedError
from dagster_project.landing.seen import SeenFiles
from dagster_project.settings import Project

# what a writer or an uploader has not finished yet
_UNFINISHED = ".tmp"
_PROSE = ("", ".md", ".txt")


def find_files(root: Path, location: str) -> list[Path]:
    """What ``location`` matches below ``root``, by name: no folders, nothing hidden or ``.tmp``.

    A hidden folder counts where ``location`` names it.
    """
    return sorted(
        path
        for path in root.glob(location)
        if not _is_hidden(path, root, location)
        and path.suffix.lower() != _UNFINISHED
        and (path.is_symlink() or not path.is_dir())
    )


def _is_hidden(path: Path, root: Path, location: str) -> bool:
    named = location.split("/")
    return any(p.startswith(".") and p not in named for p in path.relative_to(root).parts)


def files_beside(root: Path, sources: Sequence[SourceTable]) -> list[Path]:
    """Files that lie where sources drop theirs and that no source matches; prose aside."""
    locations = [source.location for source in sources if source.query is None]
    matched = {path for location in locations for path in find_files(root, location)}
    patterns = {f"{location.rpartition('/')[0]}/*" for location in locations} - {"/*"}
    return sorted(
        {
            path
            for pattern in patterns
            for path in root.glob(pattern)
            if path not in matched
            and path.is_file()
            and path.suffix.lower() not in _PROSE
            and not _is_hidden(path, root, pattern)
        }
    )


def display_name(path: Path) -> str:
    """Text that JSON and Parquet can hold, also for names that are not UTF-8."""
    return os.fsencode(path.as_posix()).decode(errors="backslashreplace")


def is_settled(looks: Signature, now: datetime, settle_seconds: int) -> bool:
    """A clock far ahead on the sender's side must not keep a file out for ever."""
    return abs(now.timestamp() - looks.mtime_ns / 1e9) >= settle_seconds


def declaration_digest(source: SourceTable) -> str:
    """Hex SHA-256 of how files of ``source`` are read."""
    return hashlib.sha256(f"{PARSER_VERSION}:{source!r}".encode()).hexdigest()


def seen_files(project: Project) -> SeenFiles:
    """The files that landing has looked at, as they looked then."""
    return SeenFiles(project.landing / "_seen.json")


def unseen_files(
    project: Project, sources: Sequence[SourceTable], now: datetime
) -> Iterator[tuple[str, Signature]]:
    """Source table and name, and the looks, of files that landing would take now and never has.

    Databases do not tell; the daily run asks them.
    """
    seen = seen_files(project)
    for source in sources:
        if source.query is not None:
            continue
        declaration = declaration_digest(source)
        for path in find_files(project.root, source.location):
            try:
                looks = signature(path)
            except (ChangedError, OSError):
                continue  # the next tick sees what became of it
            name = display_name(path.relative_to(project.root))
            is_new = seen.find(source.relation, name, looks, declaration) is None
            if is_new and is_settled(looks, now, project.settle_seconds):
                yield f"{source.relation}:{name}", looks
