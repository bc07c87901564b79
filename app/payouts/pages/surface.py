"""The two places where payouts are shown: the label's portal and the artist's app, each with templates of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

from babel.dates import get_day_names
from litestar import Request, Response
from markupsafe import Markup

from app.contracts.rules.numbers import read_number, shown_percent
from app.identity.pages import seen
from app.identity.policies import Visitor
from app.kernel.money import AmountMalformed, exact, exponent, from_micros, from_minor
from app.kernel.web.pages import page, told
from app.kernel.web.realm import Realm, realm_of, tenant_of
from app.kernel.web.surfaces import APP, is_app
from app.payouts.errors import AmountUnusable
from app.payouts.service import receipts
from app.royalties.service.telling import Teller
from app.tax.service import Withholding
from app.tax.service.telling import Teller as TaxTeller

PORTAL, ARTIST = "/portal/payouts", f"{APP}/money"
PAYEES = "/portal/payees"


@dataclass(frozen=True, slots=True)
class Surface:
    """Where a page of payouts stands: its templates, the frame around it, where payees and payouts are found."""

    templates: str
    layout: str
    home: str
    payees: str
    payouts: str
    is_artist: bool

    def payee(self, payee_id: object) -> str:
        """The address of a payee's money."""
        return f"{self.payees}/{payee_id}"

    def payout(self, payout_id: object) -> str:
        """The address of a payout."""
        return f"{self.payouts}/{payout_id}"


_PORTAL = Surface("payouts", "catalogue.html", PORTAL, PAYEES, PORTAL, is_artist=False)
_ARTIST = Surface("artist/money", "artist.html", ARTIST, ARTIST, f"{ARTIST}/payouts", is_artist=True)


def surface_of(request: Request[Any, Any, Any]) -> Surface:
    """The surface that a request is for."""
    return _ARTIST if is_app(request) else _PORTAL


class PayoutTeller(Teller):
    """Who says sentences and numbers of payouts to the reader of a request."""

    def sum(self, micros: int, currency: str) -> Markup:
        """An amount as it stands in a page, whichever way the words around it run."""
        return _isolated(self.money(micros, currency))

    def ppm(self, ppm: int) -> str:
        """A share in parts per million as a percentage."""
        return self.percent(Decimal(ppm).scaleb(-6))

    def share(self, ppm: int) -> str:
        """The same as it stands in a field, without its sign."""
        return shown_percent(Decimal(ppm).scaleb(-6), self.language)

    def plain(self, micros: int) -> str:
        """An amount as a program reads it."""
        return f"{from_micros(micros):f}"

    def withheld(self, ppm: int, why: Mapping[str, Any]) -> str:
        """Why tax is withheld."""
        return TaxTeller(self.language, self.say).why(Withholding(ppm, why["why"], why["facts"], why["version"]))

    def exempt(self, micros: int, currency: str) -> str:
        """What of a payout was shared and taxed before, or is now as well; nothing where nothing was."""
        said = receipts.exempt_said(micros)
        return self.say(said, amount=f"\u2066{self.money(abs(micros), currency)}\u2069") if said else ""

    def micros(self, minor: int, currency: str) -> int:
        """Minor units as micros."""
        return from_minor(minor, currency)

    def weekdays(self) -> list[str]:
        """The days of the week from Monday on."""
        names = get_day_names("wide", "stand-alone", locale=self._locale)
        return [names[day] for day in range(7)]


@lru_cache(maxsize=10_000)
def _isolated(text: str) -> Markup:
    return Markup('<bdi dir="ltr">{}</bdi>').format(text)


def teller_of(realm: Realm) -> PayoutTeller:
    """Who says sentences and numbers to the reader of a request."""
    return PayoutTeller(realm.language, partial(told, realm), realm.locale)


def around(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """What every page of payouts needs."""
    surface, realm = surface_of(request), realm_of(request)
    place = {"here": surface.home, "exactly": request.url.path, "layout": surface.layout}
    return {"surface": surface, "teller": teller_of(realm), **place}


def money_page(
    request: Request[Any, Any, Any],
    name: str,
    visitor: Visitor,
    *,
    status: int = 200,
    keep: bool = False,
    **values: Any,
) -> Response[Any]:
    """A page as it looks where it stands; with `keep`, a device may show it again without a connection."""
    template = f"{surface_of(request).templates}/{name}.html"
    response = page(template, realm_of(request), status=status, **around(request), **values)
    if surface_of(request).is_artist:
        return seen(response, tenant_of(request), visitor, keep=keep and not request.url.query)
    return response


def read_minor(text: str, currency: str, language: str) -> int | None:
    """An amount as a person types it, in minor units; nothing typed means all there is."""
    if not text.strip():
        return None
    digits = exponent(currency)
    try:
        amount = read_number(text, language)
    except AmountMalformed as refusal:
        raise AmountUnusable(digits=digits) from refusal
    with exact():
        minor = amount.scaleb(digits)
        if amount <= 0 or minor != minor.to_integral_value():
            raise AmountUnusable(digits=digits)
        return int(minor)
