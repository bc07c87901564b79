"""The tables of the API."""

from __future__ import annotations

from app.api.models.answers import KeptAnswer
from app.api.models.bulk import BulkJob, BulkOperation, DataExport
from app.api.models.clients import ApiClient, ClientSecret, SigningKey
from app.api.models.grants import (
    AuthorizationRequest,
    Code,
    Consent,
    DeviceCode,
    Grant,
    RefreshToken,
    RevokedToken,
    SeenProof,
)
from app.api.models.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookFeed

__all__ = [
    "ApiClient",
    "AuthorizationRequest",
    "BulkJob",
    "BulkOperation",
    "ClientSecret",
    "Code",
    "Consent",
    "DataExport",
    "DeviceCode",
    "Grant",
    "KeptAnswer",
    "RefreshToken",
    "RevokedToken",
    "SeenProof",
    "SigningKey",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookFeed",
]
