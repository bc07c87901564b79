"""Where the card processor tells of buyers' payments: kept raw, answered at once, looked into afterwards."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.concurrency import sync_to_thread
from litestar.params import FromPath

from app.kernel import clock, observe
from app.kernel.db import current, tenant_work
from app.kernel.errors import NotFound
from app.kernel.tenant import Tenant
from app.kernel.web.bodies import body_within
from app.kernel.web.realm import tenant_of
from app.payouts.gateways.stripe.events import MOST_BYTES, Event, EventRefused, read_event
from app.storefront.gateways import gateways
from app.storefront.rules.printing_refusals import NewsUnreadable
from app.storefront.service import hearing, printed_news, printing
from app.storefront.service.paying import EVEN

HOOK = "/hooks/store/stripe"
PRINTER_HOOK = "/hooks/store/printful"
KINDS = ("checkout.session.", "payment_intent.", "refund.", "charge.dispute.")
WITHOUT_MARGIN = ("charge.dispute.", "refund.")
"""What nobody but us marks: whose it is stands with its payment."""

log = observe.log("storefront")


@post(HOOK)
async def hear(request: Request[Any, Any, Any]) -> Response[None]:
    """Take an event of the processor's in; what is not signed by it is refused, what is nobody's is left to people."""
    payload = await body_within(request, MOST_BYTES, EventRefused)
    signature = request.headers.get("stripe-signature", "")
    await sync_to_thread(_keep, request.app.state.registry, payload, signature)
    return Response(None, status_code=200)


def _keep(directory: Any, payload: bytes, signature: str) -> None:
    settings = current().settings
    secret = settings.stripe_store_webhook_secret or settings.stripe_webhook_secret
    if not settings.stripe_secret_key or not secret:
        raise NotFound
    event = read_event(payload, signature, secret, clock.now())
    tenant = _tenant(directory, event) if event.type.startswith(KINDS) else None
    if tenant is None:
        log.info("storefront.event_of_nobody", kind=event.type, event=event.id)
        return
    with tenant_work(tenant, even=EVEN) as session:
        hearing.receive(
            session,
            gateway="stripe",
            event_id=event.id,
            kind=event.type,
            reference=event.object_id,
            payload=payload,
            quarantine=_why_not(event),
        )


def _tenant(directory: Any, event: Event) -> Tenant | None:
    """Whose event it is; where it does not say so itself, its object is asked."""
    named = event.metadata.get("tenant", "")
    if not named and event.type.startswith(WITHOUT_MARGIN):
        named = gateways.processor().owner_of(event.object_id) or ""
    found: Tenant | None = directory.by_id(named)
    return found


def _why_not(event: Event) -> str:
    """An event of the other world, test or live, or of a connected account, is not for this deployment."""
    if event.account is not None:
        return "account"
    return "" if event.livemode == gateways.processor().is_live else "livemode"


@post(f"{PRINTER_HOOK}/{{secret:str}}")
async def hear_printer(request: Request[Any, Any, Any], secret: FromPath[str]) -> Response[None]:
    """Take an event of the printer's in; who does not know the label's own address for it finds nothing there."""
    payload = await body_within(request, MOST_BYTES, NewsUnreadable)
    await sync_to_thread(_keep_news, tenant_of(request), secret, payload)
    return Response(None, status_code=200)


def _keep_news(tenant: Tenant, secret: str, payload: bytes) -> None:
    with tenant_work(tenant, even=EVEN) as session:
        if not printing.is_hook(session, tenant, secret):
            raise NotFound
        printed_news.receive(session, payload)


handlers = [hear, hear_printer]
