"""Persons as keyed HMAC-SHA-256 pseudonyms, with one key per installation.

The same person has the same pseudonym in every table, so that clusters and joins stay. The key
lies in a file of mode 0600 or in an environment variable, and is in no log, table or error.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dagster_project.contracts.sources import SourceTable
from dagster_project.keys import KeyPlace, KeyUnusableError
from dagster_project.names import UNKNOWN

if TYPE_CHECKING:
    import pyarrow as pa

    from dagster_project.landing.manifest import Books
    from dagster_project.settings import Project

PREFIX = "psn_"
PSEUDONYM = re.compile(PREFIX + r"[0-9a-f]{64}\Z")
_KEPT_NAMES = 1_000_000  # about 250 MB; then the cache starts anew
# no person's name: text that lands holds no U+0000
_KEY_ID = b"\0which key"


class PseudonymKeyError(RuntimeError):
    """The key is missing, malformed or not the one that landed rows were made with."""


class UnprotectedError(RuntimeError):
    """A fault of the product: names were about to be written as they are. Nothing was."""


class Pseudonyms:
    """Of one key. ``key_id`` tells keys apart and gives nothing of them away."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known: dict[str, str] = {}
        self.key_id = hmac.digest(key, _KEY_ID, hashlib.sha256).hex()[:16]

    def of(self, name: str) -> str:
        """The pseudonym of ``name``; nobody stays nobody."""
        if not name.strip():
            return ""
        if name == UNKNOWN:
            return name
        digest = PREFIX + hmac.digest(self._key, name.encode(), "sha256").hex()
        return f"{UNKNOWN}:{digest}" if name.startswith(UNKNOWN) else digest

    def registered(self, name: str) -> str:
        """Of a name in the registry, which may hold a pseudonym in its place."""
        return name if PSEUDONYM.match(name) else self.of(name)

    def protect(self, batch: "pa.RecordBatch", source: SourceTable) -> "pa.RecordBatch":
        """``batch`` of the declared columns, with pseudonyms in the columns of persons."""
        import pyarrow as pa

        from dagster_project.landing.arrow_schema import stored_schema

        columns = [
            self.column(column) if name in source.persons else column
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays(columns, schema=stored_schema(source))

    def column(self, names: "pa.Array") -> "pa.Array":
        """Each distinct name is computed once: 3 million rows of 100,000 persons in 3 s, not 6."""
        import pyarrow as pa

        coded = names.cast(pa.string()).dictionary_encode()
        if len(self._known) > _KEPT_NAMES:
            self._known.clear()
        made = pa.array(self._all(coded.dictionary.to_pylist()), pa.string())
        return made.take(coded.indices)

    def _all(self, names: list[str]) -> list[str | None]:
        known = self._known
        found = list(map(known.get, names))
        if None in found:
            known.update((n, self.of(n)) for n, made in zip(names, found, strict=True) if not made)
            found = list(map(known.get, names))
        return found


def no_pseudonyms() -> Pseudonyms:
    """For rows that name nobody."""
    raise UnprotectedError("a column names a person, and no key was given")


def check_protected(batch: "pa.RecordBatch", persons: Iterable[str]) -> None:
    """The last look before rows are written: whichever way they came, no name goes through.

    Raises UnprotectedError.
    """
    import pyarrow.compute as pc

    for column in persons:
        names = batch.column(column)
        is_fine = pc.or_(
            pc.or_(pc.starts_with(names, PREFIX), pc.starts_with(names, UNKNOWN)),
            pc.equal(names, ""),
        )
        if not pc.all(is_fine, min_count=0).as_py():  # NULL is skipped, and is nobody
            raise UnprotectedError(f"{column}: a row would have been written with a name")


def open_pseudonyms(project: "Project", books: "Books") -> Pseudonyms:
    """With the installation's key, which is made with the first row that needs one.

    Raises PseudonymKeyError: another key would give everybody a second pseudonym.
    """
    used = sorted({entry.pseudonym_key for entry in books if entry.pseudonym_key})
    place = project.pseudonym_key
    made = Pseudonyms(_read_key(place, may_create=not used))
    if others := [key_id for key_id in used if key_id != made.key_id]:
        raise PseudonymKeyError(
            f"{place} holds the key {made.key_id}, but rows have landed with "
            f"{', '.join(others)}: restore that key (docs/privacy.md)"
        )
    return made


def _read_key(place: KeyPlace, *, may_create: bool) -> bytes:
    if may_create and not place.variable:
        place.create()
    try:
        return place.read()
    except KeyUnusableError as error:
        raise PseudonymKeyError(f"{error}: restore it (docs/privacy.md)") from None
