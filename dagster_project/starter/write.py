"""Writing a company project into an empty folder: all of it, or nothing."""

import re
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Final

from dagster_project.settings import CONFIG_NAME
from dagster_project.starter.generated import generated_files, source_columns

TEMPLATES: Final = Path(__file__).parent / "project"
SUFFIX: Final = ".tmpl"
# dbt keeps one project per name, and these are taken
TAKEN_NAMES: Final = frozenset({"dbt", "dbt_duckdb", "penstock"})


class StarterError(ValueError):
    """The project cannot be written there; the text names the folder and the fix."""


def write_project(folder: Path) -> list[str]:
    """Make ``folder`` a company project; the paths of its files, relative and sorted.

    ``folder`` must be absent or empty. Raises StarterError, and then nothing of it is left.
    """
    root = folder.resolve()
    _refuse_occupied(root)
    try:
        made = [each for each in (root, *root.parents) if not each.exists()]
        root.mkdir(parents=True, exist_ok=True)
        try:
            _fill(root)
        except BaseException:
            for each in made:
                each.rmdir()
            raise
    except OSError as error:
        raise StarterError(f"{root} cannot be written: {error}; name another folder") from error
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def _refuse_occupied(root: Path) -> None:
    if root.exists() and not root.is_dir():
        raise StarterError(f"{root} is a file; name a new or empty folder")
    if root.is_dir() and (names := sorted(entry.name for entry in root.iterdir())):
        raise StarterError(
            f"{root} is not empty (it holds {', '.join(names[:3])}); name a new or empty folder"
        )


def _fill(root: Path) -> None:
    """Write beside the final places, then move: the settings last, as they make it a project."""
    staging = Path(tempfile.mkdtemp(prefix=".penstock-init-", dir=root))
    moved: list[Path] = []
    try:
        _write_files(staging, root.name)
        for part in sorted(staging.iterdir(), key=lambda path: path.name == CONFIG_NAME):
            moved.append(part.rename(root / part.name))
    except BaseException:
        for part in moved:
            shutil.rmtree(part) if part.is_dir() else part.unlink()
        raise
    finally:
        shutil.rmtree(staging)


def _write_files(root: Path, folder_name: str) -> None:
    words = {
        "title": _title(folder_name),
        "project": _dbt_name(folder_name),
        "columns": source_columns("decisions"),
    }
    for template in sorted(TEMPLATES.rglob(f"*{SUFFIX}")):
        relative = template.relative_to(TEMPLATES)
        name = relative.name.removesuffix(SUFFIX)
        if name.startswith("dot-"):
            name = "." + name.removeprefix("dot-")
        text = Template(template.read_text(encoding="utf-8")).substitute(words)
        _write(root / relative.with_name(name), text)
    for path, text in generated_files(datetime.now(UTC).date()).items():
        _write(root / path, text)
    (root / "data" / "agent").mkdir(parents=True)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _title(folder_name: str) -> str:
    """The folder's name as text that a TOML or YAML string can hold."""
    return "".join(each for each in folder_name if each.isprintable() and each not in "\"\\'$")


def _dbt_name(folder_name: str) -> str:
    """A name that dbt accepts: letters, digits and underscores, a letter first."""
    name = re.sub(r"[^a-z0-9]+", "_", folder_name.lower()).strip("_")
    if not name or not name[0].isalpha() or name in TAKEN_NAMES:
        return f"company_{name}".rstrip("_")
    return name
