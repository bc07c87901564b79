"""What the label promises its payees, and from which account it pays."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import URLEncodedBody

from app.contracts.rules.numbers import read_percent
from app.identity.pages import visitor_of
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.money import AmountMalformed, exact, from_minor
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page, told_refusal
from app.kernel.web.realm import realm_of, tenant_of
from app.payouts.errors import PromiseWorse
from app.payouts.gateways import rails
from app.payouts.pages.accounts import SCHEME_SENTENCES
from app.payouts.pages.surface import around, read_minor
from app.payouts.policies import require_all
from app.payouts.rules.accounts import SCHEMES, Typed, read_account
from app.payouts.rules.promises import usual_minimum
from app.payouts.schemas import NewAccount, Promise
from app.payouts.service import promises
from app.payouts.service.quoting import policy_of

SETTINGS = "/portal/settings/payouts"
RAIL_SENTENCES = {
    "sandbox": sentence("Sandbox bank: no real money"),
    "stripe": sentence("Card processor"),
    "bank_file": sentence("Files for your own bank"),
}
SHOWN_CURRENCIES = ("EUR", "USD", "GBP", "AED", "JPY")
MONEY: dict[str, Any] = {"recent": True, "in_person": True}


@get(SETTINGS, sync_to_thread=True)
def show(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what the label promises."""
    return _page(request)


def _page(request: Request[Any, Any, Any], refusal: Refusal | None = None) -> Response[str]:
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    require_all(visitor, "payouts.view")
    with tenant_read(tenant) as session:
        policy, debtor = policy_of(session), promises.debtor_of(session, tenant)
    currencies = dict.fromkeys((tenant.currency, *SHOWN_CURRENCIES))
    usual = {code: usual_minimum(code) for code in currencies}
    told = {
        "policy": policy,
        "minimums": {code: from_minor(policy.minimums.get(code, least), code) for code, least in usual.items()},
        "usual": {code: from_minor(least, code) for code, least in usual.items()},
        "rails": {name: RAIL_SENTENCES[name] for name in rails.open_here()},
        "usual_rail": rails.usual(),
        "debtor": debtor,
        "schemes": {key: SCHEME_SENTENCES[key] for key in SCHEMES},
        "artist_ppm": tenant.artist_share_ppm,
        "may_change": "payouts.approve" in visitor.permissions,
        "problem": told_refusal(realm, refusal) if refusal else None,
        "problems": refusal.fields if isinstance(refusal, Invalid) else {},
    }
    values = {**around(request), **told, "here": SETTINGS}
    return page("payouts/settings.html", realm, status=422 if refusal else 200, **values)


@post(SETTINGS, sync_to_thread=True, opt=MONEY)
def change(request: Request[Any, Any, Any], data: URLEncodedBody[Promise]) -> Response[Any]:
    """Promise payees more, or something else that is as good."""
    visitor, tenant, language = visitor_of(request), tenant_of(request), realm_of(request).language
    require_all(visitor, "payouts.approve")
    try:
        fee, minimums = _fee(data.fee, language), _minimums(data, language)
        version = int(data.match) if data.match.isdecimal() and len(data.match) < 9 else -1
        with tenant_work(tenant) as session:
            promises.change(session, visitor.actor, rail=data.rail, fee_ppm=fee, minimums=minimums, version=version)
    except (Invalid, Conflict) as refusal:
        return _page(request, refusal)
    return flash.done(SETTINGS, tenant, sentence("Saved."))


def _fee(text: str, language: str) -> int:
    try:
        with exact():
            ppm = read_percent(text, language) * 1_000_000
    except AmountMalformed as refusal:
        raise PromiseWorse from refusal
    return int(ppm) if ppm == ppm.to_integral_value() else -1


def _minimums(data: Promise, language: str) -> dict[str, int]:
    codes = [data.currency] if isinstance(data.currency, str) else data.currency
    typed = [data.minimum] if isinstance(data.minimum, str) else data.minimum
    found = {}
    for code, text in zip(codes, typed, strict=False):
        minor = read_minor(text, code, language)
        if minor is not None and minor != usual_minimum(code):
            found[code] = minor
    return found


@post(f"{SETTINGS}/account", sync_to_thread=True, opt=MONEY)
def set_account(request: Request[Any, Any, Any], data: URLEncodedBody[NewAccount]) -> Response[Any]:
    """Note the account from which the label's bank pays."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_all(visitor, "payouts.approve")
    typed = Typed(data.scheme, data.holder, data.number, data.routing, data.kind, is_company=True)
    try:
        details = read_account(typed)
        with tenant_work(tenant) as session:
            promises.set_debtor(session, tenant, visitor.actor, details, data.currency.strip()[:35])
    except Invalid as refusal:
        return _page(request, refusal)
    return flash.done(SETTINGS, tenant, sentence("Saved."))


handlers = [show, change, set_account]
