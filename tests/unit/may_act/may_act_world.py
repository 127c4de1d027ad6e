"""A publication with its ledger, for asking ``may_act``."""

import hashlib
import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from dagster_project.ledger.anchor import Watch
from dagster_project.ledger.ledger import Entry, append
from dagster_project.ledger.record import record_run
from dagster_project.may_act import Answer, may_act
from dagster_project.publish.grants import build_grants

RUN = datetime(2026, 3, 30, 6, tzinfo=UTC)
UNTIL = RUN + timedelta(days=2)
NOW = RUN + timedelta(hours=1)
FREE, LIMITED, SURFACED = "crm.tag_lead", "finance.refund", "finance.exception"


def row(name: str, **changes: object) -> dict[str, Any]:
    given = {
        "decision_class": name,
        "segment": "all",
        "cohort_id": "c1",
        "effective_level": "delegate",
        "amount_limit": None,
        "currency": None,
        "boundary": "",
        "valid_until_date": date(2100, 1, 1),  # the run ends first
    }
    return given | changes


ROWS = [
    row(FREE),
    row(FREE, segment="region=EU", effective_level="delegate_with_audit"),
    row(FREE, segment="region=US", effective_level="surface"),
    row(LIMITED, amount_limit=Decimal("500.0000"), currency="EUR"),
    row(SURFACED, effective_level="surface"),
    row("crm.starred", cohort_id="*"),
]


class World(NamedTuple):
    publish: Path
    ledger: Path
    anchor: Path

    @property
    def grants(self) -> Path:
        return self.publish / "grants.json"

    @property
    def head(self) -> Path:
        return self.publish / "head.json"

    @property
    def watch(self) -> Watch:
        return Watch(self.anchor, self.publish)

    def ask(self, name: str = FREE, **changes: Any) -> Answer:
        given: dict[str, Any] = {"cohort": "c1", "now": NOW, "anchor": self.anchor}
        given |= changes
        return may_act(name, publish=self.publish, ledger=self.ledger, **given)

    def run(self, time: datetime = RUN, **changes: Any) -> None:
        """Record a run of two days' validity, then publish its grants."""
        until = time + timedelta(days=2)
        content = build_grants(ROWS, valid_until=until, run={"as_of": date(2026, 3, 29)})
        digests = dict.fromkeys(("inputs", "code", "registry", "publication"), "0" * 64)
        digests["grants"] = hashlib.sha256(content).hexdigest()
        given: dict[str, Any] = {
            "as_of": date(2026, 3, 29),
            "known_batch": "20260330T050000000000Z",
            "valid_until": until,
            "digests": digests,
            "verdicts": [],
            "watch": self.watch,
        }
        record_run(self.ledger, actor="penstock", time=time, **(given | changes))
        self.grants.write_bytes(content)


def make_world(folder: Path, time: datetime = RUN) -> World:
    """Two months of ledger and one run with its grants."""
    made = World(folder / "publish", folder / "ledger", folder / "elsewhere" / "anchor.jsonl")
    made.publish.mkdir()
    entries = [Entry("policy", f"rule {n}", {"a": n, "hash": "x"}) for n in range(3)]
    append(made.ledger, entries, actor="ada", time=time - timedelta(days=40))
    append(made.ledger, entries, actor="ada", time=time - timedelta(days=1))
    made.run(time)
    return made


def make_warm(world: World) -> None:
    """Old files and one answer, so that the next one comes from the cache."""
    for path in (world.grants, world.head, world.anchor, *world.ledger.glob("*.jsonl")):
        os.utime(path, ns=(0, 0))
    assert world.ask().allowed
