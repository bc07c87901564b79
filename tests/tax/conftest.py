"""A scene for every test."""

from __future__ import annotations

import pytest

from tests.tax.scene import Scene


@pytest.fixture
def scene(client_of, connected):
    return Scene(client_of)
