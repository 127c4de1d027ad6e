"""Fixture rows: a DuckDB with the tables that estimates read, and one healthy class to spoil."""

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from estimates_tables import DDL

from dagster_project.evidence.estimates.context import COMPARISONS, Estimate
from dagster_project.evidence.estimates.detections import read_detections
from dagster_project.evidence.estimates.errors import error_rows
from dagster_project.evidence.estimates.makers import MAKERS, Facts
from dagster_project.evidence.estimates.registry import read_context
from dagster_project.evidence.estimates.replacing import replace_rows
from dagster_project.evidence.estimates.strata import read_sample
from dagster_project.evidence.estimates.write import ESTIMATES, create_tables

AS_OF = date(2025, 3, 31)  # a Monday: the week before it is complete
BATCH = "20250401T000000000000Z"
CLASS, WORKFLOW, COHORT = "w.one", "w", "c1"
THRESHOLDS = {
    "volume_floor": "25",
    "pain_measured": "100",
    "owners_named": "3",
    "evidence_feasible": "365",
    "clean_volume": "100",
    "required_data_present": "0.02",
    "fresh": "3",
    "accounted": "0",
    "reconciled": "0.98",
    "labels_available": "0.9",
    "telemetry_plausible": "0",
    "reversibility": "0.02",
    "value_at_risk": "2500",
    "confidence_quality": "0.05",
    "review_capacity": "0.85",
    "boundary_defined": "1",
    "latency": "0.05",
    "accuracy": "0.05",
    "fallback_proven": "0.9",
    "audit_complete": "0.99",
    "boundary_respected": "0.01",
    "cost_per_decision": "0.5",
    "reviewers_effective": "0.8",
    "baseline_fixed": "1",
    "kpi_improved": "0",
    "guardrails_held": "0",
    "roi_positive": "0",
}
SEGMENTED = {
    *("required_data_present", "confidence_quality", "latency", "accuracy"),
    "boundary_respected",
}


MODELS_READ = (
    *("int_thresholds__effective", "int_workflows__sources", "int_sources__reach"),
    *("int_review_pools__staffed", "int_reviews__overloaded_days"),
)
MODELS = Path(__file__).resolve().parents[3] / "dbt" / "models" / "intermediate"
REF = re.compile(r"""\{\{ ref\((?:"penstock", )?"(\w+)"\) \}\}""")
SOURCE = re.compile(r"""\{\{ source\("(\w+)", "(\w+)"\) \}\}""")
SCHEMAS = {"fct": "facts", "int": "intermediate"}


def _relation(model: str) -> str:
    if model == "int_run_context":
        return "landing.run_context"
    return f"{SCHEMAS.get(model[:3], 'registry')}.{model}"


def own_view(model: str) -> str:
    """The product's own model as a view over the fixture's tables."""
    text = (MODELS / f"{model}.sql").read_text(encoding="utf-8")
    text = REF.sub(lambda found: _relation(found[1]), text)
    text = SOURCE.sub(lambda found: f"{found[1]}.{found[2]}", text)
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
    return f"create view intermediate.{model} as {text}"


