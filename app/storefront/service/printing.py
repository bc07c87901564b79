"""The label's store at Printful: connected by a token, sealed with the label's key, and parted from again."""

from __future__ import annotations

import hmac
import secrets
from contextlib import suppress
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel import activity, clock, crypto, jobs
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.errors import Busy
from app.kernel.tenant import Tenant, TenantState
from app.storefront.gateways.printful import Printful, Store
from app.storefront.models import PrintedVariant, PrinterLink, Variant
from app.storefront.rules.printing_refusals import PrinterAway, PrinterMissing, TokenUnusable

EVEN: Final = frozenset({TenantState.SUSPENDED})
CONTEXT: Final = "printful"
LONGEST_TOKEN: Final = 200
TRIES: Final = "10/5minutes"
"""How often a label's people and programs may try tokens."""


class Secrets(msgspec.Struct, frozen=True):
    """What opens the store, and the address at which it tells us news."""

    token: str
    hook: str


class Access(NamedTuple):
    """A connected store."""

    printer: Printful
    hook: str


def hook_path(secret: str) -> str:
    """Where news of the printer's come in."""
    return f"/hooks/store/printful/{secret}"


def connect(tenant: Tenant, actor: Actor, token: str, origin: str) -> None:
    """Connect the label's shop to the store that a token opens, and look through its list. No transaction is open.

    `origin` is an address of the label's own, where it is told news.
    """
    token = token.strip()
    if not token or len(token) > LONGEST_TOKEN or not (token.isascii() and token.isprintable()) or " " in token:
        raise TokenUnusable
    store = _store(token)
    hook = f"{origin}{hook_path(secrets.token_urlsafe(24))}"
    sealed = crypto.seal(tenant, msgspec.json.encode(Secrets(token, hook)), CONTEXT)
    with tenant_work(tenant) as session:
        link = session.get(PrinterLink, 1, with_for_update=True) or PrinterLink(id=1, products=0)
        link.store_id, link.store_name, link.sealed, link.state = str(store.id), store.name[:200], sealed, "on"
        link.connected_by, link.connected_at = actor.id, clock.now()
        session.add(link)
        session.flush()
        activity.record(session, actor, "printer.connected", after={"store": link.store_name})
        ask_sync(session)


def _store(token: str) -> Store:
    answer = Printful(token, in_background=False).stores()
    if answer.kind in ("denied", "refused", "missing"):
        raise TokenUnusable
    found = answer.read(list[Store])
    if found is None:
        raise PrinterAway
    if len(found) != 1:
        raise TokenUnusable(TokenUnusable.SEVERAL if found else "")
    return found[0]


def disconnect(tenant: Tenant, actor: Actor) -> None:
    """Part from the store: what is made there is off sale until it is connected again. No transaction is open."""
    access = open_store(tenant)
    with tenant_work(tenant) as session:
        link = session.get(PrinterLink, 1, with_for_update=True)
        if link is None:
            raise PrinterMissing
        session.delete(link)
        printed = select(PrintedVariant.variant_id)
        made = select(Variant.id).where(Variant.id.in_(printed), Variant.is_active)
        gone = list(session.scalars(made))
        session.execute(update(PrintedVariant).where(PrintedVariant.variant_id.in_(gone)).values(is_out=True))
        session.execute(update(Variant).where(Variant.id.in_(gone)).values(is_active=False))
        activity.record(session, actor, "printer.disconnected", after={"store": link.store_name})
    if access is not None:
        with suppress(Busy):  # nobody hears what it still tells
            access.printer.tell_no_more()


def open_store(tenant: Tenant, *, in_background: bool = True) -> Access | None:
    """The connected store; None where there is none, or it does not take the token any more."""
    with tenant_work(tenant, even=EVEN) as session:
        link = session.get(PrinterLink, 1)
        if link is None or link.state != "on":
            return None
        known = _secrets(tenant, link)
        return Access(Printful(known.token, link.store_id, in_background=in_background), known.hook)


def refused(tenant: Tenant) -> None:
    """Note that the store does not take the token any more; the label's people hear of it."""
    with tenant_work(tenant, even=EVEN) as session:
        link = session.get(PrinterLink, 1, with_for_update=True)
        if link is not None and link.state == "on":
            link.state = "refused"
            activity.record(session, Actor.system(tenant), "printer.refused", after={"store": link.store_name})


def is_hook(session: Session, tenant: Tenant, secret: str) -> bool:
    """Whether an address is the one that was given to the store."""
    link = session.get(PrinterLink, 1)
    if link is None:
        return False
    known = _secrets(tenant, link).hook.rpartition("/")[2]
    return hmac.compare_digest(known.encode(), secret.encode(errors="backslashreplace"))


def ask_sync(session: Session) -> None:
    """Have the store's list looked through from the beginning."""
    jobs.ask(session, "storefront.sync_printer", {"offset": 0})


def _secrets(tenant: Tenant, link: PrinterLink) -> Secrets:
    return msgspec.json.decode(crypto.open_sealed(tenant, link.sealed, CONTEXT), type=Secrets)
