"""Suspense: sales that nobody could match, and exchange rates by which sales are converted."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta
from sqlalchemy import tuple_
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Section, View
from app.api.rest.conventions.numbered import PAGES, SEARCH, asked, page_by_key
from app.api.rest.conventions.schemas import Count, Day, Id, Moment
from app.api.rest.money_parts import Currency, Exact
from app.catalog.policies import recording_to_read, release_to_read
from app.kernel import activity
from app.kernel.money import parse_decimal
from app.royalties.errors import RateUnusable
from app.royalties.models import ExchangeRate, SalesAsset
from app.royalties.policies import require_all
from app.royalties.queries import runs as queries
from app.royalties.rules.refusals import AssetUnknown, MatchUnusable
from app.royalties.service import rates, suspense

SECTION = Section("Unmatched sales", "What stores sold that nobody could match, and the exchange rates of royalties.")
NUMBER_DIGITS = 18


class ProposalView(View):
    """A recording that sounds like what waits."""

    recording_id: Id
    title: str
    artist: str | None
    score: float


class WaitingView(View):
    """Something that a store sold under a name that nobody knows. The largest amounts come first."""

    number: Count
    source: str
    title: str | None
    artist: str | None
    isrc: str | None
    upc: str | None
    catalog_number: str | None
    store_id: str | None
    first_seen: Moment
    rows: Count
    amounts: dict[Currency, Exact]
    proposals: list[ProposalView]


class WaitingPage(View):
    """Sales that wait."""

    items: list[WaitingView]
    next: str | None


class NewMatch(Body, frozen=True):
    """What some unmatched sales are: a recording or a release."""

    numbers: Annotated[list[Annotated[int, Meta(ge=1, le=2**53)]], Meta(min_length=1, max_length=500)]
    recording_id: Id | None = None
    release_id: Id | None = None


class Matched(View):
    """How many were matched."""

    matched: Count


class MatchView(View):
    """Something that was matched by hand."""

    number: Count
    source: str
    title: str | None
    artist: str | None
    isrc: str | None
    upc: str | None
    recording_id: Id | None
    release_id: Id | None
    matched_at: Moment | None


class MatchPage(View):
    """What was matched by hand, the newest first."""

    items: list[MatchView]
    next: str | None


class RateView(View):
    """How much of `quote` one unit of `base` is on a day, and who says so."""

    base: Currency
    quote: Currency
    on: Day
    rate: Exact
    source: str


class RatePage(View):
    """Exchange rates, the newest first."""

    items: list[RateView]
    next: str | None


class RateSaid(Body, frozen=True):
    """A rate, and who says so."""

    rate: Annotated[str, Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,20})?$", examples=["1.0842"])]
    source: Annotated[str, Meta(min_length=1, max_length=100, examples=["ECB"])]


@SECTION.get("/suspense", scope="royalties:read", gives=WaitingPage, query=PAGES | SEARCH)
def list_suspense(call: Call, session: Session) -> Answer:
    """List unmatched sales. Each with the recordings that sound like it."""
    require_all(call.visitor, "royalties.view")
    wanted = asked(call, PAGES | SEARCH).get("q", "").strip()

    def fetch(after: list[Any] | None, limit: int) -> list[tuple[dict[str, Any], list[Any]]]:
        last = (Decimal(after[0]), int(after[1])) if after else None
        found = suspense.waiting(session, wanted, limit=limit, after=last)
        proposed = suspense.proposals(session, found)
        return [(_waiting(row, proposed.get(row.id, [])), [f"{row.largest:f}", row.id]) for row in found]

    return page_by_key(call, SEARCH, fetch)


_SHOWN = ("source", "title", "artist", "isrc", "upc", "catalog_number", "store_id", "first_seen", "amounts")


def _waiting(row: Any, proposed: list[Any]) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in _SHOWN} | {"number": row.id, "rows": row.lines}
    proposals = [
        {"recording_id": each.recording_id, "title": each.title, "artist": each.artist_line, "score": each.score}
        for each in proposed
    ]
    return told | {"proposals": proposals}


@SECTION.post("/suspense/matches", scope="royalties:write", takes=NewMatch, gives=Matched)
def match_suspense(call: Call, session: Session, body: NewMatch) -> Answer:
    """Match sales. Whatever says the same, now or later, is matched alike; needs `catalog:read` as well."""
    require_all(call.visitor, "royalties.run")
    if (body.recording_id is None) == (body.release_id is None):
        raise MatchUnusable
    if body.recording_id is not None:
        recording = recording_to_read(session, call.visitor, body.recording_id)
        count = suspense.assign(session, call.actor, body.numbers, recording_id=recording.id)
    else:
        release = release_to_read(session, call.visitor, body.release_id)
        count = suspense.assign(session, call.actor, body.numbers, release_id=release.id)
    return Answer({"matched": count}, 201)


@SECTION.get("/suspense/matches", scope="royalties:read", gives=MatchPage, query=PAGES | SEARCH)
def list_matches(call: Call, session: Session) -> Answer:
    """List what was matched by hand."""
    require_all(call.visitor, "royalties.view")
    wanted = asked(call, PAGES | SEARCH).get("q", "").strip()

    def fetch(after: list[Any] | None, limit: int) -> list[tuple[dict[str, Any], list[Any]]]:
        query = suspense.by_hand(wanted)
        if after is not None:
            at = datetime.fromisoformat(after[0])
            same = (SalesAsset.matched_at == at) & (SalesAsset.id > after[1])
            query = query.where((SalesAsset.matched_at < at) | same)
        kept = [name for name in MatchView.__struct_fields__ if name != "number"]
        return [
            (
                {name: getattr(row, name) for name in kept} | {"number": row.id},
                [row.matched_at.isoformat() if row.matched_at else "", row.id],
            )
            for row, *_ in session.execute(query.limit(limit))
        ]

    return page_by_key(call, SEARCH, fetch)


@SECTION.delete("/suspense/matches/{number}", scope="royalties:write")
def unmatch_sales(call: Call, session: Session) -> Answer:
    """Take a match back. These sales wait again, with all that was matched because of them."""
    require_all(call.visitor, "royalties.run")
    said = call.word("number")
    if not (said.isascii() and said.isdecimal() and len(said) <= NUMBER_DIGITS):
        raise AssetUnknown
    suspense.unassign(session, call.actor, int(said))
    return Answer()


@SECTION.get("/exchange-rates", scope="royalties:read", gives=RatePage, query=PAGES)
def list_exchange_rates(call: Call, session: Session) -> Answer:
    """List exchange rates."""
    require_all(call.visitor, "royalties.view")

    def fetch(after: list[Any] | None, limit: int) -> list[tuple[dict[str, Any], list[Any]]]:
        query = queries.exchange_rates()
        if after is not None:
            on, base, quote = date.fromisoformat(after[0]), after[1], after[2]
            later = tuple_(ExchangeRate.base, ExchangeRate.quote) > tuple_(base, quote)
            query = query.where((ExchangeRate.on < on) | ((ExchangeRate.on == on) & later))
        kept = ("base", "quote", "on", "source")
        return [
            (
                {name: getattr(row, name) for name in kept} | {"rate": f"{row.rate:f}"},
                [row.on.isoformat(), row.base, row.quote],
            )
            for row in session.scalars(query.limit(limit))
        ]

    return page_by_key(call, {}, fetch)


@SECTION.put("/exchange-rates/{base}/{counter}/{day}", scope="royalties:write", takes=RateSaid, gives=RateView)
def keep_exchange_rate(call: Call, session: Session, body: RateSaid) -> Answer:
    """Note an exchange rate. In place of what was noted for the day before."""
    require_all(call.visitor, "royalties.run")
    base, quote, on, rate = call.word("base"), call.word("counter"), _day(call.word("day")), parse_decimal(body.rate)
    rates.keep_rate(session, call.actor.id, base=base, quote=quote, on=on, rate=rate, source=body.source)
    told = {"base": base, "quote": quote, "on": on.isoformat(), "rate": f"{rate:f}", "source": body.source}
    activity.record(session, call.actor, "rate.kept", subject_type="exchange_rate", after=told)
    return Answer(told)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RateUnusable from None
