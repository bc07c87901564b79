"""Contracts of the demo labels: one for everything, one for an artist with an advance and options, one only drafted."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Recording, RecordingArtist
from app.contracts.models import EVERYTHING, Contract
from app.contracts.rules.terms import Base, Clause, Deduction, Escalation, Reserve, Share, Step, Terms, When
from app.contracts.schemas import NewContract, NewCost, Scope
from app.contracts.service import drafting, holding, obliging, recouping, splitting
from app.kernel import clock, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.roster.models import Artist, Party, Payee

ENGINEER = "Robin Sato"


def make_deals(tenant: Tenant, artist_name: str, currency: str) -> None:
    """Write the contracts of a demo label where there are none yet."""
    actor, today = Actor.system(tenant), clock.day_in(tenant.time_zone)
    with tenant_work(tenant) as session:
        artist = session.scalars(select(Artist).where(Artist.name == artist_name)).first()
        if artist is None or session.scalar(select(Contract.id).limit(1)) is not None:
            return
        own, engineer = _payee(session, artist_name, currency), _payee(session, ENGINEER, currency)
        artist.party_id = own.party_id
        begins = today.replace(year=today.year - 2, month=1, day=1)
        whole = _deal(session, actor, "Standard", own, (Scope("label", EVERYTHING),), _terms(own, currency), begins)
        holding.bring_into_force(session, actor, whole)
        album = _deal(session, actor, artist_name, own, (Scope("artist", artist.id),), _terms(own, currency), begins)
        holding.bring_into_force(session, actor, album)
        advance = NewCost(kind="advance", name="Advance", amount=Decimal(5000), incurred_on=begins)
        recouping.decide(session, actor, recouping.propose(session, actor, album, advance), approved=True)
        studio = NewCost(kind="recording", name="Studio", amount=Decimal(1850), incurred_on=begins)
        recouping.propose(session, actor, album, studio)
        recouping.cross(session, actor, album, [whole.id])
        obliging.note(session, actor, album, kind="option", due_on=today + timedelta(days=20), said="")
        points = _deal(
            session, actor, ENGINEER, engineer, (Scope("artist", artist.id),), _points(engineer, currency), today
        )
        obliging.note(session, actor, points, kind="delivery", due_on=today + timedelta(days=60), said="")
        _split(session, actor, artist, own, engineer, today)


def _payee(session: Session, name: str, currency: str) -> Payee:
    party = Party(id=ids.new_id(), kind="person", legal_name=name)
    session.add(party)
    session.flush()
    payee = Payee(id=ids.new_id(), party_id=party.id, name=name, currency=currency)
    session.add(payee)
    session.flush()
    return payee


def _deal(
    session: Session, actor: Actor, title: str, payee: Payee, scopes: tuple[Scope, ...], terms: Terms, begins: date
) -> Contract:
    is_producer = payee.name == ENGINEER
    new = NewContract(
        title=title,
        kind="producer" if is_producer else "royalty",
        party_id=payee.party_id,
        terms=terms,
        starts_on=begins,
        ends_on=begins.replace(year=begins.year + 5),
        scopes=scopes,
    )
    return drafting.draft(session, actor, new)


def _terms(payee: Payee, currency: str) -> Terms:
    steps = (Step(above=Decimal(10_000), rate=Decimal("0.18")), Step(above=Decimal(50_000), rate=Decimal("0.20")))
    records = Clause(
        id="Records",
        rate=Decimal("0.16"),
        when=When(channels=("physical",)),
        base=Base(kind="ppd", amount=Decimal("9.50")),
        deductions=(Deduction(kind="packaging", rate=Decimal("0.15")),),
        escalation=Escalation(by="units", steps=steps),
    )
    home = Clause(id="Streams", rate=Decimal("0.50"), when=When(channels=("stream", "ugc")))
    return Terms(
        currency=currency,
        clauses=(home, records, Clause(id="All else", rate=Decimal("0.40"))),
        shares=(Share(payee=payee.id, share_ppm=1_000_000),),
        reserve=Reserve(rate=Decimal("0.20"), release=(Decimal("0.50"), Decimal("0.50"))),
        minimum=Decimal(50),
    )


def _points(payee: Payee, currency: str) -> Terms:
    return Terms(
        currency=currency,
        clauses=(Clause(id="Points", rate=Decimal("0.03")),),
        shares=(Share(payee=payee.id, share_ppm=1_000_000),),
    )


def _split(session: Session, actor: Actor, artist: Artist, own: Payee, engineer: Payee, today: date) -> None:
    """Let two share in the artist's first recording; one has agreed."""
    query = select(Recording.id).join(RecordingArtist, RecordingArtist.recording_id == Recording.id)
    first = session.scalars(query.where(RecordingArtist.artist_id == artist.id).order_by(Recording.id).limit(1)).first()
    if first is not None:
        shares = {own.id: 750_000, engineer.id: 150_000}
        sheet = splitting.propose(session, actor, first, shares, effective_from=today)
        splitting.answer(session, actor, sheet, own.id, agrees=True)
