"""Doors to contracts, their costs and splits: whoever is narrowed meets only deals that lie within their scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, select, true
from sqlalchemy.orm import Session, aliased

from app.catalog.errors import RecordingUnknown
from app.catalog.models import Recording, Release, Track
from app.catalog.policies import may_see_recording, may_see_release
from app.contracts.errors import (
    BatchUnknown,
    ContractUnknown,
    CostUnknown,
    ObligationUnknown,
    ScopeUnknown,
    SplitUnknown,
)
from app.contracts.models import (
    EVERYTHING,
    Contract,
    ContractBatch,
    ContractScope,
    ContractVersion,
    Obligation,
    Recoupable,
    SplitShare,
    SplitSheet,
)
from app.contracts.rules.terms import Terms
from app.contracts.schemas import Scope
from app.identity.errors import PermissionMissing, SamePerson
from app.identity.policies import Visitor, allows_somewhere, hands_of, require, require_somewhere
from app.identity.rules.permissions import Permission
from app.kernel.files.belonging import belongs
from app.roster.models import Artist, Imprint, Party, Payee
from app.roster.policies import may_see_artist, may_see_imprint
from app.roster.policies.parties import may_see_party


def may_see_contract(visitor: Visitor, permission: Permission = "contracts.view") -> ColumnElement[bool]:
    """For which rows of `contracts` a visitor has a permission: those about nothing but what lies in their scope."""
    if permission not in visitor.permissions:
        return false()
    if visitor.scope.is_whole:
        return true()
    scope = aliased(ContractScope)  # whoever asks may look at scopes, too, and mean others
    about = scope.contract_id == Contract.id
    return exists().where(about) & ~exists().where(about, ~_lies_within(scope, visitor, permission))


def _lies_within(scope: type[ContractScope], visitor: Visitor, permission: Permission) -> ColumnElement[bool]:
    """Which rows of `contract_scopes` are about something of a narrowed visitor's own."""
    releases = select(Release.id).where(may_see_release(visitor, permission))
    subjects = {
        "artist": select(Artist.id).where(may_see_artist(visitor, permission)),
        "release": releases,
        "track": select(Track.id).where(Track.release_id.in_(releases)),
        "recording": select(Recording.id).where(may_see_recording(visitor, permission)),
    }
    if visitor.scope.artists is None:
        subjects["imprint"] = select(Imprint.id).where(may_see_imprint(visitor))
    within: ColumnElement[bool] = false()
    for level, ids in subjects.items():
        within |= (scope.level == level) & scope.subject_id.in_(ids)
    return within


def contract_to_read(session: Session, visitor: Visitor, contract_id: UUID | None) -> Contract:
    """A contract that the visitor may look at."""
    require_somewhere(visitor, "contracts.view")
    found = session.scalar(select(Contract).where(Contract.id == contract_id, may_see_contract(visitor)))
    if found is None:
        raise ContractUnknown
    return found


def may_change_contract(session: Session, visitor: Visitor, contract_id: UUID) -> bool:
    """Whether a visitor writes contracts, and this one lies within their scope."""
    mine = select(Contract.id).where(Contract.id == contract_id, may_see_contract(visitor, "contracts.edit"))
    return session.scalar(mine) is not None


def contract_to_edit(session: Session, visitor: Visitor, contract_id: UUID | None) -> Contract:
    """The same for somebody who writes contracts."""
    contract = contract_to_read(session, visitor, contract_id)
    if not may_change_contract(session, visitor, contract.id):
        raise PermissionMissing
    return contract


def contract_to_change(session: Session, visitor: Visitor, contract_id: UUID | None) -> Contract:
    """The same, locked."""
    contract = contract_to_edit(session, visitor, contract_id)
    session.refresh(contract, with_for_update=True)
    return contract


def cost_to_decide(session: Session, visitor: Visitor, contract_id: UUID | None, cost_id: UUID | None) -> Recoupable:
    """A cost of a contract, locked, for somebody who writes contracts and did not propose it themselves."""
    contract = contract_to_edit(session, visitor, contract_id)
    query = select(Recoupable).where(Recoupable.id == cost_id, Recoupable.contract_id == contract.id)
    found = session.scalar(query.with_for_update())
    if found is None:
        raise CostUnknown
    if visitor.member.id in hands_of(session, {found.created_by}):
        raise SamePerson
    return found


def obligation_to_fulfil(
    session: Session, visitor: Visitor, contract_id: UUID | None, obligation_id: UUID | None
) -> Obligation:
    """What must be done under a contract, locked, for somebody who writes contracts."""
    contract = contract_to_edit(session, visitor, contract_id)
    query = select(Obligation).where(Obligation.id == obligation_id, Obligation.contract_id == contract.id)
    found = session.scalar(query.with_for_update())
    if found is None:
        raise ObligationUnknown
    return found


def require_within(session: Session, visitor: Visitor, scope: Scope) -> None:
    """Refuse a scope about something that is not there, or that the visitor may not write contracts about."""
    if scope.level == "label":
        if scope.subject_id != EVERYTHING or not visitor.scope.is_whole:
            raise ScopeUnknown
        return
    releases = select(Release.id).where(may_see_release(visitor, "contracts.edit"))
    there = {
        "imprint": select(Imprint.id).where(
            Imprint.id == scope.subject_id,
            may_see_imprint(visitor),
            true() if visitor.scope.artists is None else false(),
        ),
        "artist": select(Artist.id).where(Artist.id == scope.subject_id, may_see_artist(visitor, "contracts.edit")),
        "release": releases.where(Release.id == scope.subject_id),
        "track": select(Track.id).where(Track.id == scope.subject_id, Track.release_id.in_(releases)),
        "recording": select(Recording.id).where(
            Recording.id == scope.subject_id, may_see_recording(visitor, "contracts.edit")
        ),
    }
    if session.scalar(there[scope.level]) is None:
        raise ScopeUnknown


