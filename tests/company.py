"""Small company projects for tests: the demo's shape, with registry rows of the test's own."""

import csv
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from dagster_project.landing.manifest import Books
from dagster_project.landing.pseudonyms import Pseudonyms, open_pseudonyms
from dagster_project.settings import Project, load_project
from dagster_project.transform.bridge import note_parsed

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "demo"
# by dbt_project.yml: what dbt keeps of the last parse; under another one it parses everything anew
_PARSED: dict[str, Path] = {}


def make_company(folder: Path, monkeypatch: Any, *, as_of: str | None = None) -> Project:
    """A copy of the demo without data, state and the support workflow's source."""
    root = folder / "company"
    # not with the times of the originals: dbt keeps that of the first parse for a YAML file that
    # was edited since, and takes a copy of the original for the edited one (dbt 1.11.16)
    shutil.copytree(
        DEMO,
        root,
        ignore=shutil.ignore_patterns(".penstock", "data", "tau2", "marts", "facts"),
        copy_function=shutil.copyfile,
    )
    package = os.path.relpath(ROOT / "dbt", root)
    (root / "packages.yml").write_text(f"packages:\n  - local: {package}\n")
    settings = (root / "dbt_project.yml").read_text()
    (root / "dbt_project.yml").write_text(re.sub(r", stg_tau2__\w+|stg_tau2__\w+", "", settings))
    config = (DEMO / "penstock.toml").read_text()
    text = re.sub(r"as_of = .*", f"as_of = {as_of}" if as_of else "", config)
    (root / "penstock.toml").write_text(text)
    return open_company(folder, monkeypatch)


def open_company(folder: Path, monkeypatch: Any) -> Project:
    """The company that was made in ``folder``, as it is now."""
    root = folder / "company"
    monkeypatch.setenv("PENSTOCK_PROJECT", str(root))
    monkeypatch.setenv("PENSTOCK_HOME", str(folder / "home"))
    return load_project(root)


def read_seed(project: Project, seed: str) -> list[dict[str, str]]:
    path = project.root / "seeds" / "registry" / f"{seed}.csv"
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def write_seed(project: Project, seed: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Replace the rows of a seed, keeping its header."""
    path = project.root / "seeds" / "registry" / f"{seed}.csv"
    header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def pseudonyms(project: Project) -> Pseudonyms:
    """Those that rows of this project landed with."""
    return open_pseudonyms(project, Books(project.landing))


def parse_in_process(project: Project) -> None:
    """The manifest, made without a process of its own and without `dbt deps` (4 s and 1 s): a
    local package is a link. What an earlier company of this session shares is not parsed again."""
    package = project.dbt_target.parent / "packages" / "penstock"
    package.parent.mkdir(parents=True, exist_ok=True)
    if not package.is_symlink():
        package.symlink_to(project.dbt_package)
    known = project.dbt_target / "partial_parse.msgpack"
    settings = (project.root / "dbt_project.yml").read_text(encoding="utf-8")
    if not known.exists() and settings in _PARSED:
        known.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_PARSED[settings], known)
    assert run_dbt_in_process(project, ["parse"]).success
    note_parsed(project)
    _PARSED[settings] = known


def run_dbt_in_process(
    project: Project, arguments: Sequence[str], *, keeps_manifest: bool = False
) -> Any:
    """The real dbt, imported once for all calls of a test session.

    ``keeps_manifest``: what is built writes its compiled SQL to the manifest, which takes 0.7 s.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner
    from dbt.parser.manifest import ManifestLoader

    from dagster_project.transform.bridge import dbt_environment

    if arguments[0] in ("build", "run") and not keeps_manifest:
        arguments = [*arguments, "--no-write-json"]
    before = dict(os.environ)
    os.environ.setdefault("DBT_LOG_LEVEL_FILE", "none")  # a sixth of the time
    os.environ.update(dbt_environment(project))
    try:
        with patch.object(ManifestLoader, "is_partial_parsable", _parsable_elsewhere()):
            result = dbtRunner().invoke([*arguments, "--quiet"])
    finally:
        os.environ.clear()
        os.environ.update(before)
        # the database stays open as long as dbt's process, and that is this one
        DuckDBConnectionManager.close_all_connections()
    if result.exception:
        raise result.exception
    return result


def _parsable_elsewhere() -> Callable[[Any, Any], Any]:
    """dbt's own question, but a state folder at another place alone is no reason to parse all files
    again (2.3 s for each copied company): no parsed file depends on it."""
    from dbt.parser.manifest import ManifestLoader

    ask = ManifestLoader.is_partial_parsable

    def is_partial_parsable(loader: Any, saved: Any) -> Any:
        now, then = loader.manifest.state_check, saved.state_check
        then.profile_hash, then.project_env_vars_hash = now.profile_hash, now.project_env_vars_hash
        return ask(loader, saved)

    return is_partial_parsable
