"""The doctor on what a company declares: settings, registry, dbt project, sources."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dagster_project.cli.findings import Finding
from dagster_project.cli.words import counted
from dagster_project.settings import Project

if TYPE_CHECKING:
    from dagster_project.contracts.source_query import Query

SHOWN_PROBLEMS = 20
SHOWN_FILES = 5


def check_settings(project: Project) -> Iterator[Finding]:
    as_of = f", as_of fixed to {project.as_of}" if project.as_of else ""
    detail = f"{project.name} in {project.root}, state in {project.home}{as_of}"
    detail += f", dbt package {project.dbt_package}"
    yield Finding("settings", "ok", detail)


def check_registry(project: Project) -> Iterator[Finding]:
    from dagster_project.contracts.registry import validate_registry

    problems = validate_registry(project.root, project.dbt_package / "seeds" / "criteria.csv")
    for each in problems[:SHOWN_PROBLEMS]:
        place = f"{each.file} row {each.row}" if each.row else each.file
        column = f", column {each.column}" if each.column else ""
        yield Finding("registry", "problem", f"{place}{column}: {each.message}", each.fix)
    if (more := len(problems) - SHOWN_PROBLEMS) > 0:
        yield Finding("registry", "problem", f"and {more} more", "mend these first")
    if not problems:
        yield Finding("registry", "ok", "every file, row and reference is valid")


def check_manifest(project: Project, *, parse: bool) -> Iterator[Finding]:
    from dagster_project.cli.instance import prepare_home
    from dagster_project.transform.bridge import (
        DbtFailedError,
        ensure_manifest,
        is_manifest_current,
        manifest_path,
    )

    manifest = manifest_path(project)
    if parse:
        prepare_home(project)
        try:
            ensure_manifest(project)
        except DbtFailedError as error:
            yield Finding("manifest", "problem", str(error), "correct what dbt names")
            return
    if not manifest.is_file():
        fix = "penstock doctor --parse (`penstock run` does it too)"
        yield Finding("manifest", "warn", "the dbt project was not parsed yet", fix)
    elif not is_manifest_current(project):
        fix = "penstock doctor --parse (`penstock run` does it too)"
        yield Finding("manifest", "warn", "older than the dbt files", fix)
    else:
        yield Finding("manifest", "ok", f"made from exactly these dbt files: {manifest}")


def check_suites(project: Project) -> Iterator[Finding]:
    from dagster_project.evidence.data_fit.model import SuiteError
    from dagster_project.evidence.data_fit.suites import load_suites

    try:
        suites = load_suites(project.suites)
    except SuiteError as error:
        yield Finding("suites", "problem", str(error), "correct the suite file it names")
        return
    count = sum(len(suite.expectations) for suite in suites)
    yield Finding("suites", "ok", f"{count} expectations of {len(suites)} tables")


def check_sources(project: Project) -> Iterator[Finding]:
    from dagster_project.contracts.sources import SourceError, load_sources
    from dagster_project.contracts.stream_models import require_streams
    from dagster_project.landing.dropped import display_name, files_beside, find_files
    from dagster_project.transform.bridge import manifest_path

    if not manifest_path(project).is_file():
        yield Finding("sources", "warn", "unknown before parsing", "penstock doctor --parse")
        return
    try:
        sources = load_sources(manifest_path(project))
        require_streams(manifest_path(project))
    except SourceError as error:
        for problem in str(error).splitlines():
            yield Finding("sources", "problem", problem, "correct what it names")
        return
    for source in sources:
        if source.query:
            yield _query_finding(f"{source.source}.{source.table}", source.query)
            continue
        count = len(find_files(project.root, source.location))
        detail = f"{source.source}.{source.table}: {counted(count, 'file')} at {source.location}"
        if count:
            yield Finding("sources", "ok", detail)
        else:
            fix = f"drop files below {project.root}, or correct location"
            yield Finding("sources", "warn", detail, fix)
    if beside := files_beside(project.root, sources):
        names = [display_name(path.relative_to(project.root)) for path in beside[:SHOWN_FILES]]
        shown = ", ".join(names)
        detail = f"{counted(len(beside), 'file')} beside them that no source matches: {shown}"
        yield Finding("sources", "warn", detail, "correct a location, or move them elsewhere")
    if not sources:
        fix = "declare one under models/staging/<source>/"
        yield Finding("sources", "problem", "no source is declared", fix)


def _query_finding(table: str, query: "Query") -> Finding:
    """Whether the variable is set; asking the database is the run's business."""
    from dagster_project.contracts.source_connections import connection_string

    if connection_string(query):
        return Finding("sources", "ok", f"{table}: {query.name}, the variable is set")
    fix = f"set the environment variable {query.connection} to the connection string"
    return Finding("sources", "problem", f"{table}: {query.name} cannot be asked", fix)
