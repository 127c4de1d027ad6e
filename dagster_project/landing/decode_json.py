"""JSON Lines and JSON documents into units."""

from collections.abc import Iterable, Iterator
from typing import Any

from dagster_project.landing.counting import count_elements
from dagster_project.landing.lines import BOM, LongLine, cut_pieces
from dagster_project.landing.reasons import RefusedValueError, UnaccountableError
from dagster_project.landing.strict_json import Flawed, StrictJson, check_characters, find_flaw
from dagster_project.landing.units import Decoded, Flaw, Unit

# parsed at once: about six times as much memory while it is read
DOCUMENT_CAP = 128 << 20
_SPACE = b" \t\r"


def decode_lines(chunks: Iterator[bytes], expected: int) -> Decoded:
    """Pieces of physical lines, each line one unit (``LineReader``)."""
    return Decoded(iter(()), expected, pieces=cut_pieces(chunks))


class LineReader:
    """Lines one by one into units."""

    def __init__(self) -> None:
        self._record = StrictJson().record

    def units(self, lines: Iterable[tuple[int, bytes | LongLine]], before: int) -> Iterator[Unit]:
        """``lines`` without their 0x0A, numbered from 0, after ``before`` other lines."""
        for number, line in lines:
            place = before + number + 1
            if isinstance(line, LongLine):
                flaw = Flaw("line_too_long", "", f"{line.byte_count} bytes")
                yield Unit(place, None, flaw, line.sha256)
            elif not line.strip(_SPACE):
                yield Unit(place, None)
            else:
                yield self._unit(place, line)

    def _unit(self, place: int, line: bytes) -> Unit:
        try:
            return Unit(place, self._record(line), None, line)
        except RefusedValueError as error:
            return Unit(place, None, Flaw(error.reason, "", error.detail), line)


def decode_document(chunks: Iterator[bytes], record_path: str, single: bool = False) -> Decoded:
    """One unit per element of the array under ``record_path``; the top object is the envelope.

    ``single``: an object lies there instead, which is the one unit.
    Raises UnaccountableError when the document or the way to its records cannot be read.
    """
    content = whole_document(chunks)
    decoder = StrictJson()
    try:
        document = decoder.decode(content)
    except RefusedValueError as error:
        raise UnaccountableError("invalid_document", str(error)) from error
    elements = _follow(document, record_path, single)
    is_clean = not decoder.flaws and b"\\ud" not in content and b"\\uD" not in content
    return Decoded(
        _element_units(elements, is_clean),
        1 if single else count_elements(content, record_path),
        envelope=document if isinstance(document, dict) else {},
    )


def whole_document(chunks: Iterator[bytes]) -> bytes:
    """All bytes at once, without a BOM. Raises UnaccountableError above the cap."""
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size > DOCUMENT_CAP:
            raise UnaccountableError("document_too_large", f"more than {DOCUMENT_CAP} bytes")
    return b"".join(parts).removeprefix(BOM)


def _follow(document: Any, record_path: str, single: bool) -> list[Any]:
    value = document
    for key in record_path.split(".") if record_path else ():
        if isinstance(value, Flawed):
            break
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, Flawed):
        raise UnaccountableError("ambiguous_document", value.reason)
    if single and isinstance(value, dict):
        return [value]
    if single or not isinstance(value, list):
        raise UnaccountableError("record_path_missing", record_path or "(top level)")
    return value


def _element_units(elements: list[Any], is_clean: bool) -> Iterator[Unit]:
    for place, element in enumerate(elements, 1):
        flaw = None if is_clean else _flaw_of(element)
        if flaw is None and type(element) is not dict:
            flaw = Flaw("not_an_object")
        if flaw is None:
            yield Unit(place, element)
        else:
            raw = Unit(place, {"": element}).sha256()
            yield Unit(place, None, flaw, raw)


def _flaw_of(element: Any) -> Flaw | None:
    if found := find_flaw(element):
        return Flaw(found.reason)
    try:
        check_characters(element)
    except RefusedValueError as error:
        return Flaw(error.reason)
    return None
