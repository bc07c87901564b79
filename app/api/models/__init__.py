"""The tables of the API."""

from __future__ import annotations

from app.api.models.answers import KeptAnswer
from app.api.models.clients import ApiClient, ClientSecret, SigningKey
from app.api.models.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookFeed

__all__ = [
    "ApiClient",
    "ClientSecret",
    "KeptAnswer",
    "SigningKey",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookFeed",
]
