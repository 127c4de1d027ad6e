"""The fixture of the sampling tests."""

from pathlib import Path

import pytest
from sampling_world import Desk, empty_desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.delenv("PENSTOCK_HOME", raising=False)
    return empty_desk(tmp_path)
