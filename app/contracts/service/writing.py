"""A contract's text and its paper: written from the terms, with the names that stand behind the ids in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.brand import service as brand
from app.catalog.models import Recording, Release, Track
from app.contracts.models import CollateralLink, Contract, ContractScope, ContractVersion, Recoupable
from app.contracts.rules import wording
from app.contracts.rules.deals import Advance, Deal, Subject
from app.contracts.rules.terms import Terms
from app.kernel import files
from app.kernel.actor import Actor
from app.kernel.files.store import put_object
from app.kernel.money import WHOLE_PPM
from app.kernel.tenant import Tenant
from app.roster.models import Artist, Imprint, Party, Payee

MOST_BYTES = 32 * 1024 * 1024
Group = dict[str, Any]
"""What the evidence says of one person: name, and facts as pairs."""


def text_of(session: Session, tenant: Tenant, contract: Contract, version: ContractVersion) -> str:
    """The text of a version: as it was sent, or as it would be if it were sent now."""
    if version.sent_at is not None:
        return version.body
    return wording.write(deal_of(session, tenant, contract, version), contract.language)


def write(session: Session, tenant: Tenant, contract: Contract, version: ContractVersion) -> None:
    """Keep the text of a version that is about to be sent, and its paper."""
    version.body = text_of(session, tenant, contract, version)
    version.body_hash = wording.digest(version.body)
    pdf = draw(tenant, contract, wording.blocks(version.body))
    version.document_id = keep(session, Actor.system(tenant), pdf, name=f"{contract.number}.pdf")


def draw(tenant: Tenant, contract: Contract, blocks: Iterable[wording.Block], evidence: Sequence[Group] = ()) -> bytes:
    """A contract's text, or evidence of its signatures, as PDF in the label's brand."""
    theme = brand.live_theme(tenant)
    words = {
        "title": contract.title,
        "foot": f"{theme.legal_name or tenant.name} · {contract.number}",
        "blocks": [block._asdict() for block in blocks],
        "evidence": evidence,
    }
    return brand.contract_pdf(tenant, theme, words, language=contract.language)


def keep(session: Session, actor: Actor, pdf: bytes, *, name: str) -> UUID:
    """Store a paper of a contract's and give back the file's id."""
    if actor.tenant is None:
        raise files.FileUnknown
    sha256, size = put_object(actor.tenant, [pdf], most_bytes=MOST_BYTES)
    stored = files.note_object(
        session, actor, sha256=sha256, size=size, name=name, media_type="application/pdf", is_derived=True
    )
    return stored.id


def deal_of(session: Session, tenant: Tenant, contract: Contract, version: ContractVersion) -> Deal:
    """All that a text is written from."""
    terms, party = version.read(), session.get_one(Party, contract.party_id)
    crossed = session.scalars(select(CollateralLink.to_id).where(CollateralLink.from_id == contract.id)).all()
    return Deal(
        number=contract.number,
        title=contract.title,
        kind=contract.kind,  # type: ignore[arg-type]  # the table holds no other
        label=brand.live_theme(tenant).legal_name or tenant.name,
        party=party.legal_name,
        country=party.country or "",
        starts_on=contract.starts_on,
        ends_on=version.ends_on or contract.ends_on,
        subjects=tuple(_subjects(session, contract.id)),
        advances=tuple(_advances(session, contract.id)),
        pays_back=tuple(sorted(map(str, crossed))),
        payees=_payees(session, terms),
        titles=_titles(session, terms, crossed),
        terms=terms,
        terms_hash=version.terms_hash,
    )


def _subjects(session: Session, contract_id: UUID) -> Iterable[Subject]:
    query = select(ContractScope).where(ContractScope.contract_id == contract_id)
    scopes = session.scalars(query.order_by(ContractScope.level, ContractScope.subject_id, ContractScope.territory))
    for scope in scopes.all():
        name, code = _named(session, scope.level, scope.subject_id)
        yield Subject(scope.level, name, code, scope.territory)  # type: ignore[arg-type]  # the table holds no other


def _named(session: Session, level: str, subject_id: UUID) -> tuple[str, str]:
    """What a subject is called, and its code."""
    models: dict[str, type[Any]] = {
        "imprint": Imprint, "artist": Artist, "release": Release, "recording": Recording, "track": Track,
    }  # fmt: skip
    found = session.get(models[level], subject_id) if level in models else None
    if found is None:
        return "", ""
    if isinstance(found, Track):
        recording = session.get_one(Recording, found.recording_id)
        return found.title or recording.title, recording.isrc or ""
    code = found.upc if isinstance(found, Release) else found.isrc if isinstance(found, Recording) else ""
    return getattr(found, "title", None) or found.name, code or ""


def _advances(session: Session, contract_id: UUID) -> Iterable[Advance]:
    query = select(Recoupable).where(
        Recoupable.contract_id == contract_id, Recoupable.kind == "advance", Recoupable.state != "rejected"
    )
    for row in session.scalars(query.order_by(Recoupable.position, Recoupable.id)):
        yield Advance(row.name, Decimal(row.amount_micros).scaleb(-6), Decimal(row.recoupable_ppm) / WHOLE_PPM)


def _payees(session: Session, terms: Terms) -> Mapping[UUID, str]:
    named = {share.payee for share in terms.shares}
    return dict(session.execute(select(Payee.id, Payee.name).where(Payee.id.in_(named))).all())


def _titles(session: Session, terms: Terms, crossed: Sequence[UUID]) -> Mapping[UUID, str]:
    named = {*terms.most_favoured, *crossed, *([terms.trigger.contract] if terms.trigger else [])}
    return dict(session.execute(select(Contract.id, Contract.title).where(Contract.id.in_(named))).all())
