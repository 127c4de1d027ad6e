"""Faults put into the rows of criteria and thresholds: the registry check refuses each."""

import csv
import io
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

from small_company import CRITERIA

from dagster_project.contracts.registry import validate_registry

VALID = Path(__file__).resolve().parents[2] / "poison" / "registry" / "valid"
THRESHOLDS = Path("seeds/registry/thresholds.csv")
NUMBERS = ("NaN", "nan", "", "Infinity", "-Infinity", "1e400", "0,05", "-1", "five")
OTHER_SIDE = {"at_most": "at_least", "at_least": "at_most"}


def registry_mutants() -> Iterator[tuple[str, Path, str]]:
    """(what was done, the file, its text)."""
    for path in (CRITERIA, VALID / THRESHOLDS):
        with path.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        for number, row in enumerate(rows):
            name = f"{path.stem} {number + 2}, {row['criterion_id']}"
            yield f"{name}: twice", path, written([*rows, row])
            for change in changes(path, row):
                bad = [*rows[:number], row | change, *rows[number + 1 :]]
                yield f"{name}: {change}", path, written(bad)
            if path == CRITERIA:
                yield f"{name}: deleted", path, written(rows[:number] + rows[number + 1 :])


def changes(path: Path, row: dict[str, str]) -> Iterator[dict[str, str]]:
    for column in ("threshold", "alpha") if path == CRITERIA else ("threshold",):
        # money or a KPI may fall short by a negative number; such a row is no mistake by itself
        yield from ({column: number} for number in NUMBERS)
    yield {"criterion_id": ""}
    yield {"criterion_id": "odd"}
    if path != CRITERIA:
        yield {"effective_from": ""}
        return
    yield {"comparison": OTHER_SIDE[row["comparison"]]}
    for column in ("comparison", "scope", "applies_to", "gate", "max_age_days"):
        yield from ({column: word} for word in ("", "odd"))


def written(rows: list[dict[str, str]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def survivors(folder: Path, every: int = 1) -> tuple[int, list[str]]:
    """(mutants, those that nobody refused); ``every``: each sixteenth, say."""
    root = Path(shutil.copytree(VALID, folder / "company"))
    criteria = folder / "seeds" / CRITERIA.name
    criteria.parent.mkdir()
    count, alive = 0, []
    for name, path, text in itertools.islice(registry_mutants(), 0, None, every):
        shutil.copy(CRITERIA, criteria)
        shutil.copy(VALID / THRESHOLDS, root / THRESHOLDS)
        target = criteria if path == CRITERIA else root / THRESHOLDS
        target.write_text(text, encoding="utf-8")
        count += 1
        if not validate_registry(root, criteria):
            alive.append(name)
    return count, alive
