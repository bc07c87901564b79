"""A payee's money: four numbers, why each is what it is, accounts, payouts; and asking for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from sqlalchemy.orm import Session

from app.identity.pages import visitor_here
from app.identity.policies import Visitor, allows, allows_somewhere
from app.kernel import clock
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid, NotFound, Refusal
from app.kernel.ids import new_token, parse_uuid
from app.kernel.money import from_minor, is_currency
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.pages import told_refusal
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.surfaces import on
from app.payouts.errors import InstantUsedUp, RailUnknown
from app.payouts.gateways.rail import Speed
from app.payouts.models import PayoutPolicy, PayoutSchedule
from app.payouts.pages.surface import ARTIST, PAYEES, money_page, read_minor, surface_of
from app.payouts.policies import may_ask_for, payee_to_pay, payee_to_read, payees_behind
from app.payouts.queries import lists
from app.payouts.rules import states
from app.payouts.rules.amounts import payable_minor
from app.payouts.rules.promises import minimum
from app.payouts.schemas import Quoting
from app.payouts.service import quoting, requesting, standing
from app.payouts.service.quoting import Asked, Quote, Way, methods_of, policy_of
from app.payouts.service.requesting import Wish
from app.payouts.service.standing import Standing
from app.payouts.service.ways import way_for
from app.roster.models import Payee
from app.tax.service import filling, telling

RECENT: dict[str, Any] = {"recent": True, "in_person": True}
SHOWN_PAYOUTS, SHOWN_PERIODS = 20, 12
SPEED_SENTENCES = {"instant": sentence("Instant"), "standard": sentence("Standard")}


@get(ARTIST, sync_to_thread=True)
def own_money(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show somebody their own money; where there is more than one payee, let them choose."""
    visitor = visitor_here(request)
    with tenant_read(tenant_of(request)) as session:
        payees = payees_behind(session, visitor)
        rows = by_payee(standing.standings(session, payees)) if len(payees) != 1 else []
    if len(payees) == 1:
        return _shown(request, visitor, str(payees[0].id))
    return money_page(request, "payees", visitor, keep=True, rows=rows, now=clock.now())


def by_payee(standings: Sequence[Standing]) -> list[tuple[Payee, list[Standing]]]:
    """Standings under the payee whose they are; a currency without anything is left out where there are others."""
    found: dict[Payee, list[Standing]] = {}
    for each in standings:
        found.setdefault(each.payee, []).append(each)
    return [(payee, [row for row in rows if row.total_micros] or rows[:1]) for payee, rows in found.items()]


@on(get, [f"{PAYEES}/{{payee_id:str}}", f"{ARTIST}/{{payee_id:str}}"])
def show(request: Request[Any, Any, Any], payee_id: FromPath[str]) -> Response[Any]:
    """Show what a payee has, what moves when, and where it goes."""
    return _shown(request, visitor_here(request), payee_id)


def _shown(request: Request[Any, Any, Any], visitor: Visitor, payee_id: str) -> Response[Any]:
    return money_page(request, "payee", visitor, keep=True, **shown(request, visitor, payee_id))


def refused(
    request: Request[Any, Any, Any],
    visitor: Visitor,
    payee_id: str,
    refusal: Refusal,
    typed: dict[str, str] | None = None,
) -> Response[Any]:
    """A payee's money once more, with the sentence that says why something was declined."""
    problem = told_refusal(realm_of(request), refusal)
    values = shown(request, visitor, payee_id) | {"problem": problem, "typed": typed or {}}
    return money_page(request, "payee", visitor, status=422, **values)


def shown(request: Request[Any, Any, Any], visitor: Visitor, payee_id: str) -> dict[str, Any]:
    """What the page of a payee's money shows."""
    with tenant_read(tenant_of(request)) as session:
        payee = payee_to_read(session, visitor, parse_uuid(payee_id))
        facts = _facts(session, visitor, payee)
        if surface_of(request).is_artist:
            facts |= _in_app(session, tenant_of(request), visitor, payee)
    return {**facts, "problem": None, "typed": {}, "now": clock.now()}


def _facts(session: Session, visitor: Visitor, payee: Payee) -> dict[str, Any]:
    found = [
        each for each in standing.standings(session, [payee]) if each.total_micros or each.currency == payee.currency
    ]
    policy = policy_of(session)
    return {
        "payee": payee,
        "standings": sorted(found, key=lambda each: each.currency != payee.currency),
        "payable": {each.currency: _payable_micros(each) for each in found},
        "least": {each.currency: _least_micros(policy, each.currency) for each in found},
        "places": {place: standing.SENTENCES[place] for place in standing.PLACES},
        "methods": methods_of(session, [payee.id]).get(payee.id, []),
        "schedule": session.get(PayoutSchedule, payee.id),
        "payouts": list(session.scalars(lists.payouts_of(payee.id).limit(SHOWN_PAYOUTS))),
        "bars": lists.earned_by_period(session, payee, SHOWN_PERIODS),
        "states": states.SENTENCES,
        "tones": states.TONES,
        "speeds": SPEED_SENTENCES,
        "fee_ppm": policy.instant_fee_ppm,
        "may_ask": may_ask_for(session, visitor, payee),
        "may_hold": allows(visitor, "payouts.prepare") and visitor.scope.is_whole,
    }


