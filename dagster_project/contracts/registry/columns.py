"""The columns that several seeds share, one word each; named as in the seeds' definitions."""

from typing import Final

from dagster_project.contracts.registry.schema import Kind, SeedColumn


def own(name: str, description: str, example: str) -> SeedColumn:
    """The key of a seed."""
    return SeedColumn(name, Kind.NAME, description, example=example)


def link(name: str, seed: str, description: str, is_required: bool = True) -> SeedColumn:
    """A key of another seed."""
    return SeedColumn(name, Kind.NAME, description, is_required, references=seed)


def choice(name: str, choices: tuple[str, ...], description: str) -> SeedColumn:
    """One of ``choices``."""
    return SeedColumn(name, Kind.CHOICE, description, choices=choices)


def text(name: str, description: str, is_required: bool = True, example: str = "") -> SeedColumn:
    """Anything printable."""
    return SeedColumn(name, Kind.TEXT, description, is_required, example=example)


def amount(name: str, description: str, is_required: bool = True) -> SeedColumn:
    """Money, up to 4 decimals."""
    return SeedColumn(name, Kind.MONEY, description, is_required, example="250.00")


def price(name: str, description: str) -> SeedColumn:
    """Money per million tokens, up to 6 decimals."""
    return SeedColumn(name, Kind.PRICE, description, example="2.50")


def date(name: str, description: str, is_required: bool = True) -> SeedColumn:
    """A day."""
    return SeedColumn(name, Kind.DATE, description, is_required, example="2026-03-01")


def currency(name: str, description: str, is_required: bool = True) -> SeedColumn:
    """An ISO 4217 code."""
    return SeedColumn(name, Kind.CURRENCY, description, is_required, example="EUR")


WORKFLOW_LINK: Final = link("workflow", "workflows", "Workflow it belongs to.")
CLASS_LINK: Final = link("decision_class", "decision_classes", "Decision class it is about.")
VERSION: Final = text(
    "taxonomy_version", "Version of the inventory; evidence never crosses it.", True, "1"
)
