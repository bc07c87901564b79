"""Mail to buyers about their orders, in the label's name and look and in the buyer's language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.fans.service.letters import store_address
from app.identity.service.notices import language_of
from app.kernel import mail
from app.kernel.money import format_money, from_micros
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web.own_words import OwnWords, offer, say_own, words_of
from app.storefront.models import Fulfilment, FulfilmentLine, Order, OrderLine, Refund, StoreSettings
from app.storefront.rules.taxes import LEVIES
from app.storefront.service.links import order_path
from app.storefront.service.refunding import price_of

LETTERS: Final = {
    "thanks": sentence("Your order %(number)s at %(label)s"),
    "thanks.text": sentence(
        "Thank you. Your order is paid, and this is your receipt.\n\n%(receipt)s\n\n"
        "Here you see where it stands, and here is your music:\n\n%(link)s\n"
    ),
    "shipped": sentence("Your order %(number)s is on its way"),
    "shipped.text": sentence("%(label)s has sent this to you:\n\n%(what)s\n\n%(tracking)s\n\n%(link)s\n"),
    "refunded": sentence("%(amount)s of your order %(number)s was given back"),
    "refunded.text": sentence(
        "%(label)s has given back %(amount)s to the card or account that you paid with. It can take some days until "
        "you see it there.\n\n%(what)s\n\n%(link)s\n"
    ),
}
PARTS: Final = {
    "line": sentence("%(count)s × %(title)s: %(amount)s"),
    "period": sentence("%(title)s, %(from)s to %(until)s"),
    "gift": sentence("%(count)s × %(title)s as a gift for %(email)s: %(amount)s"),
    "discount": sentence("Discount: %(amount)s"),
    "shipping": sentence("Sending: %(amount)s"),
    "included": sentence("Included %(name)s, %(rate)s: %(amount)s"),
    "added": sentence("%(name)s, %(rate)s: %(amount)s"),
    "total": sentence("Total: %(amount)s"),
    "artists": sentence("Of this, %(amount)s goes to the artists by their contracts."),
    "sending": sentence("Sending"),
    "tracking": sentence("Follow the parcel: %(carrier)s %(tracking)s"),
    "on_the_way": sentence("It is on its way."),
}
offer(*LETTERS.values(), *PARTS.values(), *LEVIES.values())


def number_of(session: Session, order: Order) -> str:
    """The number of an order as people write it."""
    return f"{session.scalar(select(StoreSettings.order_prefix)) or ''}{order.number}"


def thank(session: Session, tenant: Tenant, order: Order) -> None:
    """Confirm an order that is paid, with its receipt: what was bought, tax, sending, and what the artists get."""
    lines = list(session.scalars(select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)))
    _send(session, tenant, order, "thanks", receipt="\n".join(receipt(tenant, order, lines)))


def tell_shipped(session: Session, tenant: Tenant, order: Order, sent: Fulfilment) -> None:
    """Tell a buyer that a parcel is on its way, what is in it and how to follow it."""
    say = Says(tenant, order)
    query = select(FulfilmentLine.quantity, OrderLine.title, OrderLine.variant).join(
        OrderLine, OrderLine.id == FulfilmentLine.line_id
    )
    rows = session.execute(query.where(FulfilmentLine.fulfilment_id == sent.id).order_by(OrderLine.position))
    what = "\n".join(f"{say.number(count)} × {titled(title, variant)}" for count, title, variant in rows)
    tracking = say(PARTS["on_the_way"])
    if sent.tracking:
        tracking = say(PARTS["tracking"], carrier=sent.carrier, tracking=sent.tracking)
    _send(session, tenant, order, "shipped", what=what, tracking=tracking)


def tell_refund(session: Session, tenant: Tenant, made: Refund) -> None:
    """Tell a buyer that money is on its way back, and for what."""
    order = session.get_one(Order, made.order_id)
    say = Says(tenant, order)
    parts = {str(line.id): line for line in session.scalars(select(OrderLine).where(OrderLine.order_id == order.id))}
    what = [
        say(
            PARTS["line"],
            count=say.number(part["quantity"]),
            title=titled(parts[part["line"]].title, parts[part["line"]].variant),
            amount=say.money(part["micros"]),
        )
        for part in made.lines
        if part["line"] in parts
    ]
    if made.shipping_micros:
        what.append(say(PARTS["shipping"], amount=say.money(made.shipping_micros)))
    _send(session, tenant, order, "refunded", amount=say.money(made.amount_micros), what="\n".join(what))


def receipt(tenant: Tenant, order: Order, lines: Sequence[OrderLine]) -> Iterator[str]:
    """The receipt of an order, a line each, in the buyer's language."""
    say = Says(tenant, order)
    for line, micros in shown_lines(order, lines):
        yield _bought(say, line, micros)
    if order.shipping_micros:
        yield say(PARTS["shipping"], amount=say.money(order.shipping_micros))
    kind = "included" if order.tax_included else "added"
    for tax in order.taxes:
        name, rate = say.levy(str(tax.get("name", ""))), say.percent(int(tax.get("rate_ppm", 0)))
        yield say(PARTS[kind], name=name, rate=rate, amount=say.money(int(tax.get("micros", 0))))
    yield say(PARTS["total"], amount=say.money(order.total_micros))
    artists = sum(line.artists_micros or 0 for line in lines)
    if artists > 0:
        yield say(PARTS["artists"], amount=say.money(artists))


