"""All checks of a registry, in one order: files, cells, keys, references, rules."""

from collections.abc import Mapping
from pathlib import Path

from dagster_project.contracts.registry import governance, rows
from dagster_project.contracts.registry.cells import cell_fault
from dagster_project.contracts.registry.criteria import (
    CRITERIA_SEED,
    check_thresholds,
    criteria_problems,
)
from dagster_project.contracts.registry.expansion import check_expansion
from dagster_project.contracts.registry.kpis import check_kpis
from dagster_project.contracts.registry.problems import Problem, RegistryError, quoted
from dagster_project.contracts.registry.reading import SeedFile, read_seed
from dagster_project.contracts.registry.schema import Seed
from dagster_project.contracts.registry.tables import SEED_FOLDER, SEEDS


def validate_registry(root: Path, criteria: Path) -> list[Problem]:
    """Problems of ``root/seeds/registry/*.csv`` and of the criteria file, by file and row.

    An empty list is the only good answer. One fault is one problem: what follows from a file or
    row that could not be read is not reported as well. Raises nothing.
    """
    files = {seed.name: read_registry_seed(root, seed) for seed in SEEDS}
    files[CRITERIA_SEED.name] = read_seed(
        criteria, f"{criteria.parent.name}/{criteria.name}", CRITERIA_SEED
    )
    for found in files.values():
        _check_cells(found)
        rows.check_keys(found)
    for found in files.values():
        _check_references(found, files)
    further = list(criteria_problems(files[CRITERIA_SEED.name]))
    _check_rules(files)
    _check_agreement(files)
    problems = [problem for found in files.values() for problem in found.problems] + further
    order = {found.file: position for position, found in enumerate(files.values())}
    return sorted(problems, key=lambda problem: (order[problem.file], problem.row))


def require_valid_registry(root: Path, criteria: Path) -> None:
    """Raise RegistryError, listing every problem, unless there is none."""
    if problems := validate_registry(root, criteria):
        raise RegistryError(problems)


def read_registry_seed(root: Path, seed: Seed) -> SeedFile:
    """The company's file as it is now, faults and all; nothing is checked across files."""
    name = f"{SEED_FOLDER}/{seed.name}.csv"
    return read_seed(root / name, name, seed)


def _check_cells(found: SeedFile) -> None:
    for row in found.rows:
        for column in found.seed.columns:
            if fault := cell_fault(column, row.cells[column.name]):
                found.report(row, column.name, fault.message, fault.fix)


def _check_references(found: SeedFile, files: Mapping[str, SeedFile]) -> None:
    for column in found.seed.columns:
        if not column.references:
            continue
        target = files[column.references]
        if not target.is_complete:
            continue
        known = target.keys()
        for row in found.sound(column.name):
            value = row.cells[column.name]
            if value and value not in known and not governance.is_followed(found, row):
                found.report(
                    row,
                    column.name,
                    f"{quoted(value)} is not in {target.seed.name}.csv",
                    f"add the {target.seed.noun} or correct the id",
                )


def _check_rules(files: Mapping[str, SeedFile]) -> None:
    rows.check_alpha(files["decision_classes"])
    rows.check_amount_limits(files["amount_limits"])
    rows.check_borrowed(files["borrowed_evidence"])
    rows.check_planning_errors(files["planning_errors"])
    rows.check_mapping(files["class_mapping"])
    rows.check_owners(files["owners"])
    check_kpis(files)
    governance.check_people(files["people"])
    governance.check_sponsors(files["owners"], files["workflows"])
    holders = governance.Holders(files)
    governance.check_sign_offs(files["sign_offs"], holders)
    governance.check_waivers(files["waivers"], files["decision_classes"], holders)
    governance.check_taxonomy(files["taxonomy_changes"], files["decision_classes"])
    check_thresholds(files["thresholds"], files[CRITERIA_SEED.name])
    check_expansion(files)


def _check_agreement(files: Mapping[str, SeedFile]) -> None:
    """What two files both say of a class must agree."""
    classes = {
        row.cells["decision_class"]: row.cells
        for row in files["decision_classes"].sound("workflow", "taxonomy_version")
    }
    shared = {"class_mapping": ("workflow", "taxonomy_version"), "kpi_registry": ("workflow",)}
    for name, columns in shared.items():
        for column in columns:
            for row in files[name].sound("decision_class", column):
                declared = classes.get(row.cells["decision_class"])
                if declared is not None and declared[column] != row.cells[column]:
                    files[name].report(
                        row,
                        column,
                        f"{quoted(row.cells[column])} is not the {column} of "
                        f"{row.cells['decision_class']}, which is {quoted(declared[column])}",
                        "correct it here or in decision_classes.csv",
                    )
