"""What a suite is, as data."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from dagster_project.evidence.data_fit.kinds import KINDS, ROW_COUNT, Kind

PROFILE_TABLE: Final = "int_data_fit__class_profile"
CLASS_COLUMN: Final = "decision_class"

Severity = Literal["required", "advisory"]
Grain = Literal["class", "row"]
Rows = Literal["all", "current"]


class SuiteError(ValueError):
    """A suite file breaks a rule. The text names the file, the expectation and the fix."""


@dataclass(frozen=True)
class Expectation:
    """One expectation. ``null_means_field``: the registry field that a missing value stands
    for; None means that a missing value is never met."""

    expectation_id: str
    expectation_type: str
    arguments: dict[str, Any]
    suite: str
    severity: Severity
    owner: str
    reason: str
    is_per_class: bool
    null_means_field: str | None

    @property
    def kind(self) -> Kind:
        return KINDS[self.expectation_type]

    @property
    def columns(self) -> tuple[str, ...]:
        """The tested columns."""
        named = [self.arguments[key] for key in self.kind.columns]
        return tuple(c for value in named for c in (value if isinstance(value, list) else [value]))

    @property
    def is_required(self) -> bool:
        return self.severity == "required"


@dataclass(frozen=True)
class SuiteFile:
    """One checked file. ``grain`` 'class': one row per decision class; ``rows`` 'current': the
    rows with ``is_current`` whose ``landing_batch`` is known by now."""

    path: Path
    name: str
    table: str
    schema: str
    grain: Grain
    rows: Rows
    expectations: tuple[Expectation, ...]

    @property
    def header(self) -> tuple[str, Grain, Rows]:
        return (self.schema, self.grain, self.rows)


@dataclass(frozen=True)
class Suite:
    """Everything expected of one table. Cheap: for declaring asset checks while loading."""

    table: str
    schema: str
    grain: Grain
    rows: Rows
    expectations: tuple[Expectation, ...]

    @property
    def asset_key(self) -> tuple[str, str]:
        return (self.schema, self.table)

    @property
    def expectation_ids(self) -> tuple[str, ...]:
        return tuple(expectation.expectation_id for expectation in self.expectations)

    @property
    def minimum_rows(self) -> int:
        """The strictest of the row-count guards; at least 1."""
        guards = [
            e.arguments.get("min_value")
            for e in self.expectations
            if e.expectation_type == ROW_COUNT and e.is_required
        ]
        return max([1, *(minimum for minimum in guards if isinstance(minimum, int))])
