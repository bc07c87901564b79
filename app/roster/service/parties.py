"""Legal persons and payees: added, changed, tied to artists, taken away when nothing needs them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.kernel import activity, clock, ids
from app.kernel.codes import bare, is_dpid
from app.kernel.money import currencies
from app.kernel.sentences import Said, sentence
from app.roster.errors import (
    CodeUnusable,
    CountryUnusable,
    CurrencyUnusable,
    NameMissing,
    NotAnAddress,
    PartyUnusable,
    PartyUsed,
)
from app.roster.models import Artist, Contributor, Party, Payee
from app.roster.policies.parties import require_new_party
from app.roster.rules.addresses import address
from app.roster.rules.countries import COUNTRIES
from app.roster.service.artists import LONGEST_NAME
from app.roster.service.forms import person_codes

Tie = Callable[[UUID], Select[int]]
"""Counts what refers to a legal person."""

_ties: dict[str, Tie] = {}

FIELDS = ("kind", "legal_name", "email", "country", "ipi", "isni", "dpid")


def tie(what: str, count: Tie) -> None:
    """Register what refers to legal persons and lies above: it keeps them from being removed."""
    _ties[what] = count


def fingerprint(party: Party) -> str:
    """What tells a legal person as an editor saw it from what it has become."""
    values = "\n".join(str(getattr(party, field)) for field in FIELDS)
    return hashlib.sha256(values.encode()).hexdigest()[:16]


def shown_fields(party: Party) -> dict[str, str]:
    """A legal person's fields as a form shows them."""
    return {field: getattr(party, field) or "" for field in FIELDS}


def wanted_fields(typed: dict[str, str]) -> dict[str, Any]:
    """What a form says as a legal person's values; refused field by field."""
    codes, fields = person_codes(typed)
    name, email = " ".join(typed["legal_name"].split()), typed["email"].strip()
    country, dpid = typed["country"].strip().upper(), bare(typed["dpid"])
    if not 1 <= len(name) <= LONGEST_NAME:
        fields["legal_name"] = NameMissing.message
    if email and address(email) is None:
        fields["email"] = NotAnAddress.message
    if country and country not in COUNTRIES:
        fields["country"] = CountryUnusable.message
    if dpid and not is_dpid(dpid):
        fields["dpid"] = CodeUnusable.message
    if fields:
        raise PartyUnusable(fields=fields)
    kind = "company" if typed["kind"] == "company" else "person"
    own = {"kind": kind, "legal_name": name, "country": country or None, "dpid": dpid or None}
    return own | codes | {"email": address(email) if email else None}


def add_party(session: Session, visitor: Visitor, wanted: dict[str, Any]) -> Party:
    """Note a legal person."""
    require_new_party(visitor)
    party = Party(id=ids.new_id(), **wanted)
    session.add(party)
    session.flush()
    _tell(session, visitor, "party.added", party.id, after={"legal_name": party.legal_name, "kind": party.kind})
    return party


def change_party(session: Session, visitor: Visitor, party: Party, wanted: dict[str, Any]) -> None:
    """Give a legal person new values."""
    before = {field: getattr(party, field) for field, value in wanted.items() if getattr(party, field) != value}
    for field in before:
        setattr(party, field, wanted[field])
    if before:
        _tell(session, visitor, "party.changed", party.id, before=before, after={f: wanted[f] for f in before})


def remove_party(session: Session, visitor: Visitor, party: Party) -> None:
    """Take a legal person away that nothing refers to; refused with what does."""
    for what, count in ties(session, party.id):
        if count:
            raise PartyUsed(what=Said(what), count=count)
    session.delete(party)
    session.flush()
    _tell(session, visitor, "party.removed", party.id, before={"legal_name": party.legal_name, "kind": party.kind})


def ties(session: Session, party_id: UUID) -> list[tuple[str, int]]:
    """What refers to a legal person."""
    counted = {
        sentence("Artists"): select(func.count()).where(Artist.party_id == party_id),
        sentence("Payees"): select(func.count()).where(Payee.party_id == party_id),
        sentence("Contributors"): select(func.count()).where(Contributor.party_id == party_id),
    }
    counted |= {what: count(party_id) for what, count in _ties.items()}
    return [(what, session.scalar(query) or 0) for what, query in counted.items()]


def tie_artist(session: Session, visitor: Visitor, artist: Artist, party: Party | None) -> None:
    """Say who is behind an artist, or that nobody is known to be."""
    wanted = party.id if party else None
    if artist.party_id == wanted:
        return
    before = session.get(Party, artist.party_id) if artist.party_id else None
    artist.change({"party_id": wanted}, clock.now())
    told = {"before": {"party_id": before and before.legal_name}, "after": {"party_id": party and party.legal_name}}
    activity.record(session, visitor.actor, "artist.changed", subject_type="artist", subject_id=artist.id, **told)


def add_payee(session: Session, visitor: Visitor, party: Party, *, name: str, currency: str) -> Payee:
    """Note to whom a legal person's money goes, in one currency."""
    name, currency = " ".join(name.split()) or party.legal_name, currency.strip().upper()
    if len(name) > LONGEST_NAME:
        raise NameMissing(fields={"name": NameMissing.message})
    if currency not in currencies():
        raise CurrencyUnusable(fields={"currency": CurrencyUnusable.message})
    payee = Payee(id=ids.new_id(), party_id=party.id, name=name, currency=currency)
    session.add(payee)
    session.flush()
    _tell(session, visitor, "payee.added", party.id, after={"payee": str(payee.id), "name": name, "currency": currency})
    return payee


def remove_payee(session: Session, visitor: Visitor, payee: Payee) -> None:
    """Take a payee away."""
    session.delete(payee)
    session.flush()
    before = {"payee": str(payee.id), "name": payee.name, "currency": payee.currency}
    _tell(session, visitor, "payee.removed", payee.party_id, before=before)


def payees_of(session: Session, party_id: UUID | None) -> list[Payee]:
    """Where a legal person's money goes."""
    query = select(Payee).where(Payee.party_id == party_id).order_by(Payee.currency, Payee.name, Payee.id)
    return list(session.scalars(query)) if party_id else []


def _tell(session: Session, visitor: Visitor, action: str, party_id: UUID, **told: Any) -> None:
    activity.record(session, visitor.actor, action, subject_type="party", subject_id=party_id, **told)
