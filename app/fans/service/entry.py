"""The ways in: a link by mail, which is also how a fan signs up, or a password; and links that confirm a wish."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Final, Literal
from urllib.parse import quote
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.fans.errors import FanProofRefused, MailAddressUnusable
from app.fans.models import Fan
from app.fans.policies import FanVisitor, artist_to_follow, fan_actor, own_fan
from app.fans.rules import CONSENTS, mail_address
from app.fans.service import letters, sessions
from app.identity.errors import LinkUsed, SignInRefused
from app.identity.rules import normal_email
from app.identity.service import Came, tickets
from app.identity.service.passwords import chosen
from app.kernel import activity, clock, crypto, ids, jobs, mail, passwords
from app.kernel.tenant import Tenant
from app.kernel.web.own_words import say_own, words_of

WishKind = Literal["link", "follow", "consent"]
LIFE: Final[dict[WishKind, timedelta]] = {
    "link": timedelta(minutes=15),
    "follow": timedelta(days=1),
    "consent": timedelta(days=1),
}
LABEL: Final = "label"
"""Whom a fan follows who follows the label itself."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants who is known by a mail address alone: to come in, to follow, to agree to something.

    `about` is an artist's id or `LABEL`, or a kind of consent; `onward` is where they were going.
    """

    kind: WishKind
    email: str
    language: str
    about: str = ""
    onward: str = ""


def checked_email(text: str) -> str:
    """A mail address to which a mail can be sent, as it is kept."""
    email = mail_address(text)
    try:
        mail.check_address(email)
    except mail.AddressUnusable:
        raise MailAddressUnusable(fields={"email": MailAddressUnusable.message}) from None
    return email


def ask(session: Session, tenant: Tenant, wish: Wish) -> None:
    """Have a link sent that fulfils a wish; the same work is done here whether anybody has this address or not."""
    sealed = crypto.seal(tenant, msgspec.json.encode(wish), "fan-wish")
    jobs.ask(session, "fans.send_link", {"sealed": base64.b64encode(sealed).decode()})


def send_link(session: Session, tenant: Tenant, sealed: str) -> None:
    """Send the link that was wished for; an address that nobody had is a fan's from now on, once it is confirmed."""
    opened = crypto.open_sealed(tenant, base64.b64decode(sealed), "fan-wish")
    wish = msgspec.json.decode(opened, type=Wish)
    fan = fan_of_email(session, wish.email, wish.language)
    if fan.disabled_at is not None:
        return
    token = ids.new_token()
    tickets.issue(session, _ticket(wish.kind, wish.about), token, subject_id=fan.id, life=LIFE[wish.kind])
    link = letters.store_address(tenant) + _path(wish, token)
    places = _said(session, tenant, wish) | {"link": link}
    letters.send(session, tenant, wish.email, wish.kind, wish.language, places)


def fan_of_email(session: Session, email: str, language: str) -> Fan:
    """The fan who has this address; where there is none yet, one who has still to confirm it."""
    values = {"id": ids.new_id(), "email": email, "language": language, "created_at": clock.now()}
    session.execute(insert(Fan).values(values).on_conflict_do_nothing(index_elements=["email"]))
    return session.scalars(select(Fan).where(Fan.email == email)).one()


def add_fan(
    session: Session, tenant: Tenant, *, email: str, name: str, language: str, country: str, password: str
) -> Fan:
    """Make a fan whose address is known to be theirs."""
    fan = fan_of_email(session, checked_email(email), language)
    fan.name, fan.country, fan.confirmed_at = name, country, fan.confirmed_at or clock.now()
    fan.password_hash = chosen(password, email=email)
    activity.record(session, fan_actor(tenant, fan), "fan.joined", subject_type="fan", subject_id=fan.id)
    return fan


def use_link(session: Session, tenant: Tenant, token: str, came: Came) -> str:
    """Let a fan in by the link they were sent, once; it shows that the address is theirs."""
    return come_in(session, tenant, use(session, tenant, "link", "", token), came)


def use(session: Session, tenant: Tenant, kind: WishKind, about: str, token: str) -> Fan:
    """Use a link up and give back the fan, whose address is confirmed by it."""
    fan_id = tickets.use(session, _ticket(kind, about), token)
    fan = session.get(Fan, fan_id, with_for_update=True) if fan_id else None
    if fan is None or fan.disabled_at is not None or fan.erased_at is not None:
        raise LinkUsed
    if fan.confirmed_at is None:
        fan.confirmed_at = clock.now()
        activity.record(session, fan_actor(tenant, fan), "fan.joined", subject_type="fan", subject_id=fan.id)
    return fan


def is_good(session: Session, kind: WishKind, about: str, token: str) -> bool:
    """Whether a link can still be used; looking uses nothing up."""
    return tickets.subject_of(session, _ticket(kind, about), token) is not None


def sign_in(session: Session, tenant: Tenant, *, email: str, password: str, came: Came) -> str:
    """Let a fan in by password and give back the token of a session.

    Nothing tells a wrong address, one without a password or one not confirmed from a wrong password.
    """
    query = select(Fan).where(
        Fan.email == normal_email(email), Fan.disabled_at.is_(None), Fan.confirmed_at.is_not(None)
    )
    fan = session.scalar(query)
    if not passwords.fits(password, fan.password_hash if fan else None) or fan is None:
        raise SignInRefused
    return come_in(session, tenant, fan, came)


def come_in(session: Session, tenant: Tenant, fan: Fan, came: Came) -> str:
    """Begin the session of a fan who has shown who they are."""
    token, how = sessions.start(session, fan, came), {"method": came.method}
    activity.record(session, fan_actor(tenant, fan), "fan.signed_in", subject_type="fan", subject_id=fan.id, after=how)
    return token


def prove(session: Session, visitor: FanVisitor, password: str, came: Came) -> str:
    """Let a fan show again by their password who they are; the session goes on under a new id."""
    fan = own_fan(session, visitor.fan)
    if not passwords.fits(password, fan.password_hash):
        raise FanProofRefused
    return sessions.renew(session, visitor, came)


def change_password(session: Session, tenant: Tenant, visitor: FanVisitor, password: str, came: Came) -> str:
    """Choose a password: every session ends, and the one at hand goes on under a new id."""
    fan = own_fan(session, visitor.fan)
    fan.password_hash = chosen(password, email=fan.email or "")
    sessions.end_all(session, fan)
    activity.record(session, fan_actor(tenant, fan), "fan.password_changed", subject_type="fan", subject_id=fan.id)
    letters.write(
        session, tenant, fan, "password", link=f"{letters.store_address(tenant)}/{fan.language}/account/sign-in"
    )
    return sessions.start(session, fan, came)


def _ticket(kind: WishKind, about: str) -> str:
    return f"fan-{kind}:{about}"


def _path(wish: Wish, token: str) -> str:
    account = f"/{wish.language}/account"
    if wish.kind == "link":
        return f"{account}/link/{token}" + (f"?next={quote(wish.onward)}" if wish.onward else "")
    folder = "follow" if wish.kind == "follow" else "consents"
    return f"{account}/{folder}/{wish.about}/{token}"


def _said(session: Session, tenant: Tenant, wish: Wish) -> dict[str, str]:
    """What fills the places of a wish's mail."""
    if wish.kind == "follow":
        is_label = wish.about == LABEL
        return {"name": tenant.name if is_label else artist_to_follow(session, UUID(wish.about)).name}
    if wish.kind == "consent":
        own = words_of(tenant, wish.language)
        return {"what": say_own(own, CONSENTS[wish.about], wish.language, label=tenant.name)}
    return {}
