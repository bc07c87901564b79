"""The fans' own pages: the door, whom they follow, their settings, addresses and data."""

from __future__ import annotations

from typing import Any

from app.fans.pages import addresses, data, door, following, moving, settings
from app.fans.pages.visitors import (
    account_page,
    dress,
    fan_of,
    lead_to_door,
    lead_to_proof,
    signed_fan,
)

__all__ = ["account_page", "dress", "fan_of", "handlers", "lead_to_door", "lead_to_proof", "signed_fan"]

handlers: list[Any] = [
    *door.handlers,
    *following.handlers,
    *settings.handlers,
    *moving.handlers,
    *addresses.handlers,
    *data.handlers,
]
