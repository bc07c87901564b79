"""Doors of the artists' app: everybody sees here what is of their own artists, whatever else they may see elsewhere."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.orm import Session

from app.catalog.errors import RecordingUnknown, ReleaseUnknown
from app.catalog.models import Recording, Release, ReleaseArtist
from app.catalog.policies import may_see_release
from app.contracts.errors import ContractUnknown
from app.contracts.models import Contract, ContractSigner, ContractVersion, SplitShare, SplitSheet
from app.contracts.policies import may_see_contract
from app.contracts.policies import own_payees as answered_payees
from app.identity.policies import Visitor
from app.identity.rules.permissions import Permission
from app.kernel.activity import Activity
from app.payouts.models import Payout, PayoutHold
from app.payouts.policies import own_payees as paid_payees
from app.roster.models import Artist, Payee
from app.roster.policies import may_see_artist
from app.royalties.errors import StatementUnknown
from app.royalties.models import RoyaltyRun, Statement
from app.royalties.policies import may_see_statement


def own_keys(visitor: Visitor) -> frozenset[str]:
    """The keys of the artists for whom a visitor is here: those they are narrowed to, and those who let them act."""
    return (visitor.scope.artists or frozenset()) | frozenset(visitor.granted)


def own_artists(visitor: Visitor, permission: Permission = "catalog.view") -> ColumnElement[bool]:
    """Which rows of `artists` are a visitor's own, as far as they have a permission for them."""
    return Artist.key.in_(sorted(own_keys(visitor))) & may_see_artist(visitor, permission)


def own_payees(visitor: Visitor, permission: Permission = "royalties.view") -> ColumnElement[bool]:
    """Which rows of `payees` are paid for the visitor's own artists."""
    return Payee.party_id.in_(_behind(own_artists(visitor, permission)))


def _behind(artists: ColumnElement[bool]) -> Select[UUID | None]:
    return select(Artist.party_id).where(artists, Artist.party_id.is_not(None))


