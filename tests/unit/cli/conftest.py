"""One published company for reading, a fresh one where a test changes it, and a way to ask."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cli_world import World, company

from dagster_project.cli.entry import main


class Said(NamedTuple):
    code: int
    out: str
    err: str

    def document(self) -> Any:
        """stdout as the one JSON document that it must be."""
        return json.loads(self.out)


Ask = Callable[..., Said]


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> World:
    """For reading only."""
    world = company(tmp_path_factory.mktemp("published"))
    world.publish()
    return world


@pytest.fixture
def fresh(tmp_path: Path) -> World:
    """Nothing published yet; the test's own."""
    return company(tmp_path)


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Run one command in a world, its output captured at the file descriptors."""

    def run(world: World, *arguments: str, columns: int = 100) -> Said:
        monkeypatch.setenv("PENSTOCK_PROJECT", str(world.root))
        monkeypatch.setenv("PENSTOCK_HOME", str(world.home))
        monkeypatch.setenv("COLUMNS", str(columns))
        capfd.readouterr()
        code = main(arguments)
        said = capfd.readouterr()
        return Said(code, said.out, said.err)

    return run
