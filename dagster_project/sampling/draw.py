"""The draw: every settled decision of a registered class, by its id, its class's rate and the key.

A pure function of landed rows, registry and key. So a draw that was killed, or whose file was lost,
is made good by the next one, and nothing is drawn twice.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dagster_project.contracts.audit_draw import Draw
from dagster_project.sampling.files import Selection, publish, published

if TYPE_CHECKING:
    import duckdb

    from dagster_project.settings import Project

ROWS_AT_ONCE = 50_000
# an erasure gave it a random name, which the draw must not take for a new decision's
ERASED = re.compile(r"erased_[0-9a-f]{32}")
ROUTES = ("delegated", "surfaced", "shadow")

# The newest state of every decision. From the landing of its first batch on its selection was
# fixed; that moment is `selected_at`, so a file that is written again has the same rows.
SETTLED = """
WITH states AS (
    SELECT decision_id, min(landing_batch) AS first_batch, max_by(
        {'decision_class': decision_class, 'route': route, 'is_conflict': is_conflict,
         'rate': inclusion_probability, 'is_landed': sample_count > 0}, landing_batch) AS state
    FROM intermediate.int_decisions__changes
    WHERE sign = 1 AND has_decision AND landing_batch <= $known
    GROUP BY decision_id
)
SELECT decision_id, state.decision_class, state.route, state.rate, state.is_landed,
    state.is_conflict, classes.decision_class IS NOT NULL, first_batch
FROM states
LEFT JOIN registry.decision_classes AS classes
    ON state.decision_class = classes.decision_class
WHERE state.route <> 'human'
"""
Progress = Callable[[int], None]


@dataclass
class ClassDraw:
    """Counts of one class: ``decisions`` that can be drawn, ``selected`` of them by the key.

    Of the selected, ``landed`` are in the log, ``waiting`` in a file, ``drawn`` now; of those
    ``overdue`` landed before this batch, so an earlier draw did not happen or was lost.
    ``foreign``: in the log's sample, and not selected by the key.
    """

    decisions: int = 0
    selected: int = 0
    landed: int = 0
    waiting: int = 0
    drawn: int = 0
    overdue: int = 0
    foreign: int = 0


@dataclass
class Drawn:
    """What a draw did. ``undrawn``: (class, reason) → decisions that nobody can draw."""

    batch: str
    file: Path | None = None
    classes: dict[str, ClassDraw] = field(default_factory=dict)
    undrawn: dict[tuple[str, str], int] = field(default_factory=dict)

    def total(self, count: str) -> int:
        """Of one count, over all classes."""
        return sum(getattr(each, count) for each in self.classes.values())


def draw_sample(project: "Project", folder: Path, *, on_progress: Progress | None = None) -> Drawn:
    """Publish into ``folder`` what is selected and neither landed nor in a file there.

    Needs a prepared warehouse. ``on_progress`` gets the decisions looked at so far. Raises
    KeyUnusableError, SampleFileError, WarehouseMissingError, and then publishes nothing.
    """
    from dagster_project import warehouse

    draw = Draw(project.sample_key.read())
    known = published(folder, draw)
    with closing(warehouse.connect(project.warehouse, read_only=True)) as connection:
        look = _Look(draw, known, _batches(connection))
        for number, decision in enumerate(_settled(connection, look.drawn.batch), start=1):
            look.at(decision)
            if on_progress is not None and number % ROWS_AT_ONCE == 0:
                on_progress(number)
    if look.new:
        look.drawn.file = publish(folder, look.drawn.batch, look.new, draw)
    return look.drawn


class _Settled(NamedTuple):
    """A row of SETTLED."""

    decision_id: str
    decision_class: str
    route: str
    rate: Decimal
    is_landed: bool
    is_conflict: bool
    is_registered: bool
    first_batch: str

    @property
    def obstacle(self) -> str | None:
        """Why nobody can draw it."""
        if not self.is_registered:
            return "class not registered"
        if self.is_conflict:
            return "records in conflict"
        if self.route not in ROUTES:
            return "route unknown"
        if self.rate <= 0:
            return "no audit rate on its day"
        return "erased" if ERASED.fullmatch(self.decision_id) else None


class _Look:
    """One pass over the decisions; ``new`` is what has to be published."""

    def __init__(self, draw: Draw, known: set[str], batches: dict[str, datetime]) -> None:
        self.drawn = Drawn(max(batches, default=""))
        self.new: list[Selection] = []
        self._draw = draw
        self._known = known
        self._batches = batches

    def at(self, decision: _Settled) -> None:
        """Count it, and select it or not."""
        name = decision.decision_class
        if reason := decision.obstacle:
            self.drawn.undrawn[name, reason] = self.drawn.undrawn.get((name, reason), 0) + 1
            return
        counts = self.drawn.classes.setdefault(name, ClassDraw())
        is_selected = self._draw.selects(decision.decision_id, decision.rate)
        counts.decisions += 1
        counts.selected += is_selected
        counts.landed += is_selected and decision.is_landed
        counts.foreign += decision.is_landed and not is_selected
        if not is_selected or decision.is_landed:
            return
        if decision.decision_id in self._known:
            counts.waiting += 1
            return
        counts.drawn += 1
        counts.overdue += decision.first_batch < self.drawn.batch
        landed_at = self._batches[decision.first_batch]
        self.new.append(Selection(decision.decision_id, landed_at, decision.rate))


def _batches(connection: "duckdb.DuckDBPyConnection") -> dict[str, datetime]:
    """When each batch landed, up to the one that the last run knew."""
    rows = connection.execute(
        "SELECT landing_batch, max(landed_at) FROM landing.files "
        "WHERE landing_batch <= (SELECT known_batch FROM intermediate.int_run_context) "
        "GROUP BY landing_batch"
    ).fetchall()
    return dict(rows)


def _settled(connection: "duckdb.DuckDBPyConnection", known: str) -> Iterator[_Settled]:
    found = connection.execute(SETTLED, {"known": known})
    while rows := found.fetchmany(ROWS_AT_ONCE):
        yield from (_Settled(*row) for row in rows)
