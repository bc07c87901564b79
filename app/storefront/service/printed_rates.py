"""What the printer takes to send what is in a basket: asked before a quote, kept for some minutes, never waited for.

Where nothing is known the label's own rates count, so that no checkout waits for the printer.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import cache, clock
from app.kernel.db import tenant_read
from app.kernel.errors import Busy
from app.kernel.money import to_micros
from app.kernel.tenant import Tenant
from app.royalties.service import rates
from app.storefront.gateways.printful import ShippingOption
from app.storefront.models import PrintedVariant
from app.storefront.rules.printing import STANDARD, PrintedRate, Wanted
from app.storefront.rules.rounding import converted, minor_step
from app.storefront.service import printing

KEPT_SECONDS: Final = 900
AWAY_SECONDS: Final = 30
"""A printer that did not answer is left alone for so long, and the label's own rates count."""
PATIENCE: Final = 2.5
DEAREST: Final = Decimal(100_000)
AWAY: Final = "printed-rates:away"


def wanted(country: str | None, region: str | None, currency: str, items: Iterable[tuple[UUID, int]]) -> Wanted | None:
    """What has to be known of a basket; None without a country or printed things."""
    counted: Counter[UUID] = Counter()
    for variant, quantity in items:
        counted[variant] += quantity
    if not counted or country is None:
        return None
    return Wanted(country, region, currency, tuple(sorted(counted.items())))


def known(tenant: Tenant, wish: Wanted) -> list[PrintedRate] | None:
    """The rates that were asked for; none of them where the printer has none, None where it was not asked."""
    place = cache.of(tenant)
    found = place.get(_key(wish), list[PrintedRate])
    if found is None and place.get(AWAY, bool):
        return []
    return found


def ask(tenant: Tenant, wish: Wanted) -> None:
    """Ask the printer, and keep what it says. No transaction is open; it takes a moment at most, and never fails."""
    place = cache.of(tenant)
    access = printing.open_store(tenant, in_background=False)
    said = _said(tenant, wish) if access is not None else None
    if access is None or said is None:
        place.set(_key(wish), [], seconds=AWAY_SECONDS)
        return
    try:
        answer = access.printer.rates(said, seconds=PATIENCE)
    except Busy:
        place.set(AWAY, True, seconds=AWAY_SECONDS)
        return
    options = answer.read(list[ShippingOption])
    if options is not None:
        place.set(_key(wish), _priced(tenant, wish, options), seconds=KEPT_SECONDS)
    elif answer.kind == "refused":
        place.set(_key(wish), [], seconds=KEPT_SECONDS)  # it does not send there
    else:
        place.set(AWAY, True, seconds=AWAY_SECONDS)


def _key(wish: Wanted) -> str:
    return f"printed-rates:{hashlib.sha256(msgspec.json.encode(wish)).hexdigest()}"


def _said(tenant: Tenant, wish: Wanted) -> dict[str, Any] | None:
    """The question in the printer's words; None where something is not in its catalogue."""
    counts = dict(wish.items)
    with tenant_read(tenant) as session:
        query = select(PrintedVariant.variant_id, PrintedVariant.catalog_variant)
        rows: dict[UUID, str] = dict(session.execute(query.where(PrintedVariant.variant_id.in_(counts))).all())
    if rows.keys() != counts.keys():
        return None
    recipient = {"country_code": wish.country, **({"state_code": wish.region} if wish.region else {})}
    items = [{"variant_id": rows[key], "quantity": quantity} for key, quantity in wish.items]
    return {"recipient": recipient, "items": items, "currency": wish.currency, "locale": "en_US"}


def _priced(tenant: Tenant, wish: Wanted, options: Sequence[ShippingOption]) -> list[PrintedRate]:
    with tenant_read(tenant) as session:
        found = [_rate(session, tenant, wish.currency, each) for each in options]
    said = [each for each in found if each is not None]
    return sorted(said, key=lambda each: (each.key != STANDARD, each.price_micros, each.key))


def _rate(session: Session, tenant: Tenant, currency: str, said: ShippingOption) -> PrintedRate | None:
    try:
        amount = Decimal(said.rate)
    except InvalidOperation:
        return None
    rate = rates.rate(session, said.currency, currency, on=clock.day_in(tenant.time_zone))
    if rate is None or not amount.is_finite() or not 0 <= amount < DEAREST or not said.id:
        return None
    micros, step = to_micros(amount.quantize(Decimal("0.000001"))), minor_step(currency)
    price = converted(micros, rate.value, currency) if said.currency != currency else -(-micros // step) * step
    first = max(0, said.minDeliveryDays or 0)
    name = said.name.partition(" (")[0].strip()[:80] or said.id
    return PrintedRate(said.id[:30], name, price, first, max(first, said.maxDeliveryDays or 0))
