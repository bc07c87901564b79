"""What a payout would come to, before anybody confirms it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.db import moment
from app.kernel.money import WHOLE_PPM, format_money, from_minor, to_minor
from app.kernel.tenant import Tenant
from app.payouts.errors import (
    AboveMaximum,
    AccountFrozen,
    BelowMinimum,
    InstantUsedUp,
    NoAccount,
    NotEnough,
    PayeeBlocked,
)
from app.payouts.gateways.rail import Limits, Speed
from app.payouts.models import Payout, PayoutMethod, PayoutPolicy
from app.payouts.rules import amounts, promises
from app.payouts.rules.amounts import Parts, Terms
from app.payouts.rules.banking_days import value_date
from app.payouts.service.standing import available_of, exempt_of, sources_of
from app.roster.models import Payee
from app.tax import service as tax
from app.tax.service import Withholding

UNHEARD = ("reserved", "approved", "sending")
"""Payouts of which a rail may not have heard; one that is being told of may count twice until it has answered."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a payout is asked for; `gross_minor` None means all there is."""

    currency: str
    gross_minor: int | None
    speed: Speed


@dataclass(frozen=True, slots=True)
class Way:
    """On which rail money leaves, and what that takes at the moment: asked before the transaction."""

    rail: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class Ways:
    """On which rail money leaves, and what that takes of each currency: asked before the transaction."""

    rail: str
    limits: Mapping[str, Limits]


@dataclass(frozen=True, slots=True)
class Piece:
    """What goes to one account, in minor units."""

    method: PayoutMethod
    parts: Parts


@dataclass(frozen=True, slots=True)
class Quote:
    """What a payout would come to: its parts in minor units, what applies, and when it arrives."""

    payee: Payee
    currency: str
    speed: Speed
    terms: Terms
    pieces: Sequence[Piece]
    withheld: Withholding
    available_minor: int
    minimum_minor: int
    arrives_on: date

    def total(self, name: str) -> int:
        """The sum of one part over all accounts."""
        return sum(getattr(piece.parts, name) for piece in self.pieces)


def policy_of(session: Session) -> PayoutPolicy:
    """What the label promises; one that has chosen nothing promises what is usual."""
    found = session.get(PayoutPolicy, 1)
    return found or PayoutPolicy(id=1, rail=None, instant_fee_ppm=amounts.INSTANT_FEE_PPM, minimums={}, version=0)


def methods_of(session: Session, payees: Collection[UUID]) -> dict[UUID, list[PayoutMethod]]:
    """Payees' accounts, the oldest first; those that were removed are left out."""
    query = select(PayoutMethod).where(PayoutMethod.payee_id.in_(payees), PayoutMethod.removed_at.is_(None))
    found: dict[UUID, list[PayoutMethod]] = {}
    for method in session.scalars(query.order_by(PayoutMethod.added_at, PayoutMethod.id)):
        found.setdefault(method.payee_id, []).append(method)
    return found


def usable(methods: Sequence[PayoutMethod], currency: str, rail: str, now: datetime) -> list[PayoutMethod]:
    """Those of a payee's accounts to which a rail can send a currency; refused where none may be used yet."""
    fitting = [
        each for each in methods if each.currency == currency and (each.scheme == "stripe") == (rail == "stripe")
    ]
    if not fitting:
        raise NoAccount(currency=currency)
    ready = [each for each in fitting if each.is_usable(now)]
    if not ready:
        soonest = min(each.usable_from for each in fitting)
        raise AccountFrozen(moment=soonest.strftime("%Y-%m-%d %H:%M UTC"))
    return ready


def terms_for(tenant: Tenant, policy: PayoutPolicy, speed: Speed, withheld: Withholding) -> Terms:
    """What is taken off a payout."""
    fee = policy.instant_fee_ppm if speed == "instant" else 0
    return Terms(WHOLE_PPM - tenant.artist_share_ppm, fee, withheld.rate_ppm)


