"""Where the card processor tells us that something happened: kept raw, answered at once, looked into afterwards."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.concurrency import sync_to_thread

from app.kernel import clock, observe
from app.kernel.db import current, tenant_work
from app.kernel.errors import NotFound
from app.kernel.tenant import Tenant
from app.kernel.web.bodies import body_within
from app.payouts.gateways import rails
from app.payouts.gateways.stripe.events import MOST_BYTES, Event, EventRefused, read_event
from app.payouts.service import hearing
from app.payouts.service.sending import EVEN

HOOK = "/hooks/stripe"
KINDS = ("payout.", "transfer.")

log = observe.log("payouts")


@post(HOOK)
async def hear(request: Request[Any, Any, Any]) -> Response[None]:
    """Take an event of the processor's in; what is not signed by it is refused, what is nobody's is left to people."""
    payload = await body_within(request, MOST_BYTES, EventRefused)
    signature = request.headers.get("stripe-signature", "")
    await sync_to_thread(_keep, request.app.state.registry, payload, signature)
    return Response(None, status_code=200)


def _keep(directory: Any, payload: bytes, signature: str) -> None:
    settings = current().settings
    if not settings.stripe_secret_key or not settings.stripe_webhook_secret:
        raise NotFound
    event = read_event(payload, signature, settings.stripe_webhook_secret, clock.now())
    tenant: Tenant | None = directory.by_id(event.metadata.get("tenant", ""))
    if tenant is None or not event.type.startswith(KINDS):
        log.info("payouts.event_of_nobody", kind=event.type, event=event.id)
        return
    with tenant_work(tenant, even=EVEN) as session:
        hearing.receive(
            session,
            rail="stripe",
            event_id=event.id,
            kind=event.type,
            reference=event.reference,
            payload=payload,
            quarantine=_why_not(event),
        )


def _why_not(event: Event) -> str:
    """An event of the other world, test or live, is not for this deployment."""
    return "" if event.livemode == rails.processor().is_live else "livemode"


handlers = [hear]