def shown_lines(order: Order, lines: Sequence[OrderLine]) -> Iterator[tuple[OrderLine, int]]:
    """The lines that a buyer sees with what each cost in micros; a bundle costs what its parts cost together."""
    for line in lines:
        if line.bundle_id is None:
            parts = [each for each in lines if each.bundle_id == line.id] or [line]
            yield line, sum(_shown(order, each) for each in parts)


def _shown(order: Order, line: OrderLine) -> int:
    """What a line costs as the market shows prices: with tax, or without."""
    return price_of(line) if order.tax_included else line.net_micros


def _bought(say: Says, line: OrderLine, micros: int) -> str:
    title, count = named(say, line), say.number(line.quantity)
    if line.gift:
        email = line.gift.get("to", "")
        return say(PARTS["gift"], count=count, title=title, email=email, amount=say.money(micros))
    return say(PARTS["line"], count=count, title=title, amount=say.money(micros))


def named(say: Says, line: OrderLine) -> str:
    """What was bought, with its variant, and of a membership the days that it is for."""
    title = titled(line.title, line.variant)
    if line.period_from is None or line.period_until is None:
        return title
    days = {"from": say.day(line.period_from), "until": say.day(line.period_until)}
    return say(PARTS["period"], title=title, **days)


def titled(title: str, variant: str) -> str:
    """A thing with its variant."""
    return f"{title}, {variant}" if variant else title


class Says:
    """A buyer's language, in the label's own words, with the order's money."""

    def __init__(self, tenant: Tenant, order: Order) -> None:
        self.language = language_of(tenant, order.language)
        self._own: OwnWords = words_of(tenant, self.language)
        self._locale, self._currency = self.language.replace("-", "_"), order.currency

    def __call__(self, msgid: str, **places: object) -> str:
        """A sentence of ours."""
        return say_own(self._own, msgid, self.language, **places)

    def money(self, micros: int) -> str:
        """An amount of the order's currency."""
        return format_money(micros, self._currency, self._locale)

    def number(self, count: int) -> str:
        """A count."""
        return str(format_decimal(count, locale=self._locale))

    def day(self, day: date) -> str:
        """A day, spelled out."""
        return str(format_date(day, "long", locale=self._locale))

    def levy(self, name: str) -> str:
        """What a tax is called."""
        return self(LEVIES[name]) if name in LEVIES else name

    def percent(self, ppm: int) -> str:
        """A rate."""
        return str(format_percent(from_micros(ppm), "#,##0.##%", locale=self._locale))


def _send(session: Session, tenant: Tenant, order: Order, kind: str, **places: str) -> None:
    """Write to a buyer; one who was erased is nobody to write to."""
    if not order.email:
        return
    language = language_of(tenant, order.language)
    places |= {
        "label": tenant.name,
        "number": number_of(session, order),
        "link": f"{store_address(tenant)}{order_path(tenant, language, order.id)}",
    }
    letter = mail.Mail(
        to=order.email, subject=LETTERS[kind], text=LETTERS[f"{kind}.text"], language=language, places=places
    )
    mail.ask(session, tenant, letter)
