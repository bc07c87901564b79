"""Every list that programs take along as a file."""

from __future__ import annotations

from typing import Final

from app.api.queries.listing import Form, Listing
from app.api.queries.money_lists import MONEY
from app.api.queries.music_lists import MUSIC
from app.api.queries.shop_lists import SHOP

LISTS: Final[dict[str, Listing]] = MUSIC | MONEY | SHOP

__all__ = ["LISTS", "Form", "Listing"]
