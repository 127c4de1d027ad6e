"""The fixture of the landing tests."""

from pathlib import Path

import pytest
from landing_world import LINES, Desk, empty_desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return empty_desk(tmp_path, monkeypatch, LINES)
