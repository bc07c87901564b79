"""Contracts and splits of the visitor's own."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import Session

from app.artist.policies import is_addressed_to, is_shown, own_contracts, own_splits
from app.catalog.models import Recording
from app.contracts.errors import ContractUnknown
from app.contracts.models import Contract, ContractSigner, ContractVersion, SplitShare, SplitSheet
from app.contracts.policies import own_payees as answered_payees
from app.contracts.queries.splits import Sheet, of_recording
from app.identity.policies import Visitor
from app.roster.models import Party, Payee


def waits_for(visitor: Visitor) -> Select[Contract, ContractVersion, ContractSigner]:
    """What waits for the visitor's own signature: contract, version and signer."""
    return (
        select(Contract, ContractVersion, ContractSigner)
        .join(ContractVersion, ContractVersion.contract_id == Contract.id)
        .join(ContractSigner, ContractSigner.version_id == ContractVersion.id)
        .where(is_addressed_to(visitor), ContractSigner.state.in_(("asked", "viewed")))
        .where(ContractVersion.sent_at.is_not(None), ContractVersion.closed_at.is_(None))
        .where(ContractVersion.signed_at.is_(None), own_contracts(visitor))
        .order_by(ContractVersion.expires_at, Contract.id)
    )


def contracts(visitor: Visitor) -> Select[Contract, str, bool]:
    """The visitor's contracts, the newest first, with whom they are with and whether they wait for the visitor."""
    query = select(Contract, Party.legal_name.label("party"), _is_due(visitor).label("is_due"))
    mine = query.join(Party, Party.id == Contract.party_id).where(own_contracts(visitor))
    return mine.order_by(Contract.starts_on.desc(), Contract.number.desc())


def _is_due(visitor: Visitor) -> ColumnElement[bool]:
    return exists().where(
        ContractVersion.contract_id == Contract.id,
        ContractVersion.sent_at.is_not(None),
        ContractVersion.closed_at.is_(None),
        ContractVersion.signed_at.is_(None),
        ContractSigner.version_id == ContractVersion.id,
        ContractSigner.state.in_(("asked", "viewed")),
        is_addressed_to(visitor),
    )


def shown_versions(session: Session, contract: Contract) -> list[ContractVersion]:
    """The versions of a contract that others have been shown, the newest first."""
    query = select(ContractVersion).where(ContractVersion.contract_id == contract.id, is_shown())
    found = list(session.scalars(query.order_by(ContractVersion.number.desc())))
    if not found:
        raise ContractUnknown
    return found


def waiting_shares(visitor: Visitor) -> Select[SplitShare, SplitSheet, Recording]:
    """The shares that the visitor themselves is to confirm: share, sheet and recording."""
    return (
        select(SplitShare, SplitSheet, Recording)
        .join(SplitSheet, SplitSheet.id == SplitShare.sheet_id)
        .join(Recording, Recording.id == SplitSheet.recording_id)
        .join(Payee, Payee.id == SplitShare.payee_id)
        .where(answered_payees(visitor), SplitShare.state == "waiting")
        .order_by(SplitSheet.effective_from.desc(), Recording.title, SplitShare.sheet_id)
    )


def split_recordings(visitor: Visitor, *, limit: int, skip: int = 0) -> Select[Recording]:
    """The recordings in which somebody of the visitor's own shares, by title."""
    query = select(Recording).where(Recording.id.in_(own_splits(visitor)))
    return query.order_by(Recording.title, Recording.id).limit(limit).offset(skip)


def sheets(session: Session, recording: Recording) -> list[Sheet]:
    """The splits of a recording, the newest first."""
    return of_recording(session, recording.id)
