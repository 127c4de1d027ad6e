"""The doctor on Python and its packages."""

import sys
from collections.abc import Iterator

from dagster_project.cli.findings import Finding

DISTRIBUTION = "penstock"
# Compiled ones: present and broken is possible, so they are really imported (0.6 s together)
IMPORTED = ("duckdb", "pyarrow", "scipy.stats", "pandas")


def check_python() -> Iterator[Finding]:
    from importlib.metadata import PackageNotFoundError, metadata

    from packaging.specifiers import SpecifierSet

    version = ".".join(map(str, sys.version_info[:3]))
    try:
        wanted = metadata(DISTRIBUTION)["Requires-Python"] or ""
    except PackageNotFoundError:
        wanted = ""
    if not SpecifierSet(wanted).contains(version):
        fix = "make a virtual environment with such a Python"
        yield Finding("python", "problem", f"{version}, needed {wanted}", fix)
    else:
        yield Finding("python", "ok", f"{version} at {sys.executable}")


def check_packages() -> Iterator[Finding]:
    from importlib import import_module
    from importlib.metadata import PackageNotFoundError, requires

    fix = "pip install -r requirements.lock"
    try:
        wanted = requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        yield Finding("packages", "problem", f"{DISTRIBUTION} is not installed", "pip install -e .")
        return
    found, wrong = _compare(wanted)
    for text in wrong:
        yield Finding("packages", "problem", text, fix)
    for name in IMPORTED:
        try:
            import_module(name)
        except Exception as error:  # a broken binary raises what it likes
            yield Finding("packages", "problem", f"{name} cannot be imported: {error}", fix)
            wrong.append(name)
    if not wrong:
        yield Finding("packages", "ok", ", ".join(found))


def _compare(wanted: list[str]) -> tuple[list[str], list[str]]:
    """``name version`` of what is there as required, and a sentence for what is not."""
    from importlib.metadata import PackageNotFoundError, version

    from packaging.requirements import Requirement

    found, wrong = [], []
    for requirement in map(Requirement, wanted):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            has = version(requirement.name)
        except PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing, needed {requirement.specifier}")
            continue
        if requirement.specifier.contains(has, prereleases=True):
            found.append(f"{requirement.name} {has}")
        else:
            wrong.append(f"{requirement.name} {has}, needed {requirement.specifier}")
    return found, wrong
