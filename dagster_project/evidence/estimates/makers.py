"""Which maker makes the rows of which criteria, and the facts that they share."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from dagster_project.evidence.estimates.accounting import accounted, reconciled
from dagster_project.evidence.estimates.autonomy_fit import (
    boundary_defined,
    reversibility,
    value_at_risk,
)
from dagster_project.evidence.estimates.context import Context, Estimate
from dagster_project.evidence.estimates.costs import cost_per_decision
from dagster_project.evidence.estimates.data_quality import (
    fresh,
    labels_available,
    required_and_clean,
    telemetry_plausible,
)
from dagster_project.evidence.estimates.detections import Detections, read_detections
from dagster_project.evidence.estimates.drills import fallback_proven
from dagster_project.evidence.estimates.errors import error_rows
from dagster_project.evidence.estimates.kpi_effects import kpi_effects
from dagster_project.evidence.estimates.kpi_series import Known, Kpi, read_known, read_kpis
from dagster_project.evidence.estimates.paces import Paces, read_paces
from dagster_project.evidence.estimates.planning import PACE_DAYS, evidence_feasible
from dagster_project.evidence.estimates.production_fit import (
    audit_and_boundary,
    latency,
    reviewers_effective,
)
from dagster_project.evidence.estimates.review_capacity import review_capacity
from dagster_project.evidence.estimates.roi import Evidence, roi_positive
from dagster_project.evidence.estimates.roi_prices import read_prices
from dagster_project.evidence.estimates.segments import Segments, read_segments
from dagster_project.evidence.estimates.strata import Sample, read_sample
from dagster_project.evidence.estimates.value_fit import baseline_fixed
from dagster_project.evidence.estimates.workflow_fit import (
    Volumes,
    owners_named,
    pain_measured,
    read_volumes,
    volume_floor,
)

if TYPE_CHECKING:
    import duckdb

NO_CONFIDENT_LABELS = "no label at or above the operating confidence"


class Facts:
    """What several makers read, each of it once, when the first of them asks for it."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", context: Context) -> None:
        self.connection = connection
        self.context = context

    @cached_property
    def sample(self) -> Sample:
        recent = read_sample(self.connection, self.context, days=PACE_DAYS).strata
        return read_sample(self.connection, self.context)._replace(recent=recent)

    @cached_property
    def confident(self) -> Sample:
        """The part of it at or above the operating confidence."""
        recent = read_sample(self.connection, self.context, is_confident=True, days=PACE_DAYS)
        whole = read_sample(self.connection, self.context, is_confident=True)
        return whole._replace(recent=recent.strata)

    @cached_property
    def detections(self) -> Detections:
        return read_detections(self.connection, self.context)

    @cached_property
    def paces(self) -> Paces:
        recent, sure = self.sample.recent or {}, self.confident.recent or {}
        return read_paces(self.connection, self.context, recent, sure)

    @cached_property
    def segments(self) -> Segments:
        return read_segments(self.connection)

    @cached_property
    def volumes(self) -> Volumes:
        return read_volumes(self.connection, self.context)

    @cached_property
    def accounts(self) -> list[Estimate]:
        return accounted(self.connection, self.context)

    @cached_property
    def kpis(self) -> list[Kpi]:
        return read_kpis(self.connection, self.context)

    @cached_property
    def known(self) -> Known:
        return read_known(self.connection, self.context)

    @cached_property
    def evidence(self) -> Evidence:
        prices = read_prices(self.connection, self.context)
        return Evidence(self.context, prices, self.sample, self.detections)


# a maker makes the rows of all its criteria, and of no other
MAKERS: Mapping[tuple[str, ...], Callable[[Facts], Iterable[Estimate]]] = {
    ("volume_floor",): lambda f: volume_floor(f.context, f.volumes),
    ("pain_measured",): lambda f: pain_measured(f.connection, f.context, f.volumes),
    ("owners_named",): lambda f: owners_named(f.connection, f.context),
    ("evidence_feasible",): lambda f: evidence_feasible(
        f.context, f.paces, f.segments, f.detections, f.sample
    ),
    ("required_data_present", "clean_volume"): lambda f: required_and_clean(
        f.connection, f.context
    ),
    ("fresh",): lambda f: fresh(f.context),
    ("accounted",): lambda f: f.accounts,
    ("reconciled",): lambda f: reconciled(f.connection, f.context),
    ("labels_available",): lambda f: labels_available(f.context, f.sample.strata),
    ("telemetry_plausible",): lambda f: telemetry_plausible(f.connection, f.context),
    ("reversibility",): lambda f: reversibility(f.connection, f.context),
    ("value_at_risk",): lambda f: value_at_risk(f.context, f.sample, f.detections, f.volumes),
    ("confidence_quality",): lambda f: error_rows(
        f.context, "confidence_quality", f.confident, f.detections, NO_CONFIDENT_LABELS
    ),
    ("review_capacity",): lambda f: review_capacity(f.connection, f.context, f.volumes, f.accounts),
    ("boundary_defined",): lambda f: boundary_defined(f.context),
    ("latency",): lambda f: latency(f.connection, f.context),
    ("accuracy",): lambda f: error_rows(f.context, "accuracy", f.sample, f.detections, "no labels"),
    ("audit_complete", "boundary_respected"): lambda f: audit_and_boundary(f.connection, f.context),
    ("fallback_proven",): lambda f: fallback_proven(f.connection, f.context),
    ("cost_per_decision",): lambda f: cost_per_decision(
        f.connection, f.context, f.sample, f.detections
    ),
    ("reviewers_effective",): lambda f: reviewers_effective(f.context, f.detections),
    ("baseline_fixed",): lambda f: baseline_fixed(f.connection, f.context),
    ("kpi_improved", "guardrails_held"): lambda f: kpi_effects(f.context, f.kpis, f.known),
    ("roi_positive",): lambda f: roi_positive(f.evidence, f.known, f.kpis),
}
