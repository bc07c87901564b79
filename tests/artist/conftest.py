"""The stage that tests of the app play on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.artist.stage import Stage


@pytest.fixture
def stage(client_of: Any, connected: Any, tmp_path: Any) -> Stage:
    """A label with two artists."""
    return Stage(client_of, tmp_path)
