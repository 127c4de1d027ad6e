"""A desk whose columns can be poisoned."""

from pathlib import Path

import pytest
from landing_world import EVENTS, Desk, empty_desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return empty_desk(tmp_path, monkeypatch, EVENTS)
