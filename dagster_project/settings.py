"""Where a company project and its state lie: ``penstock.toml`` plus two environment variables.

``PENSTOCK_PROJECT`` names the company project (default: the nearest folder upwards that holds
``penstock.toml``); ``PENSTOCK_HOME`` names the state folder (default: ``.penstock`` inside it).
"""

import os
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from dagster_project.keys import KeyPlace

PRODUCT_ROOT = Path(__file__).resolve().parent
CONFIG_NAME = "penstock.toml"
LEDGER_YEARS = 7  # the least, and the default; so is the next
LANDED_DAYS = 183


class SettingsError(ValueError):
    """The project cannot be found or its ``penstock.toml`` is wrong; the text names the fix."""


@dataclass(frozen=True)
class Project:
    """One company project: what it declares (``root``) and what it has made (``home``)."""

    root: Path
    home: Path
    name: str
    settle_seconds: int
    as_of: date | None
    ledger: Path
    anchor: Path | None
    threads: int
    query_seconds: int = 60
    key_variable: str | None = None
    sample_folder: Path | None = None
    sample_variable: str | None = None
    hook: tuple[str, ...] = ()
    hook_seconds: int = 60
    ledger_years: int = 7
    landed_days: int = 183
    holds: tuple[str, ...] = ()

    @property
    def pseudonym_key(self) -> KeyPlace:
        """The key of the pseudonyms."""
        return KeyPlace(self.home / "keys" / "pseudonym.key", self.key_variable)

    @property
    def sample_key(self) -> KeyPlace:
        """The key by which the audit sample is drawn."""
        return KeyPlace(self.home / "keys" / "audit.key", self.sample_variable)

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse" / "penstock.duckdb"

    @property
    def publish(self) -> Path:
        return self.home / "publish"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def dbt_target(self) -> Path:
        return self.home / "dbt" / "target"

    @property
    def dbt_package(self) -> Path:
        return _carried("dbt", "_dbt")

    @property
    def suites(self) -> tuple[Path, ...]:
        """Folders of expectation suites: the product's, then the company's."""
        return (_carried("expectations", "_expectations"), self.root / "expectations")


def _carried(checkout_name: str, wheel_name: str) -> Path:
    in_wheel = PRODUCT_ROOT / wheel_name
    return in_wheel if in_wheel.is_dir() else PRODUCT_ROOT.parent / checkout_name


def find_root(start: Path | None = None) -> Path:
    """The company project: ``start``, else PENSTOCK_PROJECT, else upwards from here, else demo."""
    named = start or (Path(env) if (env := os.environ.get("PENSTOCK_PROJECT")) else None)
    if named is not None:
        root = named.resolve()
        if not (root / CONFIG_NAME).is_file():
            raise SettingsError(f"{root}: no {CONFIG_NAME} there; name a folder that holds one")
        return root
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / CONFIG_NAME).is_file():
            return folder
    demo = PRODUCT_ROOT.parent / "demo"
    if (demo / CONFIG_NAME).is_file():
        return demo
    raise SettingsError(f"no {CONFIG_NAME} in {here} or above; set PENSTOCK_PROJECT to the project")


def load_project(start: Path | None = None) -> Project:
    """Read ``penstock.toml``. Unknown tables or keys, and wrong types, raise SettingsError."""
    root = find_root(start)
    path = root / CONFIG_NAME
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from error
    config = _Config(path, raw)
    home = Path(os.environ.get("PENSTOCK_HOME") or root / ".penstock").resolve()
    ledger = config.take("ledger", "path", str, None)
    anchor = config.take("ledger", "anchor", str, None)
    sample = config.take("sample", "folder", str, None)
    project = Project(
        root=root,
        home=home,
        name=config.take("project", "name", str, root.name),
        settle_seconds=config.take("landing", "settle_seconds", int, 60),
        as_of=config.take("run", "as_of", date, None),
        threads=config.take("run", "threads", int, 2),
        ledger=(root / ledger).resolve() if ledger else home / "ledger",
        anchor=(root / anchor).resolve() if anchor else None,
        query_seconds=config.take("landing", "query_seconds", int, 60),
        key_variable=config.take("privacy", "key_variable", str, None),
        sample_folder=_below(root, path, sample) if sample is not None else None,
        sample_variable=config.take("sample", "key_variable", str, None),
        hook=config.texts("ledger", "hook"),
        hook_seconds=config.take("ledger", "hook_seconds", int, 60),
        ledger_years=config.take("retention", "ledger_years", int, LEDGER_YEARS),
        landed_days=config.take("retention", "landed_days", int, LANDED_DAYS),
        holds=config.texts("retention", "holds"),
    )
    config.refuse_rest()
    if project.ledger_years < LEDGER_YEARS:
        raise SettingsError(f"{path}: [retention] ledger_years must be {LEDGER_YEARS} or more")
    if project.landed_days < LANDED_DAYS:
        raise SettingsError(f"{path}: [retention] landed_days must be {LANDED_DAYS} or more")
    return project


def _below(root: Path, config: Path, folder: str) -> Path:
    """Landing reads the sample as a source, and sources lie below the project."""
    found = (root / folder).resolve()
    if root not in found.parents:
        raise SettingsError(f"{config}: [sample] folder {folder!r} must be a folder below {root}")
    return found


class _Config:
    def __init__(self, path: Path, raw: dict[str, Any]) -> None:
        self.path = path
        self.raw = raw

    def take(self, table: str, key: str, kind: type, default: Any) -> Any:
        section = self.raw.get(table, {})
        if not isinstance(section, dict):
            raise SettingsError(f"{self.path}: [{table}] must be a table")
        value = section.pop(key, default)
        if value is default:
            return default
        if not isinstance(value, kind) or isinstance(value, bool):
            raise SettingsError(f"{self.path}: [{table}] {key} must be {kind.__name__}")
        if isinstance(value, int) and value < 0:
            raise SettingsError(f"{self.path}: [{table}] {key} must not be negative")
        return value

    def texts(self, table: str, key: str) -> tuple[str, ...]:
        """A list of texts; empty when it is not there. One text is no list."""
        given = self.take(table, key, list, [])
        if not all(isinstance(each, str) and each for each in given):
            raise SettingsError(f'{self.path}: [{table}] {key} must be a list such as ["a", "b"]')
        return tuple(given)

    def refuse_rest(self) -> None:
        for table, section in self.raw.items():
            if not isinstance(section, dict) or section:
                rest = ", ".join(section) if isinstance(section, dict) else table
                raise SettingsError(
                    f"{self.path}: unknown setting [{table}] {rest}; see docs/settings.md"
                )
