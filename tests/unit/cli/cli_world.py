"""A company whose last run was published for real, small enough to be made in a second."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from governance_rows import governance_rows
from rollout_rows import rollout_rows

from dagster_project import warehouse
from dagster_project.ledger.anchor import Watch
from dagster_project.ledger.inputs import keep_inputs
from dagster_project.ledger.record import record_run
from dagster_project.names import GATES
from dagster_project.publish.grants import build_grants
from dagster_project.publish.release import activate, stage_release

MARTS = Path(__file__).parents[3] / "dbt" / "models" / "marts"
PUBLISHED_MARTS = sorted(path.stem for path in MARTS.glob("*.yml"))
DELEGATED, WAITING = "procurement.classify_request", "procurement.match_vendor"
SUPPORTED = "support.airline.book"
# a class name that tries Rich markup, an ANSI colour, a line break and a change of direction
HOSTILE = "support.[red]evil[/red]\x1b[31m\nsecond\u202eline"
COHORT = "3.2.0 | kestrel-2 | p1 | 14 | p-7"
TODAY = datetime.now(UTC).date()
FINE_TUNED = "3.2.0 | ft:kestrel-2:sft | p1 | 14 | p-7"
PRODUCTION_CRITERIA = ("accuracy", "latency")
OTHER_CRITERIA = ("required_data_present", "fresh")
VERDICTS = {
    DELEGATED: ("pass", "pass", "pass", "fail", "insufficient"),
    WAITING: ("pass", "stale", "error", "insufficient", "insufficient"),
    SUPPORTED: ("fail", "insufficient", "insufficient", "insufficient", "insufficient"),
    HOSTILE: ("fail", "insufficient", "insufficient", "insufficient", "insufficient"),
}
STAGES = {DELEGATED: "pilot", WAITING: "discovery", SUPPORTED: "proposed", HOSTILE: "proposed"}

Rows = dict[str, list[dict[str, Any]]]


@dataclass
class World:
    """Where the company lies; ``publish`` runs and publishes, as of ``as_of``."""

    root: Path
    home: Path
    runs: int = field(default=0)

    @property
    def ledger(self) -> Path:
        return self.home / "ledger"

    @property
    def current(self) -> Path:
        return (self.home / "publish" / "current").resolve()

    def publish(self, as_of: date = TODAY, *, is_activated: bool = True) -> None:
        self.runs += 1
        rows = _rows(as_of)
        database = self.home / "warehouse" / f"run{self.runs}.duckdb"
        _write(database, rows)
        publish, until = self.home / "publish", _until(as_of)
        name = f"{as_of:%Y%m%d}-{self.runs}"
        staged = stage_release(
            database, publish, list(PUBLISHED_MARTS), name, may_be_empty=list(PUBLISHED_MARTS)
        )
        grants = build_grants(rows["autonomy_map"], valid_until=until, run={"as_of": as_of})
        record_run(
            self.ledger,
            as_of=as_of,
            known_batch="20250803T000000000000Z",
            valid_until=until,
            digests={
                **dict.fromkeys(("code", "registry", "verdicts"), "0" * 64),
                "inputs": keep_inputs(self.ledger, {"registry.people": []}),
                "publication": staged.manifest_sha256,
                "grants": sha256(grants).hexdigest(),
            },
            verdicts=list(_verdicts(rows)),
            actor="run:test",
            time=datetime.now(UTC),
            watch=Watch(publish=publish),
        )
        if is_activated:
            activate(publish, name, grants)


def company(folder: Path) -> World:
    """A company project without sources, and an empty state folder."""
    root = folder / "company"
    root.mkdir(parents=True)
    (root / "penstock.toml").write_text('[project]\nname = "company"\n', encoding="utf-8")
    return World(root, folder / "home")


def _until(as_of: date) -> datetime:
    return datetime.combine(as_of + timedelta(days=3), time.min, tzinfo=UTC)


def _write(database: Path, rows: Mapping[str, list[dict[str, Any]]]) -> None:
    """Tables with exactly the columns that the marts' contracts declare."""
    with closing(warehouse.connect(database)) as connection:
        connection.execute("CREATE SCHEMA marts")
        for mart in PUBLISHED_MARTS:
            declared = yaml.safe_load((MARTS / f"{mart}.yml").read_text(encoding="utf-8"))
            columns = [(c["name"], c["data_type"]) for c in declared["models"][0]["columns"]]
            body = ", ".join(f"{name} {kind}" for name, kind in columns)
            connection.execute(f"CREATE TABLE marts.{mart} ({body})")
            for row in rows.get(mart, []):
                assert row.keys() <= dict(columns).keys(), f"{mart} has no {row.keys()}"
                names = ", ".join(row)
                marks = ", ".join("?" * len(row))
                connection.execute(
                    f"INSERT INTO marts.{mart} ({names}) VALUES ({marks})", list(row.values())
                )


