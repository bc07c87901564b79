"""What tests of contracts share."""

from __future__ import annotations

import pytest

from tests.contracts.room import Room


@pytest.fixture
def room(client_of, settings, connected):
    return Room(client_of, settings)
