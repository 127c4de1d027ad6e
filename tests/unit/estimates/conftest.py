"""A healthy fixture warehouse per test."""

from collections.abc import Iterator

import pytest
from estimates_world import World, healthy_world


@pytest.fixture
def world() -> Iterator[World]:
    made = healthy_world()
    yield made
    made.connection.close()
