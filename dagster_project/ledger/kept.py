"""Whether all that the runs of a ledger judged by is still kept, part by part.

`verify.py` checks the chain alone and knows no inputs; without them no verdict can be judged again.
"""

import gzip
import hashlib
import zlib
from collections.abc import Iterable
from pathlib import Path

from dagster_project.ledger.inputs import FOLDER, KEPT_INPUTS, PARTS, named_parts
from dagster_project.ledger.ledger import LedgerError, Line
from dagster_project.ledger.verify import Problem

CHUNK_BYTES = 1 << 20


def lost_inputs(ledger_dir: Path, lines: Iterable[Line]) -> list[Problem]:
    """One problem per manifest or part of the runs among ``lines`` that is gone or was changed."""
    runs = [(line.seq, line.body["digests"]) for line in lines if line.kind == "run"]
    first: dict[str, int] = {}
    for seq, digests in runs:
        for name in KEPT_INPUTS:
            if name in digests:
                first.setdefault(digests[name], seq)
    problems, parts = [], dict[str, int]()
    for address, seq in first.items():
        try:
            for part in named_parts(ledger_dir, address):
                parts.setdefault(part, seq)
        except (LedgerError, ValueError, KeyError, TypeError) as error:
            problems.append(Problem("inputs_lost", f"line {seq}", str(error)))
    for part, seq in parts.items():
        path = ledger_dir / FOLDER / PARTS / f"{part}.jsonl.gz"
        if fault := _fault(path, part):
            problems.append(Problem("inputs_lost", f"line {seq}", fault))
    return problems


def _fault(path: Path, address: str) -> str | None:
    digest = hashlib.sha256()
    try:
        with gzip.open(path, "rb") as packed:
            while chunk := packed.read(CHUNK_BYTES):
                digest.update(chunk)
    except (OSError, EOFError, zlib.error) as error:
        return f"{path}: {error}"
    return None if digest.hexdigest() == address else f"{path} was changed"