def _payable_micros(standing: Standing) -> int:
    """What of a standing can be paid out: whole minor units, the rest stays."""
    return from_minor(payable_minor(standing.available_micros, standing.currency), standing.currency)


def _least_micros(policy: PayoutPolicy, currency: str) -> int:
    return from_minor(minimum(currency, policy.minimums, 1), currency)


def _in_app(session: Session, tenant: Tenant, visitor: Visitor, payee: Payee) -> dict[str, Any]:
    """What the app shows besides: where the tax form stands, for whoever sees that, and whether there are others."""
    tax = None
    if allows_somewhere(visitor, "royalties.view"):
        tax = telling.state_of(filling.current_form(session, payee.party_id), filling.today_of(tenant))
    is_only = [each.id for each in payees_behind(session, visitor)] == [payee.id]
    return {"tax": tax, "tax_states": telling.STATE_SENTENCES, "is_only": is_only}


@on(get, [f"{PAYEES}/{{payee_id:str}}/quote", f"{ARTIST}/{{payee_id:str}}/quote"], opt=RECENT)
def show_quote(request: Request[Any, Any, Any], payee_id: FromPath[str]) -> Response[Any]:
    """Show what a payout would come to before anybody confirms it; where instant is used up, standard."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    asked = request.query_params
    currency, speed = _currency(asked.get("currency", "")), _speed(asked.get("speed", "standard"))
    realm, fallen_back = realm_of(request), None
    with tenant_read(tenant) as session:
        payee = payee_to_pay(session, visitor, parse_uuid(payee_id))
    try:
        gross = read_minor(asked.get("amount", ""), currency, realm.language)
        way = way_for(tenant, currency)
        try:
            quoted, waits = _quote(request, payee, Asked(currency, gross, speed), way)
        except InstantUsedUp as refusal:
            fallen_back = told_refusal(realm, refusal)
            quoted, waits = _quote(request, payee, Asked(currency, gross, "standard"), way)
    except Invalid as refusal:
        typed = {name: asked.get(name, "") for name in ("amount", "speed")}
        return refused(request, visitor, payee_id, refusal, typed)
    told = _told(quoted) | {"needs_approval": waits, "fallen_back": fallen_back, "key": new_token()}
    return money_page(request, "quote", visitor, quote=quoted, **told)


def _told(quoted: Quote) -> dict[str, Any]:
    currency = quoted.currency
    names = ("gross", "platform", "withheld", "fee", "sent", "exempt")
    totals = {name: from_minor(quoted.total(name), currency) for name in names}
    return {
        "totals": totals,
        "speeds": SPEED_SENTENCES,
        "pieces": [(piece.method, from_minor(piece.parts.sent, currency)) for piece in quoted.pieces],
    }


def _quote(request: Request[Any, Any, Any], payee: Payee, asked: Asked, way: Way) -> tuple[Quote, bool]:
    """What it would come to, and whether somebody of the label looks at it first."""
    tenant, locale = tenant_of(request), realm_of(request).locale
    with tenant_read(tenant) as session:
        quoted = quoting.quote(session, tenant, payee, asked, way, locale=locale)
        return quoted, requesting.needs_approval(session, quoted)


@on(post, [f"{PAYEES}/{{payee_id:str}}/payouts", f"{ARTIST}/{{payee_id:str}}/payouts"], opt=RECENT)
def ask_for(request: Request[Any, Any, Any], payee_id: FromPath[str], data: URLEncodedBody[Quoting]) -> Response[Any]:
    """Ask for a payout as it was quoted; the same form sent twice is one payout."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    currency, speed = _currency(data.currency), _speed(data.speed)
    with tenant_read(tenant) as session:
        payee = payee_to_pay(session, visitor, parse_uuid(payee_id))
    try:
        wish = Wish(payee.id, Asked(currency, read_minor(data.amount, currency, "en"), speed), data.key)
        way = way_for(tenant, currency)
        with tenant_work(tenant) as session:
            payouts = requesting.request(session, tenant, visitor.actor, wish, way)
    except NotFound:
        raise
    except Refusal as refusal:
        return refused(request, visitor, payee_id, refusal)
    surface = surface_of(request)
    place = surface.payout(payouts[0].id) if len(payouts) == 1 else surface.payee(payee.id)
    return flash.done(place, tenant, sentence("The payout was asked for."))


def _currency(code: str) -> str:
    if not is_currency(code):
        raise RailUnknown
    return code


def _speed(text: str) -> Speed:
    for speed in get_args(Speed):
        if text == speed:
            known: Speed = speed
            return known
    raise RailUnknown


handlers = [own_money, *show, *show_quote, *ask_for]
