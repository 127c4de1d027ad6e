"""Reading suite files: what is expected of which table, without Great Expectations.

A file is a native suite (``name``, ``expectations``, ``meta``) in ``<folder>/<table>.json``.
Files of one table in several folders (the product's, then the company's) are one suite.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from dagster_project.evidence.data_fit.model import Suite, SuiteError, SuiteFile
from dagster_project.evidence.data_fit.rules import check_file

__all__ = ["Suite", "SuiteError", "load_suites", "read_json"]


def load_suites(folders: Iterable[Path]) -> tuple[Suite, ...]:
    """Read every ``*.json`` of ``folders`` (in that order), sorted by table.

    A folder that does not exist is skipped; no suite at all, or any broken rule
    (docs/expectations.md), raises SuiteError.
    """
    searched = list(folders)
    files: list[SuiteFile] = []
    for folder in searched:
        files += [check_file(path, read_json(path)) for path in sorted(folder.glob("*.json"))]
    if not files:
        places = ", ".join(str(folder) for folder in searched) or "(no folder given)"
        raise SuiteError(f"no suite file in {places}: an empty check would pass on everything")
    _refuse_repeats(files, "suite name", lambda file: [file.name])
    _refuse_repeats(files, "id", lambda file: [e.expectation_id for e in file.expectations])
    tables = sorted({file.table for file in files})
    return tuple(_merge([f for f in files if f.table == table]) for table in tables)


def _merge(files: Sequence[SuiteFile]) -> Suite:
    first = files[0]
    for other in files[1:]:
        if other.header != first.header:
            raise SuiteError(
                f"{other.path}: meta schema, grain, rows are {other.header}, but {first.path} "
                f"says {first.header} for the same table; make them equal"
            )
    expectations = tuple(e for file in files for e in file.expectations)
    return Suite(first.table, first.schema, first.grain, first.rows, expectations)


def _refuse_repeats(
    files: Sequence[SuiteFile], what: str, values: Callable[[SuiteFile], list[str]]
) -> None:
    """Ids are unique over all tables: evidence.data_fit lists the failing ones by id alone."""
    seen: dict[str, Path] = {}
    for file in files:
        for value in values(file):
            if value in seen:
                raise SuiteError(
                    f"{file.path}: {what} {value!r} is taken already by {seen[value]}; "
                    "rename it, for instance with the company's name in front"
                )
            seen[value] = file.path


def read_json(path: Path) -> dict[str, Any]:
    """Strict JSON object: repeated keys, NaN and Infinity raise SuiteError, as does bad UTF-8."""

    def refuse_constant(text: str) -> NoReturn:
        raise ValueError(f"{text} is no number to hold data against")

    def refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        if repeated := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"key {repeated[0]!r} is given twice")
        return dict(pairs)

    try:
        raw = json.loads(
            path.read_text(encoding="utf-8"),
            parse_constant=refuse_constant,
            object_pairs_hook=refuse_repeated,
        )
    except ValueError as error:
        raise SuiteError(f"{path}: not a readable suite: {error}") from error
    if not isinstance(raw, dict):
        raise SuiteError(f"{path}: a suite is one JSON object with name, expectations and meta")
    return raw
