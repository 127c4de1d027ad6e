"""The published files of the sample: JSON Lines, one per landing batch, whole or not there."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

from dagster_project.contracts.audit_draw import Draw
from dagster_project.files import write_durably

PATTERN = "audit_sample-*.jsonl"


class SampleFileError(RuntimeError):
    """A published file says what the draw did not; the text names file, line and fix."""


class Selection(NamedTuple):
    """One row of the stream ``audit_sample``; of one decision it is the same whenever written."""

    decision_id: str
    selected_at: datetime
    probability: Decimal

    def line(self) -> str:
        """As JSON."""
        row = {
            "decision_id": self.decision_id,
            "selected_at": self.selected_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "inclusion_probability": float(self.probability),
        }
        return json.dumps(row, separators=(",", ":"), allow_nan=False) + "\n"


def published(folder: Path, draw: Draw) -> set[str]:
    """Ids in the files of ``folder``. Raises SampleFileError for a line this key did not draw."""
    return {name for path in sorted(folder.glob(PATTERN)) for name, _ in _lines(path, draw) if name}


def publish(folder: Path, batch: str, selections: list[Selection], draw: Draw) -> Path:
    """Add ``selections`` to the file of ``batch``, ordered by id; what it held stays in it."""
    path = folder / f"audit_sample-{batch}.jsonl"
    lines = {each.decision_id: each.line() for each in selections}
    if path.is_file():
        lines |= {name: line + "\n" for name, line in _lines(path, draw)}
    write_durably(path, "".join(lines[name] for name in sorted(lines)).encode())
    return path


def _lines(path: Path, draw: Draw) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                row = json.loads(line, parse_float=Decimal, parse_int=Decimal)
                is_drawn = draw.selects(*_named(row))
            except (ValueError, KeyError, TypeError, InvalidOperation) as error:
                raise _foreign(path, number, "is no selection") from error
            if not is_drawn:
                raise _foreign(path, number, "was not drawn by this key")
            yield row["decision_id"], line.removesuffix("\n")


def _named(row: dict[str, Any]) -> tuple[str, Decimal]:
    name, probability = row["decision_id"], row["inclusion_probability"]
    if not isinstance(name, str) or not isinstance(probability, Decimal):
        raise TypeError("a selection names a decision and a probability")
    return name, probability


def _foreign(path: Path, number: int, problem: str) -> SampleFileError:
    return SampleFileError(
        f"{path} line {number} {problem}: the file was edited, or the key is another one; restore "
        "the key, or delete the file, and what is missing of it is drawn again"
    )