def own_statements(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `statements` payees of the visitor's own artists were told."""
    told = select(RoyaltyRun.id).where(RoyaltyRun.state == "published", RoyaltyRun.is_trial.is_(False))
    payees = select(Payee.id).where(own_payees(visitor))
    return may_see_statement(visitor) & Statement.payee_id.in_(payees) & Statement.run_id.in_(told)


def statement_to_read(session: Session, visitor: Visitor, statement_id: UUID | None) -> Statement:
    """A statement of the visitor's own."""
    found = session.scalar(select(Statement).where(Statement.id == statement_id, own_statements(visitor)))
    if found is None:
        raise StatementUnknown
    return found


def own_releases(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `releases` are by the visitor's own artists."""
    by = select(ReleaseArtist.release_id).join(Artist, Artist.id == ReleaseArtist.artist_id)
    return may_see_release(visitor) & Release.id.in_(by.where(own_artists(visitor)))


def release_to_read(session: Session, visitor: Visitor, release_id: UUID | None) -> Release:
    """A release of the visitor's own."""
    found = session.scalar(select(Release).where(Release.id == release_id, own_releases(visitor)))
    if found is None:
        raise ReleaseUnknown
    return found


def own_contracts(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `contracts` a visitor reads here: what was sent or signed of their artists, or to themselves.

    A draft is nobody's but the label's.
    """
    shown = select(ContractVersion.contract_id).where(is_shown())
    mine = or_(_theirs(visitor), _sent_to(visitor), _managed(visitor))
    return Contract.id.in_(shown) & mine


def is_shown() -> ColumnElement[bool]:
    """Which rows of `contract_versions` somebody outside of the label has been shown."""
    return or_(ContractVersion.sent_at.is_not(None), ContractVersion.signed_at.is_not(None))


def _theirs(visitor: Visitor) -> ColumnElement[bool]:
    """With the legal person behind an artist, for the artist in person."""
    if visitor.member.role != "artist" or visitor.acting is not None:
        return false()
    return Contract.party_id.in_(_behind(Artist.key.in_(sorted(visitor.member.artists))))


def _sent_to(visitor: Visitor) -> ColumnElement[bool]:
    """To be signed, or signed, by the visitor's own mail address."""
    if visitor.acting is not None:
        return false()
    query = select(ContractVersion.contract_id).join(ContractSigner, ContractSigner.version_id == ContractVersion.id)
    return Contract.id.in_(query.where(is_addressed_to(visitor), ContractVersion.sent_at.is_not(None)))


def is_addressed_to(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `contract_signers` are the visitor themselves."""
    return (ContractSigner.side == "party") & (func.lower(ContractSigner.email) == visitor.member.email.lower())


def _managed(visitor: Visitor) -> ColumnElement[bool]:
    """About nothing but the artists of a manager, who has the permission for them."""
    return false() if visitor.scope.artists is None else may_see_contract(visitor)


def contract_to_read(session: Session, visitor: Visitor, contract_id: UUID | None) -> Contract:
    """A contract of the visitor's own."""
    found = session.scalar(select(Contract).where(Contract.id == contract_id, own_contracts(visitor)))
    if found is None:
        raise ContractUnknown
    return found


def sharing_payees(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `payees` the visitor follows the splits of: their own in person, or those of whom they manage."""
    return or_(answered_payees(visitor), own_payees(visitor, "contracts.view"))


def own_splits(visitor: Visitor) -> Select[UUID]:
    """The recordings in which somebody of the visitor's own shares."""
    query = select(SplitSheet.recording_id).join(SplitShare, SplitShare.sheet_id == SplitSheet.id)
    return query.join(Payee, Payee.id == SplitShare.payee_id).where(sharing_payees(visitor))


def recording_to_read(session: Session, visitor: Visitor, recording_id: UUID | None) -> Recording:
    """A recording of whose splits the visitor may know."""
    query = select(Recording).where(Recording.id == recording_id, Recording.id.in_(own_splits(visitor)))
    found = session.scalar(query)
    if found is None:
        raise RecordingUnknown
    return found


def concerns(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `activity` are about something of the visitor's own, of the kinds that are news to them."""
    paid = select(Payee.id).where(paid_payees(visitor))
    subjects: dict[tuple[str, ...], Select[UUID]] = {
        PUBLISHED: select(Statement.run_id).where(own_statements(visitor)),
        OF_CONTRACTS: select(Contract.id).where(own_contracts(visitor)),
        OF_SPLITS: own_splits(visitor),
        OF_RELEASES: select(Release.id).where(own_releases(visitor)),
        OF_ARTISTS: select(Artist.id).where(own_artists(visitor)),
        OF_PAYOUTS: select(Payout.id).where(Payout.payee_id.in_(paid)),
        OF_PAYEES: paid,
        OF_HOLDS: select(PayoutHold.id).where(PayoutHold.payee_id.in_(paid)),
    }
    about = [Activity.action.in_(actions) & Activity.subject_id.in_(query) for actions, query in subjects.items()]
    to_me = Activity.action.in_(ANSWERED) & (Activity.after["for"].astext == str(visitor.member.id))
    return or_(to_me, *about)


PUBLISHED = ("run.published",)
ANSWERED = ("statement.answered",)
OF_CONTRACTS = (
    "contract.sent", "contract.signed", "contract.sealed", "contract.activated", "contract.ended", "contract.declined",
    "contract.expired", "contract.withdrawn", "contract.countered", "cost.approved",
)  # fmt: skip
OF_SPLITS = ("split.proposed", "split.contested", "split.confirmed")
OF_RELEASES = ("release.created",)
OF_PAYOUTS = (
    "payout.asked", "payout.approved", "payout.rejected", "payout.cancelled", "payout.paid", "payout.failed",
    "payout.returned", "payout.fee_returned",
)  # fmt: skip
OF_PAYEES = ("payout_method.added", "payout_method.removed", "payout_schedule.set")
OF_HOLDS = ("payout_hold.opened", "payout_hold.renewed", "payout_hold.released")
OF_ARTISTS = ("artist.leaving", "grant.offered", "grant.accepted", "grant.ended")
"""What is news to an artist, by what it is about; everything else is the label's own work."""
