"""Parties: the legal persons who sign, and as payees are paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.rest.conventions import UNSET, Answer, Call, Part, Patch, Resource, Section, UnsetType, View, said
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Code, Id, Moment, Name, Text
from app.identity.policies import Visitor, allows_somewhere, require_recent
from app.kernel.collation import as_sorted
from app.kernel.web.paging import require_unchanged
from app.roster.models import Artist, Party, Payee
from app.roster.policies.parties import (
    artist_to_tie,
    may_see_party,
    party_to_change,
    party_to_read,
    require_new_party,
)
from app.roster.queries.parties import known_as
from app.roster.queries.search import forgive
from app.roster.service import parties

SECTION = Section("Parties", "Legal persons: who signs a contract, and as a payee where the money goes.")
Kind = Literal["person", "company"]
Country = Annotated[str, Meta(max_length=2, examples=["DE"])]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", examples=["EUR"])]


class PartyPayeeView(View):
    """A party in its role of being paid, in one currency."""

    id: Id
    name: str
    currency: Currency


class PartyView(View):
    """A legal person. Payees are shown to tokens that may read payouts."""

    id: Id
    kind: Kind
    legal_name: Annotated[str, Meta(examples=["Blue Hour GmbH"])]
    email: str | None
    country: str | None
    ipi: str | None
    isni: str | None
    dpid: str | None
    payees: list[PartyPayeeView]
    artist_ids: list[Id]
    created_at: Moment


class PartyChange(Patch, frozen=True):
    """What is to be otherwise about a legal person."""

    legal_name: Name | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    email: Text | UnsetType | None = UNSET
    country: Country | UnsetType | None = UNSET
    ipi: Code | UnsetType | None = UNSET
    isni: Code | UnsetType | None = UNSET
    dpid: Code | UnsetType | None = UNSET


class NewParty(PartyChange, frozen=True, kw_only=True):
    """A new legal person."""

    legal_name: Name


def _payees(session: Session, visitor: Visitor, party_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    """Where the money of parties goes, for those who see their money."""
    if not allows_somewhere(visitor, "payouts.view"):
        return {}
    query = select(Payee).join(Party, Party.id == Payee.party_id).where(may_see_party(visitor, "payouts.view"))
    query = query.where(Payee.party_id.in_(party_ids)).order_by(Payee.name, Payee.id)
    found: dict[UUID, list[Any]] = {}
    for row in session.scalars(query):
        found.setdefault(row.party_id, []).append({"id": row.id, "name": row.name, "currency": row.currency})
    return found


def _artists(session: Session, _visitor: Visitor, party_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    query = select(Artist.party_id, Artist.id).where(Artist.party_id.in_(party_ids)).order_by(Artist.id)
    found: dict[UUID, list[Any]] = {}
    for row in session.execute(query):
        found.setdefault(row.party_id, []).append(row.id)
    return found


PARTIES = Resource(
    name="parties",
    view=PartyView,
    model=Party,
    visible=may_see_party,
    parts={"payees": Part(_payees, []), "artist_ids": Part(_artists, [])},
    filters={
        "q": by.search(known_as, "Part of the legal name, as people type it, or of the mail address.", forgive),
        "kind": by.choice(Party.kind, ("person", "company"), "People, or companies."),
    },
    sorts={"legal_name": as_sorted(Party.legal_name)},
    version=None,
)


def _unchanged(call: Call, party: Party) -> None:
    require_unchanged(call.request.headers.get("if-match"), f'"{parties.fingerprint(party)}"')


def _one(call: Call, session: Session, party: Party, *, status: int = 200) -> Answer:
    """A party with what names its state as the ETag, which forms of the portal carry, too."""
    at = f"/api/v1/parties/{party.id}" if status == 201 else None
    answer = PARTIES.one(call, session, party.id, status=status, at=at)
    return Answer(answer.body, status=status, location=at, headers={"etag": f'"{parties.fingerprint(party)}"'})


@SECTION.listing("/parties", PARTIES, scope="contracts:read")
def list_parties(call: Call, session: Session) -> Answer:
    """List parties. Those behind artists whose contracts the client reads."""
    return PARTIES.page(call, session)


@SECTION.post("/parties", scope="contracts:write", takes=NewParty, resource=PARTIES)
def add_party(call: Call, session: Session, body: NewParty) -> Answer:
    """Add a party."""
    require_new_party(call.visitor)
    typed = {"kind": "person"} | {name: str(value or "") for name, value in said(body).items()}
    party = parties.add_party(session, call.visitor, parties.wanted_fields(_whole(typed)))
    return _one(call, session, party, status=201)


def _whole(typed: dict[str, str]) -> dict[str, str]:
    return dict.fromkeys(("legal_name", "kind", "email", "country", "ipi", "isni", "dpid"), "") | typed


@SECTION.get("/parties/{party_id}", scope="contracts:read", resource=PARTIES)
def read_party(call: Call, session: Session) -> Answer:
    """Read a party."""
    return _one(call, session, party_to_read(session, call.visitor, call.id("party_id")))


@SECTION.patch("/parties/{party_id}", scope="contracts:write", takes=PartyChange, resource=PARTIES)
def change_party(call: Call, session: Session, body: PartyChange) -> Answer:
    """Change a party. Only what is sent becomes otherwise; `null` takes a value away."""
    require_recent(call.visitor)
    party = party_to_change(session, call.visitor, call.id("party_id"))
    _unchanged(call, party)
    typed = parties.shown_fields(party) | {name: str(value or "") for name, value in said(body).items()}
    parties.change_party(session, call.visitor, party, parties.wanted_fields(typed))
    session.flush()
    return _one(call, session, party)


@SECTION.delete("/parties/{party_id}", scope="contracts:write", matches=True)
def remove_party(call: Call, session: Session) -> Answer:
    """Remove a party. Refused while anything refers to it."""
    require_recent(call.visitor)
    party = party_to_change(session, call.visitor, call.id("party_id"))
    _unchanged(call, party)
    parties.remove_party(session, call.visitor, party)
    return Answer()


@SECTION.put("/parties/{party_id}/artists/{artist_id}", scope="contracts:write", resource=PARTIES)
def tie_artist(call: Call, session: Session) -> Answer:
    """Say who is behind an artist."""
    require_recent(call.visitor)
    party = party_to_change(session, call.visitor, call.id("party_id"))
    parties.tie_artist(session, call.visitor, _artist(call, session), party)
    session.flush()
    return _one(call, session, party)


@SECTION.delete("/parties/{party_id}/artists/{artist_id}", scope="contracts:write")
def untie_artist(call: Call, session: Session) -> Answer:
    """Say that somebody is not behind an artist any more."""
    require_recent(call.visitor)
    party = party_to_change(session, call.visitor, call.id("party_id"))
    artist = _artist(call, session)
    if artist.party_id == party.id:
        parties.tie_artist(session, call.visitor, artist, None)
    return Answer()


def _artist(call: Call, session: Session) -> Artist:
    key = session.scalar(select(Artist.key).where(Artist.id == call.id("artist_id")))
    return artist_to_tie(session, call.visitor, key or "")