def pieces_of(
    gross: int, methods: Sequence[PayoutMethod], terms: Terms, limits: Limits, exempt: int = 0
) -> list[Piece]:
    """A gross amount divided between accounts; one whose part the rail would not take gets none, others more.

    The account with the largest share always gets its part. What no rail can send stays on the balance. `exempt` of
    the amount was shared and taxed before, and is divided like the amount itself.
    """
    exempt = min(exempt, gross)
    by_share = sorted(methods, key=lambda each: (-each.share_ppm, each.added_at, each.id))
    for left in range(len(by_share), 1, -1):
        chosen = {each.id for each in by_share[:left]}
        pieces = _cut(gross, [each for each in methods if each.id in chosen], terms, limits.step_minor, exempt)
        if len(pieces) == left and all(piece.parts.sent >= limits.minimum_minor for piece in pieces):
            return pieces
    return _cut(gross, by_share[:1], terms, limits.step_minor, exempt)


def _cut(gross: int, methods: Sequence[PayoutMethod], terms: Terms, step: int, exempt: int) -> list[Piece]:
    shares = [method.share_ppm for method in methods]
    divided = zip(methods, amounts.divide(gross, shares), amounts.divide(exempt, shares), strict=True)
    parts = [(method, amounts.stepped(part, terms, step, whole)) for method, part, whole in divided if part]
    return [Piece(method, each) for method, each in parts if each.sent > 0]


def quote(session: Session, tenant: Tenant, payee: Payee, asked: Asked, way: Way, *, locale: str = "en") -> Quote:
    """What paying some minor units, or all there is, would come to; every reason why not is a refusal."""
    now, policy, currency = moment(session), policy_of(session), asked.currency
    if payee.id in tax.blocked(session, [payee.id]):
        raise PayeeBlocked
    methods = usable(methods_of(session, [payee.id]).get(payee.id, []), currency, way.rail, now)
    sources = sources_of(session, [payee.id]).get((payee.id, currency), [])
    available = amounts.payable_minor(available_of(sources), currency)
    gross = available if asked.gross_minor is None else asked.gross_minor
    least = promises.minimum(currency, policy.minimums, way.limits.minimum_minor)
    told = _Told(currency, locale)
    _check_amount(gross, available, least, way.limits, told)
    if asked.speed == "instant":
        _check_instant(session, gross, way, currency)
    today = clock.day_in(tenant.time_zone, now)
    withheld = tax.withholding(session, [payee.id], today)[payee.id]
    terms = terms_for(tenant, policy, asked.speed, withheld)
    exempt = exempt_of(session, [payee.id]).get((payee.id, currency), 0)
    pieces = pieces_of(gross, methods, terms, way.limits, to_minor(exempt, currency).minor)
    if not pieces:
        raise BelowMinimum(minimum=told(max(least, way.limits.step_minor)))
    arrives = today if asked.speed == "instant" else value_date(now, currency)
    return Quote(payee, currency, asked.speed, terms, pieces, withheld, available, least, arrives)


@dataclass(frozen=True, slots=True)
class _Told:
    currency: str
    locale: str

    def __call__(self, minor: int) -> str:
        return format_money(from_minor(minor, self.currency), self.currency, self.locale)


def _check_amount(gross: int, available: int, least: int, limits: Limits, told: _Told) -> None:
    if gross > available:
        raise NotEnough(available=told(available), wanted=told(gross))
    if gross < least:
        raise BelowMinimum(minimum=told(least))
    if limits.maximum_minor is not None and gross > limits.maximum_minor:
        raise AboveMaximum(maximum=told(limits.maximum_minor))


def _check_instant(session: Session, gross: int, way: Way, currency: str) -> None:
    """What is left of the rail's cap, less what was promised of it and the rail has not heard of yet."""
    left = way.limits.instant_left_minor
    if way.limits.has_instant and left is None:
        return
    promised = select(func.coalesce(func.sum(Payout.sent_micros), 0)).where(
        Payout.speed == "instant", Payout.rail == way.rail, Payout.currency == currency, Payout.state.in_(UNHEARD)
    )
    if not way.limits.has_instant or from_minor(gross, currency) + session.scalars(promised).one() > from_minor(
        left or 0, currency
    ):
        raise InstantUsedUp


def why_json(withheld: Withholding) -> dict[str, Any]:
    """What a payout keeps of why tax was withheld."""
    return {"why": withheld.why, "facts": withheld.facts, "version": withheld.version}
