"""The product's criteria: which there are, what their seed must keep, what a company may loosen."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from dagster_project.contracts.registry.problems import Problem, quoted
from dagster_project.contracts.registry.reading import Row, SeedFile
from dagster_project.contracts.registry.schema import Kind, Seed, SeedColumn
from dagster_project.names import GATES, LEVELS

CRITERIA: Final = {
    "workflow_fit": ("volume_floor", "pain_measured", "owners_named", "evidence_feasible"),
    "data_fit": (
        "expectations_met",
        "clean_volume",
        "required_data_present",
        "fresh",
        "accounted",
        "reconciled",
        "labels_available",
        "telemetry_plausible",
    ),
    "autonomy_fit": (
        "reversibility",
        "value_at_risk",
        "confidence_quality",
        "review_capacity",
        "level_within_evidence",
        "signed_by_business",
        "signed_by_risk",
        "boundary_defined",
    ),
    "production_fit": (
        "latency",
        "accuracy",
        "audit_complete",
        "fallback_proven",
        "boundary_respected",
        "cost_per_decision",
        "reviewers_effective",
    ),
    "value_fit": ("kpi_improved", "guardrails_held", "roi_positive", "baseline_fixed"),
}
# Rules, not tolerances: "one signature fewer" is no matter of taste, so no company loosens them.
RULES: Final = frozenset(
    {
        "owners_named",
        "expectations_met",
        "accounted",
        "telemetry_plausible",
        "level_within_evidence",
        "signed_by_business",
        "signed_by_risk",
        "boundary_defined",
        "guardrails_held",
        "baseline_fixed",
    }
)
# The bound must reach the threshold; of every other criterion it must not exceed it. The other way
# round, the worse passes.
FLOORS: Final = frozenset(
    {
        "volume_floor",
        "pain_measured",
        "owners_named",
        "clean_volume",
        "reconciled",
        "labels_available",
        "signed_by_business",
        "signed_by_risk",
        "boundary_defined",
        "audit_complete",
        "fallback_proven",
        "reviewers_effective",
        "kpi_improved",
        "roi_positive",
        "baseline_fixed",
    }
)
# A gate that rests on one criterion can be emptied by one exception.
FEWEST_PER_LEVEL: Final = 2
ALL_LEVELS: Final = "all"
SHARE: Final = "share"

CRITERIA_SEED: Final = Seed(
    "criteria",
    "criterion",
    "one criterion of one gate",
    ("criterion_id",),
    (
        SeedColumn("gate", Kind.CHOICE, "Gate it belongs to.", choices=GATES),
        SeedColumn("gate_order", Kind.COUNT, "1 to 5.", is_above_zero=True),
        SeedColumn(
            "criterion_id",
            Kind.CHOICE,
            "Identifies the criterion.",
            choices=tuple(name for names in CRITERIA.values() for name in names),
        ),
        SeedColumn("criterion_order", Kind.COUNT, "Place in the gate.", is_above_zero=True),
        SeedColumn("title", Kind.TEXT, "Name for people."),
        SeedColumn("unit", Kind.TEXT, "Unit of estimate, bound and threshold."),
        SeedColumn(
            "comparison",
            Kind.CHOICE,
            "How the bound must hold the threshold; equal passes.",
            choices=("at_most", "at_least"),
        ),
        SeedColumn("threshold", Kind.NUMBER, "The product's default."),
        SeedColumn(
            "alpha",
            Kind.SHARE,
            "Risk of a false pass, one-sided, times the class's weight.",
            is_above_zero=True,
        ),
        SeedColumn(
            "scope", Kind.CHOICE, "Judged per class or segment.", choices=("class", "segment")
        ),
        SeedColumn(
            "applies_to",
            Kind.LIST,
            "`all`, or the declared levels it is due for, separated by `|`.",
            choices=(ALL_LEVELS, *LEVELS),
            separator="|",
        ),
        SeedColumn("not_applicable_reason", Kind.TEXT, "Shown for every other level.", False),
        SeedColumn("max_age_days", Kind.COUNT, "Older evidence is stale.", is_above_zero=True),
        SeedColumn("is_per_look", Kind.FLAG, "Describes one window; once per complete ISO week."),
        SeedColumn("trial", Kind.TEXT, "What one trial is; `none (exact)` for a fact."),
        SeedColumn("worst_score", Kind.TEXT, "What an unreadable or missing trial counts as."),
    ),
)


def comparison_of(criterion: str) -> str:
    """``at_least`` or ``at_most``: how a bound must hold the threshold of this criterion."""
    return "at_least" if criterion in FLOORS else "at_most"


def criteria_problems(criteria: SeedFile) -> Iterator[Problem]:
    """Faults of the criteria seed that no single cell shows."""
    for row in criteria.sound("gate", "criterion_id"):
        gate, criterion = row.cells["gate"], row.cells["criterion_id"]
        if criterion not in CRITERIA[gate]:
            home = next(name for name, members in CRITERIA.items() if criterion in members)
            criteria.report(
                row, "gate", f"{quoted(gate)} does not hold {criterion}", f"write {home}"
            )
    for row in criteria.sound("criterion_id", "comparison"):
        _check_comparison(criteria, row)
    for row in criteria.sound("applies_to", "not_applicable_reason"):
        _check_applicability(criteria, row)
    is_named = all(column != "criterion_id" for _, column in criteria.faulty)
    if criteria.is_complete and is_named:
        yield from _absent_criteria(criteria)
    if criteria.is_complete and not criteria.faulty:
        yield from _thin_gates(criteria)


def _check_comparison(criteria: SeedFile, row: Row) -> None:
    criterion, comparison = row.cells["criterion_id"], row.cells["comparison"]
    right = comparison_of(criterion)
    if comparison != right:
        criteria.report(
            row,
            "comparison",
            f"{quoted(comparison)} is the wrong way round for {criterion}",
            f"write {right}",
        )


def _check_applicability(criteria: SeedFile, row: Row) -> None:
    levels, reason = row.cells["applies_to"], row.cells["not_applicable_reason"]
    if levels != ALL_LEVELS and ALL_LEVELS in levels.split("|"):
        criteria.report(row, "applies_to", f"{quoted(levels)} mixes all with levels", "write all")
    elif levels == ALL_LEVELS and reason:
        criteria.report(
            row, "not_applicable_reason", "is given, though all levels are due", "leave it empty"
        )
    elif levels != ALL_LEVELS and not reason:
        criteria.report(
            row, "not_applicable_reason", "is empty, though a level is left out", "say why"
        )


def _absent_criteria(criteria: SeedFile) -> Iterator[Problem]:
    held = criteria.keys()
    for gate, names in CRITERIA.items():
        for name in names:
            if name not in held:
                yield Problem(
                    criteria.file,
                    0,
                    "criterion_id",
                    name,
                    f"{quoted(name)} of {gate} is missing",
                    "restore the row: a criterion that is not listed is never judged",
                )


def _thin_gates(criteria: SeedFile) -> Iterator[Problem]:
    for gate in GATES:
        for level in LEVELS:
            due = [
                row
                for row in criteria.rows
                if row.cells["gate"] == gate
                and {ALL_LEVELS, level} & set(row.cells["applies_to"].split("|"))
            ]
            if len(due) < FEWEST_PER_LEVEL:
                yield Problem(
                    criteria.file,
                    0,
                    "applies_to",
                    level,
                    f"{gate} keeps {len(due)} criteria for {level}",
                    f"let at least {FEWEST_PER_LEVEL} apply",
                )


def check_thresholds(thresholds: SeedFile, criteria: SeedFile) -> None:
    """Note every threshold that is no share where one is due, empty, or loosens a rule."""
    defaults = {row.cells["criterion_id"]: row for row in criteria.sound(*criteria.seed.header)}
    for row in thresholds.sound("criterion_id", "threshold"):
        default = defaults.get(row.cells["criterion_id"])
        if default is not None:
            _check_threshold(thresholds, row, default)
    for row in criteria.sound("threshold", "unit", "comparison"):
        _check_threshold(criteria, row, row)


def _check_threshold(seeds: SeedFile, row: Row, default: Row) -> None:
    text, criterion = row.cells["threshold"], row.cells["criterion_id"]
    threshold, product = Decimal(text), Decimal(default.cells["threshold"])
    is_at_most = default.cells["comparison"] == "at_most"
    if default.cells["unit"] == SHARE and threshold > 1:
        seeds.report(row, "threshold", f"{quoted(text)} is above 1", "write a share from 0 to 1")
    elif default.cells["unit"] == SHARE and threshold == (1 if is_at_most else 0):
        seeds.report(
            row, "threshold", f"{quoted(text)} lets everything pass", "write a number that can fail"
        )
    elif criterion in RULES and (threshold > product if is_at_most else threshold < product):
        seeds.report(
            row,
            "threshold",
            f"{quoted(text)} is looser than the product's {product}",
            f"delete the row: {criterion} is a rule, not a tolerance",
        )
