"""Records into rows of the declared columns, strictly typed."""

from collections.abc import Callable
from typing import Any

from dagster_project.contracts.column_types import parse_column_type
from dagster_project.contracts.sources import POSTGRES, SourceTable
from dagster_project.landing.decode_csv import nested_text, text_cell
from dagster_project.landing.pseudonyms import Pseudonyms, no_pseudonyms
from dagster_project.landing.reasons import RefusedValueError
from dagster_project.landing.strict_types import Converter, Converters
from dagster_project.landing.undeclared import UndeclaredKeys
from dagster_project.landing.units import Decoded, Flaw

# types that these formats carry as JSON text in a value of their own
_JSON_IN_TEXT = {"parquet": ("json",), POSTGRES: ("json", "struct", "list")}


class RowTyper:
    """Makes one typed row per record, values in the order of the declared columns.

    Undeclared keys are counted in ``undeclared``, nested ones as ``column.key``. Persons inside
    columns become pseudonyms here, those that are columns when rows are stored.
    """

    def __init__(
        self,
        source: SourceTable,
        decoded: Decoded,
        undeclared: UndeclaredKeys,
        pseudonyms: Callable[[], Pseudonyms] = no_pseudonyms,
    ) -> None:
        self._undeclared = undeclared
        self._key = source.key
        self._timestamp = source.timestamp
        pseudonym = pseudonyms().of if source.shape.names_persons else None
        converters = Converters(source.timezone, undeclared, source.shape, pseudonym)
        self._plan = _plan(source, decoded.is_text, converters)
        columns = source.columns
        self._names = frozenset(column.name for column in columns if not column.from_envelope)
        self._positions = {column.name: place for place, column in enumerate(columns)}
        taken = [column.name for column in columns if column.from_envelope]
        self._envelope = {name: decoded.envelope.get(name) for name in taken}
        # a source that takes nothing from the envelope is not asked about it
        expected = {*taken, source.record_path.split(".")[0]}
        for name in decoded.envelope.keys() - expected if taken else ():
            undeclared.add(f"(envelope).{name}")

    def row(self, record: dict[str, Any]) -> list[Any] | Flaw:
        """The typed row, or why the record may not land."""
        if not self._names.issuperset(record):
            for name in record.keys() - self._names:
                self._undeclared.add(name)
        row: list[Any] = []
        name = ""
        get = (record | self._envelope).get if self._envelope else record.get
        try:
            for name, convert in self._plan:
                row.append(convert(get(name)))
        except RefusedValueError as error:
            return Flaw(error.reason, name, error.detail)
        if _is_blank(row[self._positions[self._key]]):
            return Flaw("missing_key", self._key)
        if self._timestamp and row[self._positions[self._timestamp]] is None:
            return Flaw("missing_timestamp", self._timestamp)
        return row


def _is_blank(key: Any) -> bool:
    """Nothing, or nothing that anybody could see: spaces, also zero-width ones."""
    if type(key) is not str:
        return key is None
    return all(character.isspace() or not character.isprintable() for character in key)


def _plan(
    source: SourceTable, is_text: bool, converters: Converters
) -> list[tuple[str, Converter]]:
    plan = []
    for column in source.columns:
        kind = parse_column_type(column.data_type)
        convert = converters.build(kind, column.name)
        if is_text:
            convert = _chain(text_cell(kind), convert)
        elif kind.kind in _JSON_IN_TEXT.get(source.format, ()):
            convert = _chain(nested_text, convert)
        plan.append((column.name, convert))
    return plan


def _chain(read: Callable[[Any], Any], convert: Converter) -> Converter:
    return lambda cell: convert(read(cell))
