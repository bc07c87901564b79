"""Where a payee's money goes: accounts, their shares, and the rhythm of payouts; and what is held back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody

from app.contracts.rules.numbers import read_percent
from app.identity.pages import visitor_here
from app.kernel import clock
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.money import AmountMalformed, exact
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import told_refusal
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.surfaces import on
from app.payouts.errors import SharesWrong
from app.payouts.gateways import rails
from app.payouts.models import PayoutSchedule
from app.payouts.pages.payee import RECENT
from app.payouts.pages.surface import ARTIST, PAYEES, money_page, surface_of
from app.payouts.policies import payee_to_pay
from app.payouts.rules.accounts import SCHEMES, Typed
from app.payouts.rules.schedules import HolidayRule, Rhythm, Schedule
from app.payouts.schemas import AccountShares, NewAccount, NewSchedule
from app.payouts.service import methods, scheduling
from app.payouts.service.quoting import methods_of

SCHEME_SENTENCES = {
    "iban": sentence("IBAN"),
    "us": sentence("Account in the United States"),
    "gb": sentence("Account in the United Kingdom"),
}
PLACES = (f"{PAYEES}/{{payee_id:str}}", f"{ARTIST}/{{payee_id:str}}")


def _at(path: str) -> list[str]:
    return [f"{place}/{path}" for place in PLACES]


@on(get, _at("accounts"), opt=RECENT)
def show(request: Request[Any, Any, Any], payee_id: FromPath[str]) -> Response[str]:
    """Show where a payee's money goes, and let it be changed."""
    return _page(request, payee_id)


def _page(
    request: Request[Any, Any, Any], payee_id: str, refusal: Refusal | None = None, typed: dict[str, str] | None = None
) -> Response[str]:
    visitor = visitor_here(request)
    with tenant_read(tenant_of(request)) as session:
        payee = payee_to_pay(session, visitor, parse_uuid(payee_id))
        held = methods_of(session, [payee.id]).get(payee.id, [])
        schedule = session.get(PayoutSchedule, payee.id)
    fields = refusal.fields if isinstance(refusal, Invalid) else {}
    return money_page(
        request,
        "accounts",
        visitor,
        status=422 if refusal else 200,
        payee=payee,
        methods=held,
        schedule=schedule,
        schemes={key: SCHEME_SENTENCES[key] for key in SCHEMES},
        typed=typed or {},
        problem=told_refusal(realm_of(request), refusal) if refusal else None,
        problems=fields,
        now=clock.now(),
        has_processor=rails.usual() == "stripe",
    )


@on(post, _at("accounts"), opt=RECENT)
def add(request: Request[Any, Any, Any], payee_id: FromPath[str], data: URLEncodedBody[NewAccount]) -> Response[Any]:
    """Note an account; everybody who could be reached so far is told."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    typed = Typed(data.scheme, data.holder, data.number, data.routing, data.kind, is_company=bool(data.is_company))
    try:
        with tenant_work(tenant) as session:
            payee = payee_to_pay(session, visitor, parse_uuid(payee_id))
            methods.add(session, tenant, visitor.actor, payee, typed, currency=data.currency or None)
    except (Invalid, Conflict) as refusal:
        told = {"scheme": data.scheme, "holder": data.holder, "number": data.number, "routing": data.routing}
        return _page(request, payee_id, refusal, told)
    said = sentence("The account was added. Payouts can go there after 72 hours.")
    return flash.done(f"{surface_of(request).payee(payee_id)}/accounts", tenant, said)


@on(post, _at("accounts/{method_id:str}/removal"), opt=RECENT)
def remove(request: Request[Any, Any, Any], payee_id: FromPath[str], method_id: FromPath[str]) -> Response[Any]:
    """Pay nothing to an account any more."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    with tenant_work(tenant) as session:
        payee = payee_to_pay(session, visitor, parse_uuid(payee_id))
        methods.remove(session, visitor.actor, payee, methods.method_of(session, payee, parse_uuid(method_id)))
    return flash.done(f"{surface_of(request).payee(payee_id)}/accounts", tenant, sentence("The account was removed."))


@on(post, _at("shares"), opt=RECENT)
def share(
    request: Request[Any, Any, Any], payee_id: FromPath[str], data: URLEncodedBody[AccountShares]
) -> Response[Any]:
    """Divide what is paid between accounts."""
    visitor, tenant, language = visitor_here(request), tenant_of(request), realm_of(request).language
    keys = [data.method] if isinstance(data.method, str) else data.method
    parts = [data.share] if isinstance(data.share, str) else data.share
    try:
        wanted = _shares(keys, parts, language)
        with tenant_work(tenant) as session:
            payee = payee_to_pay(session, visitor, parse_uuid(payee_id))
            methods.share(session, visitor.actor, payee, wanted)
    except Invalid as refusal:
        return _page(request, payee_id, refusal)
    return flash.done(f"{surface_of(request).payee(payee_id)}/accounts", tenant, sentence("Saved."))


def _shares(keys: list[str], parts: list[str], language: str) -> dict[UUID, int]:
    known = [parse_uuid(key) for key in keys]
    if len(known) != len(parts) or None in known or len(set(known)) != len(known):
        raise SharesWrong
    try:
        with exact():
            ppm = [read_percent(part, language) * 1_000_000 for part in parts]
    except AmountMalformed as refusal:
        raise SharesWrong from refusal
    if any(part != part.to_integral_value() or not 0 < part <= Decimal(1_000_000) for part in ppm):
        raise SharesWrong
    return {key: int(part) for key, part in zip(known, ppm, strict=True) if key is not None}


@on(post, _at("schedule"), opt=RECENT)
def set_schedule(
    request: Request[Any, Any, Any], payee_id: FromPath[str], data: URLEncodedBody[NewSchedule]
) -> Response[Any]:
    """Pay a payee in a rhythm, or when they ask."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    number = {"weekly": data.weekday, "monthly": data.day}.get(data.rhythm, "0")
    anchor = int(number) if number.isdecimal() and len(number) <= 2 else -1
    try:
        schedule = Schedule(cast("Rhythm", data.rhythm), anchor, cast("HolidayRule", data.on_holiday))
        with tenant_work(tenant) as session:
            payee = payee_to_pay(session, visitor, parse_uuid(payee_id))
            scheduling.set_schedule(session, visitor.actor, payee, schedule)
    except Invalid as refusal:
        return _page(request, payee_id, refusal)
    return flash.done(f"{surface_of(request).payee(payee_id)}/accounts", tenant, sentence("Saved."))


handlers = [*show, *add, *remove, *share, *set_schedule]
