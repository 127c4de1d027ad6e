"""The rules of a suite file. Each refusal is a thing that would let bad data pass unseen."""

import re
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

from dagster_project.evidence.data_fit.kinds import COLUMNS_PRESENT, KINDS, ROW_COUNT, Kind
from dagster_project.evidence.data_fit.model import CLASS_COLUMN, Expectation, SuiteError, SuiteFile
from dagster_project.names import OPTIONAL_FIELDS

_ID = re.compile(r"[a-z][a-z0-9_]{2,99}")
_TABLE = re.compile(r"[a-z][a-z0-9_]*")
_FILE_KEYS = frozenset({"name", "expectations", "meta", "notes"})
_HEADER_KEYS = frozenset({"schema", "grain", "rows", "expected_ids", "great_expectations_version"})
_META_KEYS = frozenset({"id", "severity", "owner", "reason", "per_class", "null_means", "field"})


def check_file(path: Path, raw: Mapping[str, Any]) -> SuiteFile:
    """One suite file as data. Raises SuiteError naming file, expectation and fix."""
    place = _Place(path)
    place.refuse_unknown(raw, _FILE_KEYS, "the suite")
    if not _TABLE.fullmatch(path.stem):
        place.refuse("the file is named after a table: lower case letters, digits, underscores")
    name = place.text(raw, "name", _ID, "the suite")
    header = place.mapping(raw, "meta", "the suite")
    place.refuse_unknown(header, _HEADER_KEYS, "the suite's meta")
    listed = raw.get("expectations")
    if not isinstance(listed, list) or not listed:
        place.refuse("expectations is empty: an empty suite passes on everything; add the guards")
    file = SuiteFile(
        path=path,
        name=name,
        table=path.stem,
        schema=place.text(header, "schema", _TABLE, "the suite's meta"),
        grain=place.one_of(header, "grain", ("class", "row"), "the suite's meta"),
        rows=place.one_of(header, "rows", ("all", "current"), "the suite's meta"),
        expectations=tuple(
            _expectation(place.at(number), entry, name) for number, entry in enumerate(listed, 1)
        ),
    )
    _check_ids(place, file, header.get("expected_ids"))
    _check_guards(place, file)
    return file


class _Place:
    """Where we are, so that every message can say so."""

    def __init__(self, path: Path, label: str = "") -> None:
        self.path = path
        self.label = label

    def at(self, number: int) -> "_Place":
        return _Place(self.path, f"expectation {number}")

    def refuse(self, message: str) -> NoReturn:
        raise SuiteError(f"{self.path}: {self.label + ': ' if self.label else ''}{message}")

    def refuse_unknown(self, given: Mapping[str, Any], known: frozenset[str], what: str) -> None:
        if rest := sorted(set(given) - known):
            self.refuse(
                f"{what} does not know {', '.join(rest)}; known: {', '.join(sorted(known))}"
            )

    def mapping(self, given: Mapping[str, Any], key: str, what: str) -> dict[str, Any]:
        value = given.get(key)
        if not isinstance(value, dict):
            self.refuse(f"{what} needs {key!r}, an object; see docs/expectations.md")
        return value

    def text(self, given: Mapping[str, Any], key: str, pattern: re.Pattern[str], what: str) -> str:
        value = given.get(key)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            self.refuse(f"{what} needs {key!r}, a text like {pattern.pattern}; it is {value!r}")
        return value

    def one_of(self, given: Mapping[str, Any], key: str, words: tuple[str, ...], what: str) -> Any:
        value = given.get(key)
        if not isinstance(value, str) or value not in words:
            self.refuse(f"{what} needs {key!r}: {' or '.join(words)}; it is {value!r}")
        return value


_PROSE = re.compile(r"(?s).*\S.*")


def _expectation(place: _Place, entry: Any, suite: str) -> Expectation:
    if not isinstance(entry, dict):
        place.refuse("an expectation is an object with type, kwargs and meta")
    meta = place.mapping(entry, "meta", "the expectation")
    expectation_id = place.text(meta, "id", _ID, "meta")
    place.label += f" ({expectation_id})"
    place.refuse_unknown(entry, frozenset({"type", "kwargs", "meta"}), "the expectation")
    place.refuse_unknown(meta, _META_KEYS, "meta")
    kind = KINDS.get(str(entry.get("type")))
    if kind is None:
        place.refuse(f"type {entry.get('type')!r} is not one of {', '.join(sorted(KINDS))}")
    arguments = place.mapping(entry, "kwargs", "the expectation")
    _check_arguments(place, kind, arguments)
    is_per_class = meta.get("per_class")
    if not isinstance(is_per_class, bool):
        place.refuse("meta needs 'per_class': true or false")
    if is_per_class and not kind.names_classes:
        place.refuse(f"{entry['type']} cannot name failing classes; set per_class to false")
    return Expectation(
        expectation_id=expectation_id,
        expectation_type=str(entry["type"]),
        arguments=arguments,
        suite=suite,
        severity=place.one_of(meta, "severity", ("required", "advisory"), "meta"),
        owner=place.text(meta, "owner", _PROSE, "meta"),
        reason=place.text(meta, "reason", _PROSE, "meta"),
        is_per_class=is_per_class,
        null_means_field=_null_means_field(place, kind, meta),
    )


