"""The tables of the API."""

from __future__ import annotations

from app.api.models.answers import KeptAnswer
from app.api.models.clients import ApiClient, ClientSecret, SigningKey

__all__ = ["ApiClient", "ClientSecret", "KeptAnswer", "SigningKey"]
