"""Devices without a keyboard: they show a code, and somebody allows them elsewhere (RFC 8628)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.api.errors import CodeUnknown
from app.api.models import ApiClient, DeviceCode
from app.api.rules.devices import new_user_code, shown, typed
from app.api.rules.scopes import joined
from app.api.rules.tokens import digest
from app.api.rules.wishes import BY_DEVICE
from app.api.service import authorizing, issuing
from app.api.service.places import issuer_of
from app.identity.policies import Visitor
from app.kernel import clock, ids
from app.kernel.tenant import Tenant

LIFE = timedelta(minutes=15)
INTERVAL_SECONDS = 5
PAGE = "/oauth/device"


def begin(session: Session, tenant: Tenant, client: ApiClient, form: dict[str, str]) -> dict[str, object]:
    """Let a device wait for somebody, and tell it what to show."""
    issuing.check_grant_type(client, BY_DEVICE)
    scopes = issuing.may_have(client, form.get("scope", ""))
    resource = issuing.check_resource(tenant, form.get("resource", "").split())
    device_code, user_code, now = ids.new_token(), new_user_code(), clock.now()
    session.execute(delete(DeviceCode).where(DeviceCode.user_code == user_code, DeviceCode.expires_at < now))
    session.add(
        DeviceCode(
            id=ids.new_id(),
            client_id=client.id,
            device_hash=digest(device_code),
            user_code=user_code,
            scopes=joined(scopes).split(),
            resource=resource,
            state="waiting",
            interval_seconds=INTERVAL_SECONDS,
            created_at=now,
            expires_at=now + LIFE,
        )
    )
    session.flush()
    page = issuer_of(tenant) + PAGE
    return {
        "device_code": device_code,
        "user_code": shown(user_code),
        "verification_uri": page,
        "verification_uri_complete": f"{page}?user_code={shown(user_code)}",
        "expires_in": int(LIFE.total_seconds()),
        "interval": INTERVAL_SECONDS,
    }


def waiting(session: Session, text: str, *, for_change: bool = False) -> tuple[DeviceCode, ApiClient]:
    """The device that shows this code, and its program."""
    query = select(DeviceCode).where(DeviceCode.user_code == typed(text), DeviceCode.state == "waiting")
    held = session.scalar(query.with_for_update() if for_change else query)
    client = session.get(ApiClient, held.client_id) if held else None
    if held is None or clock.now() >= held.expires_at or client is None or client.revoked_at is not None:
        raise CodeUnknown
    return held, client


def decide(session: Session, visitor: Visitor, text: str, *, allowed: bool) -> ApiClient:
    """Let the device that shows this code act in the visitor's name, or not."""
    held, client = waiting(session, text, for_change=True)
    if not allowed:
        held.state = "denied"
        return client
    scopes = frozenset(held.scopes)
    authorizing.allow(session, visitor, client, scopes, held.resource)
    grant = authorizing.granted(
        session,
        visitor,
        client,
        scopes=scopes,
        resource=held.resource,
        auth_time=visitor.proved_at or clock.now(),
    )
    held.state, held.grant_id = "allowed", grant.id
    session.flush()
    return client
