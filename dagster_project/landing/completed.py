"""Half lines at the end of a growing log, once the rest of them has come.

A log that was taken while its writer paused in the middle of a line has that half refused. When it
comes again, longer, and begins byte for byte with what landed, the line is there as a whole, with
a place of its own in the new content. Then the half stands for no record and counts no more.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from dagster_project.contracts.sources import SourceTable
from dagster_project.landing.envelope import read_chunks
from dagster_project.landing.manifest import Entry
from dagster_project.landing.refused import refused_units, with_refused
from dagster_project.landing.repair import Call, Repair

# formats of which a longer content reads the units before its last one as the shorter did
_LINES = ("jsonl", "csv", "otlp")


def repair_completed(call: Call, source: SourceTable, new: Entry, path: Path) -> int:
    """Repair half lines of earlier contents of that name by ``new``, which lies at ``path``.

    Returns how many there were. It may be called again after a kill: a half is repaired once.
    Raises UnaccountableError, OSError.
    """
    if source.format not in _LINES:
        return 0
    completed = [old for old in _cut_off(call, new) if _goes_on(path, old, new)]
    for old in completed:
        with Repair(call, old, source, corrected_by=new.file_sha256) as repair:
            repair.units.add(old.unit_count)
            repair.finish()
    return len(completed)


def _cut_off(call: Call, new: Entry) -> Iterator[Entry]:
    """Shorter contents of the same name whose last unit is refused and open."""
    for old in with_refused(call.books):
        if (old.relation, old.file_name) != (new.relation, new.file_name):
            continue
        is_open = any(refused_units(call.books, old, is_open=True, place=old.unit_count))
        if old.byte_count < new.byte_count and is_open:
            yield old


def _goes_on(path: Path, old: Entry, new: Entry) -> bool:
    """Whether the file is ``new``, begins with the content of ``old`` and goes on in that line."""
    digest = hashlib.sha256()
    left = old.byte_count
    begins, around = "", b""
    for chunk in read_chunks(path):
        part, rest = chunk[:left], chunk[left:]
        digest.update(part)
        left -= len(part)
        if not left and not begins:
            begins = digest.hexdigest()
        if part or len(around) < 2:  # the last byte of the one, the first of the other
            around = (around + part)[-1:] + rest[:1]
        digest.update(rest)
    is_both = (begins, digest.hexdigest()) == (old.file_sha256, new.file_sha256)
    return is_both and b"\n" not in around
