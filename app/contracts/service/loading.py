"""Contracts made of the rows of a sheet: a handful of statements, however many they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.contracts.models import Contract, ContractBatchItem, ContractScope, ContractVersion, Recoupable
from app.contracts.rules import sheets
from app.contracts.rules.terms import Terms, digest, packed
from app.contracts.schemas import Scope
from app.contracts.service.drafting import lane_of, next_numbers
from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.money import WHOLE_PPM, to_micros
from app.kernel.sentences import sentence
from app.kernel.web.languages import say
from app.roster.models import Artist, Party, Payee
from app.roster.rules.addresses import address

ADVANCE = sentence("Advance")


class _Whole(NamedTuple):
    """What a row is merged into, and what is known of the people and artists that rows name."""

    template: Contract
    terms: Terms
    scopes: Sequence[Scope]
    instead_of: UUID | None
    artists: dict[str, UUID]


def load(session: Session, actor: Actor, template: Contract, terms: Terms, items: Sequence[ContractBatchItem]) -> None:
    """Make a draft of every row, with its people, what it is about, its advance and its first version."""
    if not items:
        return
    now = clock.now()
    whole = _whole(session, template, terms, items)
    people = _people(session, actor, items)
    payees = _payees(session, set(people.values()), terms.currency, {people[_who(i)]: i.values["name"] for i in items})
    rows: dict[type[Any], list[dict[str, Any]]] = {
        Contract: [], ContractVersion: [], ContractScope: [], Recoupable: [],
    }  # fmt: skip
    for item, number in zip(items, next_numbers(session, now.year, len(items)), strict=True):
        party = people[_who(item)]
        _add(rows, whole, item, number=number, party=party, payee=payees[party], actor=actor, now=now)
    for model, values in rows.items():
        if values:
            session.execute(insert(model), values)
    for item, made in zip(items, rows[Contract], strict=True):
        item.contract_id, item.state = made["id"], "created"
    told = [
        (str(row["id"]), None, {"number": row["number"], "title": row["title"], "kind": row["kind"]})
        for row in rows[Contract]
    ]
    activity.record_many(session, actor, "contract.drafted", subject_type="contract", told=told)


def _whole(session: Session, template: Contract, terms: Terms, items: Sequence[ContractBatchItem]) -> _Whole:
    scopes = session.scalars(select(ContractScope).where(ContractScope.contract_id == template.id))
    theirs = set(session.scalars(select(Payee.id).where(Payee.party_id == template.party_id)))
    keys = {item.values["artist"] for item in items if item.values.get("artist")}
    return _Whole(
        template,
        terms,
        [Scope(row.level, row.subject_id, row.territory) for row in scopes],  # type: ignore[arg-type]
        next((share.payee for share in terms.shares if share.payee in theirs), None),
        dict(session.execute(select(Artist.key, Artist.id).where(Artist.key.in_(keys))).all()),
    )


def _add(
    rows: dict[type[Any], list[dict[str, Any]]],
    whole: _Whole,
    item: ContractBatchItem,
    *,
    number: str,
    party: UUID,
    payee: UUID,
    actor: Actor,
    now: datetime,
) -> None:
    row, template = item.values, whole.template
    terms = sheets.merged(whole.terms, row, payee=payee, instead_of=whole.instead_of)
    key = ids.new_id()
    made = {"created_by": actor.id, "created_at": now}
    starts = date.fromisoformat(row["start"]) if row.get("start") else template.starts_on
    rows[Contract].append(
        made
        | {
            "id": key,
            "number": number,
            "title": sheets.filled(row.get("title") or template.title, row),
            "kind": template.kind,
            "state": "draft",
            "party_id": party,
            "language": row.get("language") or template.language,
            "starts_on": starts,
            "ends_on": date.fromisoformat(row["end"]) if row.get("end") else template.ends_on,
            "lane": lane_of(template.kind, party),
            "version": 1,
        }
    )
    version = {"id": ids.new_id(), "contract_id": key, "number": 1, "terms": packed(terms).decode()}
    rows[ContractVersion].append(made | version | {"terms_hash": digest(terms)})
    rows[ContractScope] += [{"contract_id": key} | scope._asdict() for scope in _scopes(whole, row)]
    if row.get("advance"):
        rows[Recoupable].append(advance_of(key, row, starts, template.language, actor))


def _scopes(whole: _Whole, row: dict[str, str]) -> Sequence[Scope]:
    if row.get("artist"):
        return [Scope("artist", whole.artists[row["artist"]], row.get("territory", "").upper())]
    return whole.scopes


def advance_of(contract_id: UUID, row: Mapping[str, str], on: date, language: str, actor: Actor) -> dict[str, Any]:
    """The advance of a row as a proposed cost."""
    part = Decimal(sheets.plain(row["advance_part"])) if row.get("advance_part") else Decimal(1)
    return {
        "id": ids.new_id(),
        "contract_id": contract_id,
        "kind": "advance",
        "name": say(ADVANCE, row.get("language") or language),
        "amount_micros": to_micros(Decimal(sheets.plain(row["advance"]))),
        "recoupable_ppm": int(part * WHOLE_PPM),
        "incurred_on": on,
        "position": 0,
        "state": "proposed",
        "created_by": actor.id,
    }


def _who(item: ContractBatchItem) -> tuple[str, str]:
    """What tells one person of a sheet from another."""
    return address(item.values["email"]) or "", item.values["name"].casefold()


def _people(session: Session, actor: Actor, items: Sequence[ContractBatchItem]) -> dict[tuple[str, str], UUID]:
    """The legal person of every row: one who is known by this name and address, or a new one."""
    wanted = {_who(item): item.values for item in items}
    query = select(Party.id, Party.email, Party.legal_name).where(Party.email.in_({email for email, _ in wanted}))
    known = {(row.email, row.legal_name.casefold()): row.id for row in session.execute(query)}
    new = {who: ids.new_id() for who in wanted if who not in known}
    if new:
        session.execute(insert(Party), [_party(key, wanted[who]) for who, key in new.items()])
        told = [(str(key), None, {"legal_name": wanted[who]["name"]}) for who, key in new.items()]
        activity.record_many(session, actor, "party.added", subject_type="party", told=told)
    return {who: known.get(who) or new[who] for who in wanted}


def _party(key: UUID, row: dict[str, str]) -> dict[str, Any]:
    country = row.get("country", "").upper() or None
    return {"id": key, "kind": "person", "legal_name": row["name"], "email": address(row["email"]), "country": country}


def _payees(session: Session, parties: set[UUID], currency: str, names: dict[UUID, str]) -> dict[UUID, UUID]:
    query = select(Payee.party_id, Payee.id).where(Payee.party_id.in_(parties), Payee.currency == currency)
    known: dict[UUID, UUID] = dict(session.execute(query).all())
    new: list[dict[str, Any]] = [
        {"id": ids.new_id(), "party_id": party, "name": names[party], "currency": currency}
        for party in sorted(parties - set(known))
    ]
    if new:
        session.execute(insert(Payee), new)
    return known | {row["party_id"]: row["id"] for row in new}
