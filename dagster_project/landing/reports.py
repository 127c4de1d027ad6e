"""What one landing call did, per file and in total."""

from dataclasses import dataclass, field

KNOWN = "known"
WAITING = "waiting"
_COUNTS = ("unit_count", "landed_count", "quarantined_count", "blank_count")


@dataclass(frozen=True)
class FileReport:
    """``status``: landed, known (its content landed before), waiting, unaccountable.

    Counts are of this call: zero for what landed nothing now. ``reason`` and ``detail`` say why
    a file waits or is unaccountable; ``quarantine_reasons`` counts units by reason code.
    """

    file: str
    source: str
    table: str
    status: str
    unit_count: int = 0
    landed_count: int = 0
    quarantined_count: int = 0
    blank_count: int = 0
    reason: str | None = None
    detail: str | None = None
    quarantine_reasons: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class LandingReport:
    """``batch`` is None when this call wrote nothing into the books."""

    batch: str | None
    files: tuple[FileReport, ...]

    @property
    def totals(self) -> dict[str, int]:
        """Files by status, and the sums of the counts."""
        totals = {f"{status}_files": 0 for status in ("landed", KNOWN, WAITING, "unaccountable")}
        for report in self.files:
            totals[f"{report.status}_files"] += 1
        return totals | {name: sum(getattr(f, name) for f in self.files) for name in _COUNTS}
