"""Dropped files that landed before, read once more."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from dagster_project.contracts.sources import SourceTable
from dagster_project.landing.decode_json import LineReader
from dagster_project.landing.dropped import display_name, find_files
from dagster_project.landing.envelope import check_path
from dagster_project.landing.land_file import Survey, survey_file
from dagster_project.landing.lines import LongLine
from dagster_project.landing.manifest import Entry
from dagster_project.landing.reasons import ChangedError, UnaccountableError
from dagster_project.landing.units import Decoded, Unit


class Originals:
    """Files of one source by their content, whatever they are called now."""

    def __init__(self, root: Path, source: SourceTable) -> None:
        self._root = root
        self._source = source
        self._paths = find_files(root, source.location)
        self._surveys: dict[Path, Survey | None] = {}

    def find(self, entry: Entry) -> tuple[Path, Survey] | None:
        """Where the content of ``entry`` lies, the file of its name first."""
        for path in sorted(self._paths, key=lambda each: self._name(each) != entry.file_name):
            survey = self._survey(path)
            if survey and survey.file_sha256 == entry.file_sha256:
                return path, survey
        return None

    def _name(self, path: Path) -> str:
        return display_name(path.relative_to(self._root))

    def _survey(self, path: Path) -> Survey | None:
        if path not in self._surveys:
            self._surveys[path] = None
            with suppress(UnaccountableError, ChangedError, OSError):
                check_path(path, self._root)
                self._surveys[path] = survey_file(path, self._source)
        return self._surveys[path]


def raw_units(decoded: Decoded) -> Iterator[Unit]:
    """Every unit in order. Lines are not parsed: they have their bytes and no record."""
    if decoded.pieces is None:
        yield from decoded.units
        return
    reader, place = LineReader(), 0
    for piece in decoded.pieces:
        if isinstance(piece, LongLine):
            yield from reader.units([(0, piece)], place)
            place += 1
            continue
        for line in piece.split(b"\n")[:-1]:
            place += 1
            yield Unit(place, None, None, line)


def parsed(unit: Unit, decoded: Decoded) -> Unit:
    """A unit of ``raw_units`` with its record or its flaw."""
    if decoded.pieces is None or not isinstance(unit.raw, bytes):
        return unit
    (found,) = LineReader().units([(0, unit.raw)], unit.place - 1)
    return found
