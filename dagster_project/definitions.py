"""The code location: the company project that PENSTOCK_PROJECT names, else the demo."""

from dagster_project.build import build_definitions
from dagster_project.settings import load_project

defs = build_definitions(load_project())
