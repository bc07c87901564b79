"""What was given is taken back: tokens, families of tokens, consents."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.api.errors import TokenRefused
from app.api.models import (
    ApiClient,
    AuthorizationRequest,
    Code,
    Consent,
    DeviceCode,
    Grant,
    RefreshToken,
    RevokedToken,
)
from app.api.rules.tokens import digest
from app.api.service.callers import read_token
from app.identity.policies import Visitor
from app.kernel import activity, clock
from app.kernel.actor import Actor
from app.kernel.db.models import table_of
from app.kernel.tenant import Tenant

KEPT = timedelta(days=30)
"""So long an authorization that ended is remembered: tokens of it that come back are told from unknown ones."""

WHY_NAMED = ("code_replayed", "refresh_replayed")


def end_grant(session: Session, tenant: Tenant, client: ApiClient, grant: Grant, why: str) -> None:
    """End an authorization: no token of it opens anything from now on."""
    if grant.ended_at is not None:
        return
    grant.end(clock.now())
    actor = Actor("client", client.member_id, tenant, client.name, on_behalf_of=grant.member_id, client_id=client.id)
    action = "api.family_replayed" if why in WHY_NAMED else "api.family_revoked"
    after = {"program": client.name, "why": why}
    activity.record(session, actor, action, subject_type="api_grant", subject_id=grant.id, after=after)


def revoke_token(session: Session, tenant: Tenant, client: ApiClient, token: str) -> None:
    """Take a token of the client's back; of any other nothing is said and nothing happens (RFC 7009 §2.2)."""
    held = session.scalar(select(RefreshToken).where(RefreshToken.token_hash == digest(token)))
    if held is not None:
        grant = session.get(Grant, held.grant_id, with_for_update=True)
        if grant is not None and grant.client_id == client.id:
            end_grant(session, tenant, client, grant, "revoked")
        return
    try:
        claims = read_token(tenant, token)
    except TokenRefused:
        return
    if claims.client_id != str(client.id):
        return
    until = datetime.fromtimestamp(claims.exp, clock.now().tzinfo)
    row = insert(table_of(RevokedToken)).values(jti=UUID(claims.jti), expires_at=until)
    session.execute(row.on_conflict_do_nothing())
    actor = Actor("client", client.member_id, tenant, client.name, client_id=client.id)
    activity.record(session, actor, "api.token_revoked", subject_type="api_client", subject_id=client.id)


def consents_of(session: Session, member_id: UUID) -> list[tuple[Consent, ApiClient]]:
    """The programs that a person lets act in their name, the newest first."""
    query = (
        select(Consent, ApiClient)
        .join(ApiClient, ApiClient.id == Consent.client_id)
        .where(Consent.member_id == member_id, Consent.withdrawn_at.is_(None), ApiClient.revoked_at.is_(None))
        .order_by(Consent.given_at.desc())
    )
    return [(consent, client) for consent, client in session.execute(query)]


def withdraw(session: Session, visitor: Visitor, consent: Consent) -> None:
    """Let a program act in a person's name no more: what it holds of them ends at once."""
    consent.withdraw(clock.now())
    client = session.get_one(ApiClient, consent.client_id)
    mine = (Grant.client_id == client.id) & (Grant.member_id == consent.member_id) & Grant.ended_at.is_(None)
    for grant in session.scalars(select(Grant).where(mine).with_for_update()):
        grant.end(clock.now())
    after = {"program": client.name}
    activity.record(
        session, visitor.actor, "api.consent_withdrawn", subject_type="api_client", subject_id=client.id, after=after
    )


def tidy(session: Session) -> None:
    """Forget what is long over: questions, codes, tokens and whole families."""
    now = clock.now()
    for table in (AuthorizationRequest, Code, DeviceCode, RevokedToken, RefreshToken):
        session.execute(delete(table).where(table.expires_at < now))
    session.execute(delete(Grant).where(or_(Grant.expires_at < now, Grant.ended_at < now - KEPT)))