def named_unseen(session: Session, visitor: Visitor, terms: Terms, before: Terms | None) -> list[str]:
    """The fields of terms in which payees or contracts are named anew that a visitor may not know of."""
    payees = _payees(terms) - (_payees(before) if before else set())
    seen = select(Payee.id).join(Party, Party.id == Payee.party_id).where(may_see_party(visitor), Payee.id.in_(payees))
    found = ["shares"] if payees and set(session.scalars(seen)) != payees else []
    others = _others(terms) - (_others(before) if before else set())
    known = select(Contract.id).where(may_see_contract(visitor), Contract.id.in_(others))
    return [*found, "most_favoured"] if others and set(session.scalars(known)) != others else found


def _payees(terms: Terms) -> set[UUID]:
    return {share.payee for share in terms.shares}


def _others(terms: Terms) -> set[UUID]:
    return {*terms.most_favoured, *([terms.trigger.contract] if terms.trigger else [])}


def own_payees(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `payees` are an artist's own, for a member of the role artist."""
    if visitor.member.role != "artist" or visitor.acting is not None:
        return false()
    behind = select(Artist.party_id).where(Artist.key.in_(sorted(visitor.member.artists)), Artist.party_id.is_not(None))
    return Payee.party_id.in_(behind)


def shared_recording_to_read(session: Session, visitor: Visitor, recording_id: UUID | None) -> Recording:
    """A recording whose splits the visitor may look at: by their permission, or because they share in it."""
    if visitor.member.role != "artist" and not allows_somewhere(visitor, "contracts.view"):
        raise PermissionMissing
    shares = select(SplitSheet.recording_id).join(SplitShare, SplitShare.sheet_id == SplitSheet.id)
    mine = Recording.id.in_(shares.join(Payee, Payee.id == SplitShare.payee_id).where(own_payees(visitor)))
    seen = may_see_recording(visitor, "contracts.view") | mine
    found = session.scalar(select(Recording).where(Recording.id == recording_id, seen))
    if found is None:
        raise RecordingUnknown
    return found


def may_split(session: Session, visitor: Visitor, recording_id: UUID) -> bool:
    """Whether a visitor writes contracts about this recording."""
    mine = select(Recording.id).where(Recording.id == recording_id, may_see_recording(visitor, "contracts.edit"))
    return session.scalar(mine) is not None


def recording_to_split(session: Session, visitor: Visitor, recording_id: UUID | None) -> Recording:
    """A recording, for somebody who proposes who shares in it."""
    recording = shared_recording_to_read(session, visitor, recording_id)
    if not may_split(session, visitor, recording.id):
        raise PermissionMissing
    return recording


def sheet_to_answer(
    session: Session, visitor: Visitor, sheet_id: UUID | None, payee_id: UUID | None
) -> tuple[SplitSheet, Payee]:
    """A split and one of its payees, for the payee's own artist or for somebody who writes contracts about it."""
    query = (
        select(SplitSheet, Payee)
        .join(SplitShare, SplitShare.sheet_id == SplitSheet.id)
        .join(Payee, Payee.id == SplitShare.payee_id)
        .where(SplitSheet.id == sheet_id, Payee.id == payee_id)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise SplitUnknown
    sheet, payee = found
    shared_recording_to_read(session, visitor, sheet.recording_id)
    is_own = session.scalar(select(Payee.id).where(Payee.id == payee.id, own_payees(visitor))) is not None
    if not is_own and not may_split(session, visitor, sheet.recording_id):
        raise PermissionMissing
    return sheet, payee


def contract_to_sign(session: Session, visitor: Visitor, contract_id: UUID | None) -> Contract:
    """A contract, for somebody who may sign for the label."""
    contract = contract_to_read(session, visitor, contract_id)
    require(visitor, "contracts.sign")
    return contract


def _of_seen(column: Any) -> Callable[[Visitor], ColumnElement[bool]]:
    """What hangs on a contract is seen by whoever sees the contract."""
    return lambda visitor: column.in_(select(Contract.id).where(may_see_contract(visitor)))


belongs(ContractVersion.document_id, _of_seen(ContractVersion.contract_id))
belongs(ContractVersion.sealed_id, _of_seen(ContractVersion.contract_id))
belongs(Recoupable.receipt_id, _of_seen(Recoupable.contract_id))


def require_bulk(visitor: Visitor) -> None:
    """Refuse whoever may not write contracts for the whole label: a sheet may name any of its artists."""
    require(visitor, "contracts.edit")
    if not visitor.scope.is_whole:
        raise PermissionMissing


def _may_bulk(visitor: Visitor) -> ColumnElement[bool]:
    return true() if "contracts.edit" in visitor.permissions and visitor.scope.is_whole else false()


belongs(ContractBatch.file_id, _may_bulk)


def batch_to_change(session: Session, visitor: Visitor, batch_id: UUID | None, *, lock: bool = False) -> ContractBatch:
    """Contracts from a sheet, for somebody who may write contracts for the whole label."""
    require_bulk(visitor)
    found = session.get(ContractBatch, batch_id, with_for_update=lock) if batch_id else None
    if found is None:
        raise BatchUnknown
    return found