def _null_means_field(place: _Place, kind: Kind, meta: Mapping[str, Any]) -> str | None:
    if "null_means" not in meta and "field" not in meta:
        return None
    if meta.get("null_means") != "not_measured":
        place.refuse("meta 'null_means' can only be 'not_measured'; leave it and 'field' out else")
    if not kind.tests_values:
        place.refuse("'null_means' has no sense for this type; leave it and 'field' out")
    field: str = place.one_of(meta, "field", tuple(sorted(OPTIONAL_FIELDS)), "meta")
    return field


def _check_arguments(place: _Place, kind: Kind, arguments: dict[str, Any]) -> None:
    if "row_condition" in arguments or "condition_parser" in arguments:
        place.refuse("a row_condition that matches nothing passes; make a table of those rows")
    if "mostly" in arguments:
        place.refuse(
            "'mostly' is a tolerance without a bound; leave it out, or register a criterion"
        )
    place.refuse_unknown(arguments, kind.arguments, "kwargs")
    if missing := sorted((frozenset(kind.columns) | kind.required) - set(arguments)):
        place.refuse(f"kwargs needs {', '.join(missing)}")
    for key in kind.columns:
        value = arguments[key]
        names = value if isinstance(value, list) and key == "column_list" else [value]
        if not names or not all(isinstance(name, str) and name for name in names):
            place.refuse(f"kwargs {key!r} must name a column")
    for key in kind.required:
        _check_list(place, key, arguments[key])
    for key in ("strict_min", "strict_max", "exact_match", "or_equal"):
        if not isinstance(arguments.get(key, False), bool):
            place.refuse(f"kwargs {key!r} must be true or false")
    if kind.is_between:
        _check_bounds(place, arguments)


def _check_list(place: _Place, key: str, value: Any) -> None:
    if not isinstance(value, list) or not value:
        place.refuse(f"kwargs {key!r} must be a list with at least one entry")
    if not all(isinstance(entry, str | int | float) for entry in value):
        place.refuse(f"kwargs {key!r} may hold texts and numbers only (null never matches)")


def _check_bounds(place: _Place, arguments: Mapping[str, Any]) -> None:
    bounds = [arguments[key] for key in ("min_value", "max_value") if key in arguments]
    if not bounds:
        place.refuse("kwargs needs min_value or max_value: without a bound everything passes")
    for bound in bounds:
        is_number = isinstance(bound, int | float) and not isinstance(bound, bool)
        if not isinstance(bound, str) and not (is_number and isfinite(bound)):
            place.refuse(f"bound {bound!r} must be a finite number or a text")
    if len(bounds) == 2 and (isinstance(bounds[0], str) != isinstance(bounds[1], str)):
        place.refuse("min_value and max_value must be of one kind")
    if len(bounds) == 2 and bounds[0] > bounds[1]:
        place.refuse("min_value is above max_value: nothing could ever meet it")


def _check_ids(place: _Place, file: SuiteFile, expected: Any) -> None:
    ids = [expectation.expectation_id for expectation in file.expectations]
    if repeated := sorted({i for i in ids if ids.count(i) > 1}):
        place.refuse(f"expectation {repeated[0]}: its id is used twice; rename one")
    if not isinstance(expected, list):
        place.refuse("the suite's meta needs 'expected_ids', the list of its expectations' ids")
    if expected != ids:
        odd = sorted({str(e) for e in expected} ^ set(ids)) or ["the order"]
        place.refuse(
            f"meta 'expected_ids' does not equal the file's expectations: {', '.join(odd)}; "
            "correct the list, or put back the expectation that was lost"
        )


def _check_guards(place: _Place, file: SuiteFile) -> None:
    """First: at least one row. Second: every column that the file tests is there."""
    first, second = (*file.expectations, None, None)[:2]
    minimum = first.arguments.get("min_value") if first else None
    if not first or first.expectation_type != ROW_COUNT or not first.is_required:
        place.refuse(f"the first expectation must be the guard {ROW_COUNT}, severity required")
    if not isinstance(minimum, int) or minimum < 1:
        place.refuse(f"guard {first.expectation_id}: min_value must be a whole number from 1 on")
    if not second or second.expectation_type != COLUMNS_PRESENT or not second.is_required:
        place.refuse(f"the second expectation must be the guard {COLUMNS_PRESENT}, required")
    if second.arguments.get("exact_match") is not False:
        place.refuse(f"guard {second.expectation_id}: set exact_match to false")
    tested = {column for expectation in file.expectations for column in expectation.columns}
    if lacking := sorted((tested | {CLASS_COLUMN}) - set(second.arguments["column_set"])):
        place.refuse(f"guard {second.expectation_id}: add to column_set: {', '.join(lacking)}")
