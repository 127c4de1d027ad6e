"""Starting dbt for a company project, and knowing when its manifest is out of date."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

from dagster_project import warehouse
from dagster_project.files import write_durably
from dagster_project.settings import Project

# a model of the product asks for a staging model that is not there
NO_SUCH_MODEL = re.compile(r"'model\.penstock\.\w+'[^\n]* depends on a node named '(stg_\w+)'")
# What the manifest is made of; data and state folders are not.
PARSED_SUFFIXES = (".sql", ".yml", ".yaml", ".csv", ".py")
PARSED_FOLDERS = ("models", "seeds", "macros", "tests", "snapshots", "analyses")
# up to which landing batch the facts are made: dbt/macros/portable/batches.sql reads it
UPTO_BATCH = "PENSTOCK_UPTO_BATCH"


class DbtFailedError(RuntimeError):
    """dbt ended with an error; the text holds the end of what it printed."""


def dbt_environment(project: Project) -> dict[str, str]:
    """The variables that the project's profile and the product's macros read.

    Makes the warehouse folder: DuckDB does not, and says only "cannot open file".
    """
    project.warehouse.parent.mkdir(parents=True, exist_ok=True)
    return {
        **os.environ,
        "PENSTOCK_HOME": str(project.home),
        "PENSTOCK_THREADS": str(project.threads),
        warehouse.MEMORY_VARIABLE: str(warehouse.memory_gigabytes()),
        # where this installation lies: no path of a machine stands in a company project
        "PENSTOCK_DBT_PACKAGE": str(project.dbt_package),
        "DBT_PROFILES_DIR": str(project.root),
        "DBT_PROJECT_DIR": str(project.root),
        "DBT_TARGET_PATH": str(project.dbt_target),
        "DBT_LOG_PATH": str(project.dbt_target.parent / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        # only a part of a rebuild sets it; left over from a shell it would leave batches out
        UPTO_BATCH: "",
        # a test belongs to the set of its first parent; `cautious` would drop it from both
        "DBT_INDIRECT_SELECTION": "eager",
    }


def manifest_path(project: Project) -> Path:
    return project.dbt_target / "manifest.json"


def dbt_executable() -> str:
    """The dbt of this very environment, whatever PATH says."""
    return str(Path(sys.executable).with_name("dbt"))


def ensure_manifest(project: Project) -> Path:
    """Parse the dbt project unless the manifest was made from exactly these files.

    Raises DbtFailedError with dbt's own message when the project does not parse.
    """
    if not is_manifest_current(project):
        run_dbt(project, "deps", "--quiet")
        run_dbt(project, "parse", "--quiet")
        note_parsed(project)
    return manifest_path(project)


def note_parsed(project: Project) -> None:
    """The manifest is of the dbt files as they are now."""
    write_durably(_stamp_path(project), _stamp(project))


def is_manifest_current(project: Project) -> bool:
    """Whether the manifest was made from exactly these files, lying where they lie."""
    stamp = _stamp_path(project)
    return (
        manifest_path(project).is_file()
        and stamp.is_file()
        and stamp.read_bytes() == _stamp(project)
    )


def _stamp_path(project: Project) -> Path:
    return project.dbt_target / "manifest.inputs"


def _stamp(project: Project) -> bytes:
    # the manifest holds absolute paths, and the package is linked: where the project or the
    # installation was moved, dbt looks again
    return f"{inputs_digest(project)} {project.root} {project.dbt_package}\n".encode()


def run_dbt(project: Project, *arguments: str, **variables: str) -> str:
    """Run dbt in a process of its own, ``variables`` in its environment; what it printed."""
    completed = subprocess.run(  # the arguments are the product's own words, no shell
        [dbt_executable(), *arguments],
        env=dbt_environment(project) | variables,
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    if completed.returncode != 0:
        tail = "\n".join((completed.stdout + completed.stderr).splitlines()[-40:])
        hint = _hint(tail)
        raise DbtFailedError(f"dbt {arguments[0]} failed in {project.root}:\n{tail}{hint}")
    return completed.stdout


def _hint(output: str) -> str:
    """What the company may mend, where dbt names a file of the product."""
    if not (found := NO_SUCH_MODEL.search(output)):
        return ""
    name = found[1]
    return (
        f"\ndbt_project.yml: vars: penstock: streams: names {name}, and there is no such model; "
        f"correct the name, or write models/staging/<source>/{name}.sql"
    )


def inputs_digest(project: Project) -> str:
    """Hex SHA-256 over every file that dbt reads: the product's package, then the project."""
    digest = hashlib.sha256()
    for root in (project.dbt_package, project.root):
        for path in dbt_files(root):
            digest.update(f"{path.relative_to(root)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def dbt_files(root: Path) -> list[Path]:
    """What dbt reads of a package or project, sorted."""
    files = [root / "dbt_project.yml", root / "packages.yml", root / "profiles.yml"]
    for folder in PARSED_FOLDERS:
        files += (root / folder).rglob("*")
    return [path for path in sorted(files) if path.is_file() and path.suffix in PARSED_SUFFIXES]
