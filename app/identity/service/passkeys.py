"""Passkeys of members: made, used, removed; every challenge is ours, kept once, and gone after one look."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from webauthn import base64url_to_bytes
from webauthn.helpers import bytes_to_base64url

from app.identity.errors import LinkUsed, PasskeyRefused, TooManyPasskeys
from app.identity.models import Member, Passkey
from app.identity.policies import Visitor
from app.identity.rules import webauthn as rules
from app.identity.rules.webauthn import Site
from app.identity.schemas import Credential
from app.identity.service import notices, tickets
from app.identity.service.entry import LONGEST_NAME
from app.identity.service.factors import check_removable
from app.kernel import activity, clock, ids
from app.kernel.tenant import Tenant

CHALLENGE_LIFE = timedelta(minutes=5)
MOST_PASSKEYS = 20
USUAL_NAME = "Passkey"


def offer_creation(session: Session, member: Member, site: Site) -> dict[str, Any]:
    """Ask a member's browser to make a passkey."""
    known = _ids(session, member.id, site)
    if len(known) >= MOST_PASSKEYS:
        raise TooManyPasskeys(most=MOST_PASSKEYS)
    return rules.creation_options(
        site,
        _challenge(session, "passkey.new", member.id),
        user_id=member.id.bytes,
        user_name=member.email,
        shown_name=member.name,
        known=known,
    )


def offer_use(session: Session, site: Site, *, kind: str, member_id: UUID | None = None) -> dict[str, Any]:
    """Ask a browser to use a passkey: anybody's at the door, a certain member's afterwards."""
    allowed = _ids(session, member_id, site) if member_id else []
    return rules.request_options(site, _challenge(session, kind, member_id), allowed=allowed)


def take_challenge(session: Session, credential: Credential, *, kind: str, member_id: UUID | None) -> bytes:
    """Use up the challenge that an answer is for, whatever comes of the answer."""
    challenge = rules.challenge_in(credential)
    try:
        subject = tickets.use(session, kind, challenge)
    except LinkUsed:
        raise PasskeyRefused from None
    if subject != member_id:
        raise PasskeyRefused
    return base64url_to_bytes(challenge)


def add_passkey(
    session: Session, tenant: Tenant, visitor: Visitor, site: Site, challenge: bytes, credential: Credential, name: str
) -> None:
    """Keep a new passkey."""
    member = visitor.member
    new = rules.checked_creation(site, challenge, credential)
    if session.scalar(select(Passkey.id).where(Passkey.credential_id == new.credential_id)) is not None:
        raise PasskeyRefused
    key = Passkey(
        id=ids.new_id(),
        member_id=member.id,
        name=" ".join(name.split())[:LONGEST_NAME] or USUAL_NAME,
        rp_id=site.rp_id,
        credential_id=new.credential_id,
        public_key=new.public_key,
        sign_count=new.sign_count,
        created_at=clock.now(),
    )
    session.add(key)
    session.flush()
    activity.record(
        session,
        visitor.actor,
        "member.passkey_added",
        subject_type="passkey",
        subject_id=key.id,
        after={"name": key.name, "host": key.rp_id},
    )
    notices.tell(session, tenant, member, "passkey_added")


def member_of_passkey(
    session: Session, site: Site, challenge: bytes, credential: Credential, *, member_id: UUID | None = None
) -> Member:
    """The member whom a passkey's answer proves; a passkey of another host, member or label proves nobody."""
    query = select(Passkey).where(
        Passkey.credential_id == rules.credential_id_of(credential), Passkey.rp_id == site.rp_id
    )
    key = session.scalar(query.with_for_update())
    if key is None or (member_id is not None and key.member_id != member_id):
        raise PasskeyRefused
    member = session.get_one(Member, key.member_id)
    handle = rules.user_handle_of(credential)
    if member.disabled_at is not None or handle not in (None, member.id.bytes):
        raise PasskeyRefused
    count = rules.checked_use(site, challenge, credential, public_key=key.public_key, sign_count=key.sign_count)
    key.use(count, clock.now())
    return member


def remove_passkey(session: Session, tenant: Tenant, visitor: Visitor, key: Passkey) -> None:
    """Forget a passkey."""
    check_removable(session, visitor.member, leaving=Passkey)
    session.delete(key)
    before = {"name": key.name, "host": key.rp_id}
    activity.record(
        session, visitor.actor, "member.passkey_removed", subject_type="passkey", subject_id=key.id, before=before
    )
    notices.tell(session, tenant, visitor.member, "passkey_removed")


def _challenge(session: Session, kind: str, member_id: UUID | None) -> bytes:
    challenge = secrets.token_bytes(rules.CHALLENGE_BYTES)
    tickets.issue(session, kind, bytes_to_base64url(challenge), subject_id=member_id, life=CHALLENGE_LIFE)
    return challenge


def _ids(session: Session, member_id: UUID, site: Site) -> list[bytes]:
    query = select(Passkey.credential_id).where(Passkey.member_id == member_id, Passkey.rp_id == site.rp_id)
    return list(session.scalars(query))