def _rows(as_of: date) -> Rows:
    cells = [(name, segment) for name in VERDICTS for segment in ("all", "region=EU")]
    inventory = [_inventory(name, as_of) for name in VERDICTS]
    undeclared = {
        "as_of": as_of,
        "workflow": "support",
        "decision_class": "support.rogue",
        "is_declared": False,
        "decision_count": 7,
        "decisions_last_28_days_count": 7,
    }
    return rollout_rows(as_of, STAGES) | {
        "dim_decision_class": [
            {"decision_class": name, "workflow": _workflow(name), "title": f"Title of {name}"}
            for name in VERDICTS
        ],
        "autonomy_map": [_map(name, segment, as_of) for name, segment in cells],
        "gate_scorecard": [row for name, segment in cells for row in _card(name, segment, as_of)],
        "gate_criteria": [row for name, segment in cells for row in _criteria(name, segment)],
        "decision_inventory": [*inventory, undeclared],
        "decision_class_sources": [
            {"workflow": _workflow(name), "decision_class": name, "source": source}
            for name, source in ((DELEGATED, "crm"), (WAITING, "erp"))
        ],
        "refused_units": [_refused(number) for number in range(12)],
        "ownership": [
            {"workflow": "procurement", "role": role, "person_id": person, "is_vacant": False}
            for role, person in (("business", "p1"), ("technical", "p2"), ("risk", "p3"))
        ],
        **governance_rows(as_of),
        "decision_class_cohorts": [
            *(_cohort(name) for name in VERDICTS),
            _cohort(SUPPORTED, FINE_TUNED),
        ],
    }


def _refused(number: int) -> dict[str, Any]:
    """Of ``crm``; from the second file on, all of its units were repaired but one."""
    return {
        "source": "crm",
        "source_table": "decisions",
        "streams": "decisions",
        "file_name": f"data/crm-{number:02d}.jsonl",
        "file_sha256": f"{number:064d}",
        "reason_code": "invalid_json",
        "unit_count": 7,
        "repaired_count": 6 if number else 0,
        "open_count": 1 if number else 7,
        "first_open_places": "4" if number else "2, 3, 5, 7, 11",
    }


def _workflow(name: str) -> str:
    return name.split(".", maxsplit=1)[0]


def _inventory(name: str, as_of: date) -> dict[str, Any]:
    return {
        "as_of": as_of,
        "workflow": _workflow(name),
        "decision_class": name,
        "is_declared": True,
        "decision_count": 15632 if name == DELEGATED else 0,
        "decisions_last_28_days_count": 0,
        "observed_weekly_count": Decimal("571.5"),
        "declared_weekly_count": 600,
        "error_cost": "low",
        "error_cost_amount": Decimal("15.00"),
        "currency": "EUR",
        "reversibility": "easy",
        "is_regulated": name == WAITING,
        "declared_level": "delegate",
    }