class World:
    """A fixture warehouse; ``add`` inserts a row by column names, ``estimate`` runs a maker."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.is_changed = True
        self._made: dict[tuple[str, ...], list[Estimate]] = {}

    def add(self, table: str, /, **row: Any) -> None:
        if table.startswith("facts.") and table != "facts.fct_sequences":
            row.setdefault("landing_batch", BATCH)
        if table == "facts.fct_unreadable":
            row.setdefault("unit_batch", row["landing_batch"])
        names = ", ".join(f'"{name}"' for name in row)
        places = ", ".join("?" for _ in row)
        values = list(row.values())
        self.connection.execute(f"insert into {table} ({names}) values ({places})", values)
        self.is_changed = True

    def run(self, sql: str) -> None:
        self.connection.execute(sql)
        self.is_changed = True

    def estimate(
        self, criterion: str, segment: str = "all", cohort: str | None = None, name: str = CLASS
    ) -> dict[str, Any]:
        """The one row of a criterion, as a run writes it; no second one without a change.

        Only its own maker runs: all of them take 0.3 s, and ``test_estimates_write.py`` runs them.
        """
        self._make(criterion)
        result = self.connection.execute(
            "select * from evidence.estimates where criterion_id = ? and decision_class = ? "
            "and segment = ? and (? is null or cohort_id = ?)",
            [criterion, name, segment, cohort, cohort],
        )
        names = [column[0] for column in result.description]
        rows = result.fetchall()
        assert len(rows) == 1, f"{criterion}: {len(rows)} rows"
        return dict(zip(names, rows[0], strict=True))

    def _make(self, criterion: str) -> None:
        if self.is_changed:
            self._facts = Facts(self.connection, read_context(self.connection))
            self._made.clear()
            self.is_changed = False
        (criteria,) = [own for own in MAKERS if criterion in own]
        if criteria not in self._made:
            self._made[criteria] = list(MAKERS[criteria](self._facts))
            rows = [row for made in self._made.values() for row in made]
            create_tables(self.connection)
            replace_rows(self.connection, self._facts.context, {ESTIMATES: rows})

    def decisions(self, day: date, *, days: int = 1, **row: Any) -> None:
        """Rows of fct_decisions_daily from ``day`` on; what is not named is healthy."""
        count = row.get("decision_count", 10)
        healthy = {
            "source": "s",
            "workflow": WORKFLOW,
            "decision_class": CLASS,
            "segment": "all",
            "cohort_id": COHORT,
            "route": "delegated",
            "decision_count": count,
            "unreadable_count": 0,
            "failed_count": 0,
            "missing_required_count": 0,
            "clean_count": count,
            "audit_complete_count": count,
            "boundary_violation_count": 0,
            "boundary_unknown_count": 0,
            "priced_count": count,
            "cost_amount": Decimal(count) / 10,
        }
        self._daily("facts.fct_decisions_daily", day, days, healthy | row)

    def error(self, criterion: str = "accuracy", is_confident: bool = False) -> dict[str, Any]:
        """The row of an error criterion over all segments, without making the others."""
        context = read_context(self.connection)
        sample = read_sample(self.connection, context, is_confident)
        detections = read_detections(self.connection, context)
        rows = error_rows(context, criterion, sample, detections, "")
        (row,) = [row for row in rows if (row.segment, row.cohort_id) == ("all", COHORT)]
        return row._asdict()

    def sample(self, subject: str, day: date, *, days: int = 1, **row: Any) -> None:
        """Rows of fct_samples_weekly: one decision a day, drawn, labelled, right."""
        healthy = {
            "decision_class": CLASS,
            "segment": "all",
            "cohort_id": COHORT,
            "route": "delegated",
            "inclusion_probability": Decimal("0.1"),
            "confidence_bin": 90,
            "decision_count": 10,
            "selected_count": 1,
            "labelled_count": 1,
            "wrong_count": 0,
            **{"late_error_count": 0, "late_label_count": 0},
            **{"outside_label_count": 0, "outside_wrong_count": 0},
            "selected_cost_amount": Decimal(row.get("selected_count", 1)) / 10,
        }
        self._daily("facts.fct_samples_weekly", day, days, healthy | row, subject)

    def _daily(
        self, table: str, day: date, days: int, row: dict[str, Any], subject: str | None = None
    ) -> None:
        # one statement however many days: row by row would cost a third of a second per world
        row = {"landing_batch": BATCH} | row
        names, places = ", ".join(row), ", ".join(f"${name}" for name in row)
        values = {**row, "day": day, "days": days}
        subject_name, subject_place = ("", "")
        if subject is not None:
            subject_name = ", subject_key"
            subject_place = ", $subject" if days == 1 else ", $subject || place"
            values["subject"] = subject
        self.connection.execute(
            f"insert into {table} ({names}, event_date{subject_name})"
            f" select {places}, $day::date + place::int{subject_place} from range($days) t(place)",
            values,
        )
        self.is_changed = True


def _registry(world: World) -> None:
    world.add("landing.run_context", as_of=AS_OF, known_batch=BATCH)
    for criterion, threshold in THRESHOLDS.items():
        world.add(
            "registry.criteria",
            criterion_id=criterion,
            comparison=COMPARISONS[criterion],
            threshold=Decimal(threshold),
            alpha=Decimal("0.05"),
            scope="segment" if criterion in SEGMENTED else "class",
        )
    world.add(
        "registry.decision_classes",
        decision_class=CLASS,
        workflow=WORKFLOW,
        cost_of_delay_amount=4,
        error_cost_amount=15,
        reversibility="easy",
        declared_level="delegate",
        boundary="action in (sort) and amount <= 500",
        label_outcome="checked",
        label_delay_days=7,
        latency_limit_ms=5000,
        review_pool="pool",
        review_wait_minutes=15,
        alpha_weight=1,
        currency="USD",
        cost_cap_amount=2,
    )
    world.add("registry.class_mapping", source="s", workflow=WORKFLOW, decision_class=CLASS)
    world.add("registry.review_pools", review_pool="pool", reviewer_count=2, hours_per_week=10)
    for reviewer in ("ann", "bob"):
        world.add("registry.reviewers", reviewer_id=reviewer, review_pool="pool")
    world.add(
        "registry.audit_rates",
        decision_class=CLASS,
        inclusion_probability=Decimal("0.1"),
        valid_from=date(2024, 1, 1),
    )
    for role in ("business", "technical", "risk"):
        world.add("registry.people", person_id=role, is_active=True)
        world.add(
            "registry.owners",
            workflow=WORKFLOW,
            role=role,
            person_id=role,
            valid_from=date(2024, 1, 1),
        )
    world.add(
        "registry.kpi_registry",
        kpi="hours",
        workflow=WORKFLOW,
        kind="primary",
        unit="hours",
        baseline_end=date(2025, 1, 5),
        launch_date=date(2025, 1, 6),
        registered_at=date(2024, 12, 1),
    )


def _facts(world: World) -> None:
    first = date(2025, 1, 6)
    days = (AS_OF - first).days + 1
    world.decisions(first, days=days)
    world.sample("p", first, days=days)
    world.run(
        "insert into facts.fct_latency_daily select decision_class, segment, cohort_id,"
        " event_date, 500, landing_batch, decision_count from facts.fct_decisions_daily"
    )
    for place in range(8):
        world.add(
            "facts.fct_kpis",
            metric="hours",
            workflow=WORKFLOW,
            segment="all",
            period_start=first - timedelta(7 * (place + 1)),
            grain="week",
            unit="hours",
            value=5,
            value_count=1,
        )
    world.add(
        "facts.fct_watermarks", workflow=WORKFLOW, decision_class=CLASS, label_watermark_date=AS_OF
    )
    world.add(
        "landing.files",
        source="s",
        table="decisions",
        file_sha256="f",
        status="landed",
        unit_count=10,
        landed_count=8,
        quarantined_count=1,
        blank_count=1,
        landing_batch=BATCH,
    )
    world.run("insert into intermediate.int_tables__streams values ('s', 'decisions', 'decisions')")
    world.add(
        "facts.fct_files_settled",
        source="s",
        source_table="decisions",
        file_sha256="f",
        counted_count=5,
        duplicate_count=1,
        conflict_count=1,
        superseded_count=1,
    )


def healthy_world() -> World:
    """One class, delegated, 10 decisions a day since 6 January, one label a day, none wrong."""
    connection = duckdb.connect(config={"threads": 1})  # tiny tables: threads only cost
    connection.execute(DDL)
    for model in MODELS_READ:
        connection.execute(own_view(model))
    made = World(connection)
    _registry(made)
    _facts(made)
    return made
