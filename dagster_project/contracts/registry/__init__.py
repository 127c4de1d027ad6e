"""Is the governance in ``seeds/registry`` sound enough to judge by? One answer: its problems.

Lives here: what each registry seed holds (``tables``, ``schema``), reading it line by line, the
rules within a cell, a row and across files, and the pages users read about it.

Refused here: verdicts on what the registry says (a vacancy, an expired signature and a level above
its evidence are the gates' business, in dbt SQL) and loading seeds (dbt does).
"""

from dagster_project.contracts.registry.problems import Problem, RegistryError
from dagster_project.contracts.registry.validation import (
    require_valid_registry,
    validate_registry,
)

__all__ = ["Problem", "RegistryError", "require_valid_registry", "validate_registry"]