def _map(name: str, segment: str, as_of: date) -> dict[str, Any]:
    tests = ("reversibility", "value_at_risk", "confidence_quality", "review_capacity")
    return {
        "as_of": as_of,
        "valid_until_date": as_of + timedelta(days=2),
        "workflow": _workflow(name),
        "decision_class": name,
        "segment": segment,
        "cohort_id": COHORT,
        "stage": STAGES[name],
        "declared_level": "delegate",
        "recommended_level": "delegate",
        "effective_level": "delegate" if name == DELEGATED else "human_only",
        "recommended_reason": "tests: value at risk weak",
        "effective_reason": "as declared" if name == DELEGATED else f"{HOSTILE} does not pass",
        "map_digest": sha256(f"{name} {segment}".encode()).hexdigest(),
        "declared_amount_limit": Decimal("900.0000") if name == DELEGATED else None,
        **{f"{test}_test": "weak" if test == "value_at_risk" else "good" for test in tests},
        "boundary": None,
        "amount_limit": Decimal("500.0000") if name == DELEGATED else None,
        "currency": "EUR",
    }


def _card(name: str, segment: str, as_of: date) -> Iterable[dict[str, Any]]:
    is_blocked = False
    for order, (gate, verdict) in enumerate(zip(GATES, VERDICTS[name], strict=True), start=1):
        yield {
            "as_of": as_of,
            "valid_until_date": as_of + timedelta(days=2),
            "workflow": _workflow(name),
            "decision_class": name,
            "segment": segment,
            "cohort_id": COHORT,
            "gate": gate,
            "gate_order": order,
            "verdict": verdict,
            "is_blocked": is_blocked,
            "pass_count": 1,
            "due_count": 3,
            "open_criteria": None if verdict == "pass" else "latency, accuracy",
            "waived_criteria": "latency" if gate == "production_fit" else None,
            "first_reason": None if verdict == "pass" else "latency: 1540 more clean trials",
            "labels_needed": 1540 if gate == "production_fit" else None,
        }
        is_blocked = is_blocked or verdict != "pass"


def _criteria(name: str, segment: str) -> Iterable[dict[str, Any]]:
    for gate in GATES:
        names = PRODUCTION_CRITERIA if gate == "production_fit" else OTHER_CRITERIA
        for order, criterion in enumerate(names, start=1):
            verdict = "insufficient" if order == 1 else "fail"
            yield {
                "decision_class": name,
                "segment": segment,
                "gate": gate,
                "criterion_id": criterion,
                "criterion_order": order,
                "verdict": verdict,
                "is_waived": criterion == "latency",
                "waiver_id": "w1" if criterion == "latency" else None,
                "waived_until": TODAY if criterion == "latency" else None,
                "reason": "[bold]noisy[/bold] \x1b[2J" if verdict == "fail" else None,
                "estimate": Decimal("0.005952381"),
                "bound": Decimal("0.022017173"),
                "comparison": "at_most",
                "threshold": Decimal("0.020000000"),
                "alpha": Decimal("0.01"),
                "method": "anytime_beta",
                "n": 1512,
                "n_needed": 1540,
                "window_end": date(2025, 8, 3),
            }


def _cohort(name: str, cohort: str = COHORT) -> dict[str, Any]:
    is_priced = cohort == COHORT
    return {
        "workflow": _workflow(name),
        "decision_class": name,
        "cohort_id": cohort,
        "is_current": is_priced,
        "decision_count": 15632,
        "labelled_count": 1547,
        "wrong_count": 9,
        "unpriced_count": 0 if is_priced else 3,
        "cost_amount": Decimal("76.013970000") if is_priced else Decimal("12.500000000"),
    }


def _verdicts(rows: Rows) -> Iterable[dict[str, Any]]:
    for card in rows["gate_scorecard"]:
        yield {
            "decision_class": card["decision_class"],
            "segment": card["segment"],
            "gate": card["gate"],
            "verdict": card["verdict"],
            "is_blocked": card["is_blocked"],
            "cohort_id": COHORT,
            "level": "human_only",
            "criteria": [{"id": "accuracy", "verdict": "fail"}],
        }
