"""What the runs judged by is looked for when the ledger is verified."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from dagster_project.ledger.anchor import Watch
from dagster_project.ledger.inputs import keep_inputs
from dagster_project.ledger.kept import lost_inputs
from dagster_project.ledger.ledger import read
from dagster_project.ledger.record import record_run

DAY = datetime(2026, 3, 30, 6, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Two runs, the second with a batch of its own."""
    folder = tmp_path / "ledger"
    batches = [("20260301T000000000000Z", "facts", {"n": 1})]
    for number in (1, 2):
        address = keep_inputs(folder, {"evidence": [{"n": number}]}, batches[: number - 1])
        record_run(
            folder,
            as_of=date(2026, 3, 29),
            known_batch="20260330T050000000000Z",
            valid_until=DAY,
            digests=dict.fromkeys(("inputs", "code", "registry", "publication", "grants"), address),
            verdicts=[],
            actor="run:1",
            time=DAY.replace(hour=6 + number),
            watch=Watch(),
        )
    return folder


def each(ledger: Path, pattern: str) -> list[Path]:
    return sorted((ledger / "inputs").glob(pattern))


@pytest.mark.parametrize(
    ("pattern", "count"), [("parts/*.gz", 4), ("*/manifest.json", 2)], ids=["parts", "manifests"]
)
@pytest.mark.parametrize(
    "damage",
    [Path.unlink, lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"{}")],
    ids=["gone", "empty", "other"],
)
def test_every_part_that_is_gone_or_changed_is_found(
    ledger: Path, pattern: str, count: int, damage: Callable[[Path], object]
) -> None:
    lines = list(read(ledger))
    assert lost_inputs(ledger, lines) == []
    found = each(ledger, pattern)
    assert len(found) == count
    for path in found:
        content = path.read_bytes()
        damage(path)
        assert {problem.code for problem in lost_inputs(ledger, lines)} == {"inputs_lost"}
        path.write_bytes(content)
    assert lost_inputs(ledger, lines) == []
