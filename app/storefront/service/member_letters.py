"""Mail to members: what a next period will cost, that it could not be charged, and that a membership is over."""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from babel.dates import format_date
from sqlalchemy.orm import Session

from app.fans.models import Fan
from app.fans.service.letters import spoken, store_address
from app.kernel import mail
from app.kernel.money import format_money
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web.own_words import offer
from app.storefront.models import Order
from app.storefront.service.links import order_path

LETTERS: Final = {
    "dearer": sentence("%(title)s will cost %(amount)s"),
    "dearer.text": sentence(
        "From %(day)s on, %(title)s at %(label)s costs %(amount)s. Until then nothing changes.\n\n"
        "If you do not want that, you can end your membership here before that day:\n\n%(link)s\n"
    ),
    "late": sentence("%(title)s could not be paid"),
    "late.text": sentence(
        "The payment of %(amount)s for %(title)s at %(label)s did not go through. Here you can pay in another way:\n\n"
        "%(link)s\n\nUntil then everything stays open to you. We try again on %(day)s.\n"
    ),
    "over": sentence("%(title)s is over"),
    "over.text": sentence(
        "Your membership %(title)s at %(label)s is over, and nothing is charged any more. What came out while you were "
        "a member stays in your library:\n\n%(link)s\n"
    ),
}
offer(*LETTERS.values())


class Said(NamedTuple):
    """What a mail is about: the membership's title, an amount, a day, and where its link leads."""

    title: str
    path: str
    price: tuple[int, str] | None = None
    day: date | None = None


def tell_dearer(
    session: Session, tenant: Tenant, fan: Fan, title: str, price: tuple[int, str], *, day: date, key: str
) -> None:
    """Announce a higher price, and from which day on it is charged."""
    path = f"/{spoken(tenant, fan.language)}/account/memberships"
    _send(session, tenant, fan, "dearer", Said(title, path, price, day), key)


def tell_late(session: Session, tenant: Tenant, fan: Fan, title: str, order: Order, *, day: date, key: str) -> None:
    """Say that a period could not be charged, where it can be paid, and when it is tried again."""
    path = order_path(tenant, spoken(tenant, fan.language), order.id)
    _send(session, tenant, fan, "late", Said(title, path, (order.total_micros, order.currency), day), key)


def tell_over(session: Session, tenant: Tenant, fan: Fan, title: str, *, key: str) -> None:
    """Say that a membership is over."""
    _send(session, tenant, fan, "over", Said(title, f"/{spoken(tenant, fan.language)}/account/library"), key)


def _send(session: Session, tenant: Tenant, fan: Fan, kind: str, said: Said, key: str) -> None:
    """Write to a member; one who was erased is nobody to write to."""
    if not fan.email:
        return
    language = spoken(tenant, fan.language)
    locale = language.replace("-", "_")
    places = {
        "label": tenant.name,
        "title": said.title,
        "amount": format_money(*said.price, locale) if said.price else "",
        "day": str(format_date(said.day, "long", locale=locale)) if said.day else "",
        "link": f"{store_address(tenant)}{said.path}",
    }
    letter = mail.Mail(
        to=fan.email, subject=LETTERS[kind], text=LETTERS[f"{kind}.text"], language=language, places=places
    )
    mail.ask(session, tenant, letter, key=f"member:{key}")
