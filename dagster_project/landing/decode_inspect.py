"""Logs of Inspect, as a JSON document or as a zip (.eval), into units: one per sample."""

import hashlib
import re
from collections.abc import Iterator

from dagster_project.landing.decode_json import decode_document, whole_document
from dagster_project.landing.reasons import RefusedValueError, UnaccountableError
from dagster_project.landing.strict_json import StrictJson
from dagster_project.landing.units import Decoded, Flaw, Unit
from dagster_project.landing.zip_envelope import MAGIC, ZipEnvelope, count_members

HEADERS = ("header.json", "_journal/start.json")  # the second alone while a run goes on
_SAMPLE = re.compile(r"samples/[^/]+\.json")


def decode_inspect(chunks: Iterator[bytes]) -> Decoded:
    """The log's header is the envelope. Raises UnaccountableError, also while units are read."""
    content = whole_document(chunks)
    if not content.startswith(MAGIC):
        return decode_document(iter([content]), "samples")
    archive = ZipEnvelope(content)
    header = next((data for name in HEADERS if (data := archive.read(name)) is not None), None)
    if header is None:
        raise UnaccountableError("record_path_missing", " or ".join(HEADERS))
    try:
        envelope = StrictJson().decode(header)
    except RefusedValueError as error:
        raise UnaccountableError("invalid_document", str(error)) from error
    if not isinstance(envelope, dict):
        raise UnaccountableError("invalid_document", "the header is no object")
    return Decoded(_samples(archive), count_members(content, is_sample), envelope=envelope)


def is_sample(name: str) -> bool:
    return bool(_SAMPLE.fullmatch(name))


def _samples(archive: ZipEnvelope) -> Iterator[Unit]:
    decoder = StrictJson()
    for place, name in enumerate(archive.names(is_sample), 1):
        data = archive.read(name) or b""
        digest = hashlib.sha256(data).hexdigest()
        try:
            yield Unit(place, decoder.record(data), None, digest)
        except RefusedValueError as error:
            yield Unit(place, None, Flaw(error.reason, "", error.detail), digest)
