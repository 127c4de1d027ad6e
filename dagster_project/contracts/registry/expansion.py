"""Seeds about the rollout as a whole: steps of expansion, and how a workflow is funded.

A step that skips a rung of the ladder is refused here, before anything is judged.
"""

from collections.abc import Mapping
from typing import Final

from dagster_project.contracts.registry.columns import (
    CLASS_LINK,
    WORKFLOW_LINK,
    choice,
    date,
    link,
    text,
)
from dagster_project.contracts.registry.problems import quoted
from dagster_project.contracts.registry.reading import Row, SeedFile
from dagster_project.contracts.registry.schema import Seed
from dagster_project.names import RUNGS

EXPANSION_STEPS: Final = Seed(
    "expansion_steps",
    "expansion step",
    "one step by which a class is expanded",
    ("decision_class", "rung", "target"),
    (
        CLASS_LINK,
        choice("rung", RUNGS, "Rung of the ladder; none may be skipped."),
        text(
            "target",
            "What is added: a class of the workflow (`adjacent_class`), a declared segment "
            "(`team_or_region`), another workflow (`second_workflow`); empty for `volume` and "
            "`portfolio`.",
            is_required=False,
            example="region=EU",
        ),
        date("starts_at", "First day of the step."),
        link("owner", "people", "Who answers for it."),
    ),
)
OPERATING_FUNDING: Final = Seed(
    "operating_funding",
    "statement of funding",
    "one statement that a workflow is funded as an operating system, not as an experiment",
    ("workflow", "stated_at"),
    (
        WORKFLOW_LINK,
        date("stated_at", "Day of the statement."),
        date("valid_until", "First day on which it no longer holds; empty: further notice.", False),
        link("owner", "people", "Who stated it and answers for the money."),
        text("statement", "What is paid for, beyond the first launch."),
    ),
)


def check_expansion(files: Mapping[str, SeedFile]) -> None:
    """Every step adds something of its rung's kind, and follows an earlier step of the rung before.

    A statement of funding ends after it was made.
    """
    steps = files[EXPANSION_STEPS.name]
    for row in steps.sound("decision_class", "rung", "target"):
        if fault := _target_fault(row, files):
            steps.report(row, "target", *fault)
    for row in list(steps.sound("decision_class", "rung", "target", "starts_at")):
        _check_rung(steps, row)
    funding = files[OPERATING_FUNDING.name]
    for row in funding.sound("stated_at", "valid_until"):
        until = row.cells["valid_until"]
        if until and until <= row.cells["stated_at"]:
            funding.report(
                row,
                "valid_until",
                f"{quoted(until)} is not after stated_at {row.cells['stated_at']}",
                "correct stated_at or valid_until",
            )


def _check_rung(steps: SeedFile, row: Row) -> None:
    place = RUNGS.index(row.cells["rung"])
    if place == 0:
        return
    before, start = RUNGS[place - 1], row.cells["starts_at"]
    is_climbed = any(
        _may_precede(steps, other)
        or (
            other.cells["decision_class"] == row.cells["decision_class"]
            and other.cells["rung"] == before
            and other.cells["starts_at"] < start
        )
        for other in steps.rows
    )
    if not is_climbed:
        steps.report(
            row,
            "rung",
            f"{quoted(row.cells['rung'])} skips {before}: no step of that rung starts before "
            f"{start}",
            f"register and prove {before} first, or delete this step",
        )


def _may_precede(steps: SeedFile, row: Row) -> bool:
    """A row with a fault may be the step that is looked for; its own fault is named already."""
    return any((row.line, name) in steps.faulty for name in ("decision_class", "rung", "starts_at"))


def _target_fault(row: Row, files: Mapping[str, SeedFile]) -> tuple[str, str] | None:
    """Message and fix, if the target is not of the rung's kind."""
    rung, target = row.cells["rung"], row.cells["target"]
    if rung in ("volume", "portfolio"):
        return (
            (f"{quoted(target)} is given, but {rung} adds none", "leave it empty")
            if target
            else None
        )
    homes = ("decision_classes", "segments", "workflows")
    if not all(files[name].is_complete for name in homes) or target in _targets(row, files):
        return None
    kinds = {
        "adjacent_class": "another class of the same workflow",
        "team_or_region": "a declared segment of the workflow, such as region=EU",
        "second_workflow": "another workflow",
    }
    return f"{quoted(target)} is not {kinds[rung]}", f"write {kinds[rung]}"


def _targets(row: Row, files: Mapping[str, SeedFile]) -> set[str]:
    own, rung = row.cells["decision_class"], row.cells["rung"]
    classes = {
        item.cells["decision_class"]: item.cells["workflow"]
        for item in files["decision_classes"].rows
    }
    workflow = classes.get(own)
    if rung == "adjacent_class":
        return {name for name, home in classes.items() if home == workflow} - {own}
    if rung == "team_or_region":
        return {
            f"{item.cells['segment_dimension']}={item.cells['segment_value']}"
            for item in files["segments"].rows
            if item.cells["workflow"] == workflow
        }
    return files["workflows"].keys() - {workflow}
