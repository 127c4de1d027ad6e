"""A folder that the simulator wrote, read back."""

import gzip
import json
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

BUNDLED = Path(__file__).parents[3] / "demo" / "data" / "procurement"
STREAMS = (
    "decisions",
    "reviews",
    "audit_sample",
    "reversals",
    "business_actions",
    "rail_evidence",
)
Row = dict[str, Any]


def text(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode()


def moment(value: str) -> datetime:
    assert value.endswith("Z")
    return datetime.fromisoformat(value)


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.truth: dict[str, Any] = json.loads((folder / "planted_truth.json").read_text())
        self._rows: dict[str, list[Row]] = {}

    def rows(self, stream: str) -> list[Row]:
        if stream not in self._rows:
            lines = text(self.folder / f"{stream}.jsonl.gz").splitlines()
            self._rows[stream] = [json.loads(line) for line in lines]
        return self._rows[stream]

    @cached_property
    def by_id(self) -> dict[str, Row]:
        return {row["decision_id"]: row for row in self.rows("decisions")}

    def action_of(self, row: Row) -> str:
        return str(self.by_id[row["decision_id"].removeprefix("seeded-")]["action"])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
