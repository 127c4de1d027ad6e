"""``penstock scorecard``: every decision class against the five gates."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from dagster_project.cli.options import known
from dagster_project.cli.release import Release
from dagster_project.names import ALL_SEGMENT, STAGES

if TYPE_CHECKING:
    from dagster_project.settings import Project

MAP = (
    "SELECT map.*, dim.title FROM {autonomy_map} AS map "
    "LEFT JOIN {dim_decision_class} AS dim USING (decision_class)"
)
CARD = (
    "SELECT decision_class, segment, gate, verdict, is_blocked, pass_count, due_count, "
    "open_criteria, waived_criteria, first_reason, labels_needed FROM {gate_scorecard} "
    "ORDER BY decision_class, segment, gate_order"
)
FINDINGS = (
    "SELECT * EXCLUDE (as_of, workflow, decision_class) FROM {findings} "
    "WHERE decision_class = ? ORDER BY week_start DESC, finding, subject"
)
COHORTS = (
    "SELECT * EXCLUDE (workflow, decision_class) FROM {decision_class_cohorts} "
    "WHERE decision_class = ? ORDER BY is_current DESC, decision_count DESC, cohort_id"
)


def show_scorecard(project: "Project", decision_class: str | None, *, as_json: bool) -> None:
    """Print all classes, or one with its segments, tests and cohorts."""
    from dagster_project.cli.release import open_release
    from dagster_project.cli.scorecard_text import (
        print_classes,
        print_finding_count,
        print_one,
    )
    from dagster_project.cli.screen import console, emit_json

    with open_release(project) as release:
        heading = release.heading()
        if decision_class is None:
            classes = class_rows(release)
            (findings,) = release.rows("SELECT count(*) AS count FROM {findings}")
            document = heading | {"classes": classes, "finding_count": findings["count"]}
        else:
            document = heading | {"class": class_details(release, decision_class)}
    if as_json:
        emit_json(document)
    elif decision_class is None:
        print_classes(console(), heading, classes)
        print_finding_count(console(), document["finding_count"])
    else:
        print_one(console(), heading, document["class"])


def class_rows(release: Release) -> list[dict[str, Any]]:
    """One dict per class, segment `all`: by workflow, then best stage first, then name."""
    cards = _cards(release)
    found = [
        _row(release.as_it_stands(map_row), cards)
        for map_row in release.rows(f"{MAP} WHERE map.segment = ?", ALL_SEGMENT)
    ]
    return sorted(
        found,
        key=lambda row: (row["workflow"], -stage_rank(row["stage"]), row["decision_class"]),
    )


def class_details(release: Release, decision_class: str) -> dict[str, Any]:
    """One class with every segment. Raises UsageProblemError for a class that is not declared."""
    names = [row["decision_class"] for row in release.rows("FROM {dim_decision_class}")]
    known("decision class", decision_class, names)
    cards = _cards(release)
    rows = release.rows(f"{MAP} WHERE map.decision_class = ?", decision_class)
    rows = [release.as_it_stands(row) for row in rows]
    rows.sort(key=lambda row: (row["segment"] != ALL_SEGMENT, row["segment"]))
    segments = [_row(row, cards) | {"tests": _tests(row)} for row in rows]
    return {
        "decision_class": decision_class,
        "title": rows[0]["title"],
        "boundary": rows[0]["boundary"],
        "amount_limit": rows[0]["amount_limit"],
        "currency": rows[0]["currency"],
        "segments": segments,
        "cohorts": release.rows(COHORTS, decision_class),
        "findings": release.rows(FINDINGS, decision_class),
    }


def stage_rank(stage: str) -> int:
    """Position on the ladder; a stage nobody knows is below all."""
    return STAGES.index(stage) if stage in STAGES else -1


def _cards(release: Release) -> dict[tuple[str, str], list[dict[str, Any]]]:
    cards: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in release.rows(CARD):
        key = (row.pop("decision_class"), row.pop("segment"))
        for name in ("open_criteria", "waived_criteria"):
            row[name] = _names(row[name])
        cards.setdefault(key, []).append(row)
    return cards


def _row(row: dict[str, Any], cards: dict[tuple[str, str], list[dict[str, Any]]]) -> dict[str, Any]:
    gates = cards.get((row["decision_class"], row["segment"]), [])
    return {
        "workflow": row["workflow"],
        "decision_class": row["decision_class"],
        "segment": row["segment"],
        "cohort_id": row["cohort_id"],
        "stage": row["stage"],
        "declared_level": row["declared_level"],
        "recommended_level": row["recommended_level"],
        "approved_level": row["approved_level"],
        "effective_level": row["effective_level"],
        "revoked_by_line": row["revoked_by_line"],
        "gates": gates,
        "missing_first": _missing_first(gates),
        "labels_needed": max((gate["labels_needed"] or 0 for gate in gates), default=0),
    }


def _missing_first(gates: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The first gate that does not pass is what keeps the class from its next stage."""
    for gate in gates:
        if gate["verdict"] != "pass":
            return {name: gate[name] for name in ("gate", "open_criteria", "first_reason")}
    return None


def _tests(row: dict[str, Any]) -> dict[str, str]:
    return {
        name.removesuffix("_test"): value for name, value in row.items() if name.endswith("_test")
    }


def _names(joined: str | None) -> list[str]:
    return joined.split(", ") if joined else []
