"""Files of a new project that the product's own definitions write: registry and columns."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from string import Template
from typing import Final

import yaml

from dagster_project.contracts.registry.schema import Seed
from dagster_project.contracts.registry.tables import SEED_FOLDER, SEEDS
from dagster_project.contracts.streams import stream

EXAMPLE: Final = Path(__file__).parent / "example_rows.yml"


def generated_files(today: date) -> dict[str, str]:
    """Text by path: every seed of the registry, and the types dbt loads them with.

    Rules of the example hold from ``today`` on where the past must not count.
    """
    text = Template(EXAMPLE.read_text(encoding="utf-8")).substitute(today=today.isoformat())
    rows: Mapping[str, Sequence[Mapping[str, str]]] = yaml.safe_load(text)
    seeds = {f"{seed.name}.csv": _csv(seed, rows.get(seed.name, ())) for seed in SEEDS}
    files = seeds | {"_registry.yml": _properties()}
    return {f"{SEED_FOLDER}/{name}": text for name, text in files.items()}


def source_columns(name: str) -> str:
    """The columns of a canonical stream, as lines of a source declaration."""
    return "\n".join(
        f'          - {{name: {column.name}, data_type: "{column.data_type}"}}'
        for column in stream(name).columns
    )


def _csv(seed: Seed, rows: Sequence[Mapping[str, str]]) -> str:
    """The header, and the rows with what they leave out empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, seed.header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _properties() -> str:
    lines = ["version: 2", "", "seeds:"]
    for seed in SEEDS:
        lines += [f"  - name: {seed.name}", f"    description: One row is {seed.grain}."]
        lines += ["    config:", "      column_types:"]
        lines += [f"        {column.name}: {column.kind.data_type}" for column in seed.columns]
    return "\n".join([*lines, ""])
