"""Who may do what: permissions asked for in one place, and the doors through which outside ids become rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, exists, false, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.identity.errors import (
    BeyondOwn,
    CustomRoleUnknown,
    GrantUnknown,
    InvitationUnknown,
    MemberUnknown,
    OutOfScope,
    PasskeyUnknown,
    PermissionMissing,
    ProofTooOld,
    SamePerson,
    SessionUnknown,
)
from app.identity.models import (
    PROGRAM,
    CustomRole,
    Invitation,
    Member,
    MemberSession,
    Passkey,
    ProgramHand,
    SupportGrant,
)
from app.identity.rules.grants import NOTHING, Granted
from app.identity.rules.permissions import SENTENCES as PERMISSION_SENTENCES
from app.identity.rules.permissions import Permission, apart_from, for_support, known
from app.identity.rules.roles import role_named
from app.identity.rules.scopes import Scope
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.files import FileUnknown, StoredFile
from app.kernel.files.belonging import belongings

RECENT_MINUTES = 10
SENTENCES = {
    "has": "%(name)s may: %(what)s",
    "has_not": "%(name)s may not: %(what)s",
    "disabled": "%(name)s is disabled and is let in nowhere.",
    "role": "The role “%(role)s” includes it.",
    "not_role": "The role “%(role)s” does not include it.",
    "custom": "The label's own role “%(role)s” includes it.",
    "program": "It is a program, and this was given to it.",
    "not_program": "It is a program, and this was not given to it.",
    "not_custom": "The label's own role “%(role)s” does not include it.",
    "imprints": "Only for these imprints: %(keys)s",
    "artists": "Only for these artists: %(keys)s",
    "no_artists": "For no artist yet: this role reaches only the artists it is given.",
    "granted": "Also for these artists, who gave leave for it: %(keys)s",
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """The member behind a request, the session that let them in, and what they may do in it.

    `acting` is the leave under which an operator looks at the label in the member's name; `granted` is what artists
    let the member do for them, whatever their own role and scope. `language` is the one that the page speaks.
    """

    member: Member
    session_id: UUID
    actor: Actor
    permissions: frozenset[Permission]
    scope: Scope
    proved_at: datetime | None = None
    acting: SupportGrant | None = None
    lacks_factor: bool = False
    language: str = "en"
    granted: Granted = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reason:
    """One link of an answer, to be said in the reader's language; values named in `said` are sentences themselves."""

    sentence: str
    values: Mapping[str, str]
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a member may do something, and why."""

    allowed: bool
    reasons: tuple[Reason, ...]


def permissions_of(member: Member | Invitation) -> frozenset[Permission]:
    """What a member's role holds: the built-in one's, or the label's own; a program holds what it was given."""
    if isinstance(member, Member) and member.is_program:
        return known(member.permissions or ())
    if member.custom_role is not None:
        return known(member.custom_role.permissions)
    role = role_named(member.role)
    return role.permissions if role else frozenset()


def visitor_for(
    actor: Actor,
    member: Member,
    held: MemberSession,
    *,
    lacks_factor: bool = False,
    granted: Granted | None = None,
) -> Visitor:
    """A member who came in by themselves."""
    return Visitor(
        member,
        held.id,
        actor,
        permissions_of(member),
        member.scope,
        held.proved_at,
        lacks_factor=lacks_factor,
        granted=granted or {},
    )


def supporter_for(
    actor: Actor, member: Member, held: MemberSession, grant: SupportGrant, *, granted: Granted | None = None
) -> Visitor:
    """An operator who looks at the label in a member's name: less than the member, and never proved to be them."""
    left = for_support(permissions_of(member), may_change=grant.may_change)
    theirs = {artist: for_support(opened, may_change=grant.may_change) for artist, opened in (granted or {}).items()}
    return Visitor(member, held.id, actor, left, member.scope, acting=grant, granted=theirs)


def allows(visitor: Visitor, permission: Permission, *, imprint: str | None = None, artist: str | None = None) -> bool:
    """Tell whether a visitor may do this, to something of this imprint and artist where they are named."""
    if artist is not None and permission in visitor.granted.get(artist, NOTHING):
        return True
    return permission in visitor.permissions and visitor.scope.holds(imprint=imprint, artist=artist)


def granted_for(visitor: Visitor, permission: Permission) -> frozenset[str]:
    """The keys of the artists who let a visitor do this for them."""
    return frozenset(artist for artist, opened in visitor.granted.items() if permission in opened)


def allows_somewhere(visitor: Visitor, permission: Permission) -> bool:
    """Tell whether there may be anything to which a visitor may do this: what it is, the doors say."""
    return permission in visitor.permissions or bool(granted_for(visitor, permission))


def require_somewhere(visitor: Visitor, permission: Permission) -> None:
    """Refuse whoever may do this to nothing at all."""
    if not allows_somewhere(visitor, permission):
        raise PermissionMissing


def require(visitor: Visitor, permission: Permission, *, imprint: str | None = None, artist: str | None = None) -> None:
    """Refuse what a visitor may not do, with a sentence that says what to do about it."""
    if artist is not None and permission in visitor.granted.get(artist, NOTHING):
        return
    if permission not in visitor.permissions:
        raise PermissionMissing
    if not visitor.scope.holds(imprint=imprint, artist=artist):
        raise OutOfScope


def require_recent(visitor: Visitor, minutes: int = RECENT_MINUTES) -> None:
    """Refuse what needs a person who has just proved who they are: money and security."""
    proved = visitor.proved_at
    if visitor.acting is not None or proved is None or clock.now() - proved > timedelta(minutes=minutes):
        raise ProofTooOld


def hands_of(session: Session, member_ids: Collection[UUID | None]) -> set[UUID]:
    """Everybody who counts as the same person as one of these where duties are apart, they themselves among them.

    A program is the hand of whoever made it or took its secret, also by another program of theirs: what it did, each
    of them did. People are the same as nobody but themselves, even where they have a program in common.
    """
    known = [each for each in member_ids if each is not None]
    if not known:
        return set()
    given = literal(known, ARRAY(Uuid))
    behind = select(func.unnest(given).label("id")).cte("behind", recursive=True)
    behind = behind.union(select(ProgramHand.member_id).join(behind, behind.c.id == ProgramHand.program_id))
    hands = select(behind.c.id).cte("hands", recursive=True)
    hands = hands.union(select(ProgramHand.program_id).join(hands, hands.c.id == ProgramHand.member_id))
    return set(session.scalars(select(hands.c.id)))


def require_apart(
    session: Session, visitor: Visitor, permission: Permission, done_by: Mapping[Permission, Collection[UUID]]
) -> None:
    """Refuse a second duty to whoever did the first on the same subject; `done_by` says who did what to it."""
    others = {each for other in apart_from(permission) for each in done_by.get(other, ())}
    if others & hands_of(session, {visitor.member.id}):
        raise SamePerson


def require_no_more(visitor: Visitor, permissions: frozenset[Permission], scope: Scope) -> None:
    """Refuse to hand out a right or a reach that the visitor does not have."""
    if not permissions <= visitor.permissions or not visitor.scope.contains(scope):
        raise BeyondOwn


def why(member: Member, permission: Permission, granted: Granted | None = None) -> Answer:
    """Answer "why can X do this?" with the chain that leads there: the person, the role, what narrows or widens it."""
    held = {} if granted is None or member.disabled_at is not None else granted
    leave = sorted(artist for artist, opened in held.items() if permission in opened)
    what = {"name": member.name, "what": PERMISSION_SENTENCES[permission]}
    has = permission in permissions_of(member) and member.disabled_at is None
    reasons = [Reason(SENTENCES["has" if has or leave else "has_not"], what, said=("what",))]
    if member.disabled_at is not None:
        return Answer(allowed=False, reasons=(*reasons, Reason(SENTENCES["disabled"], {"name": member.name})))
    prefix = "" if has else "not_"
    if member.is_program:
        reasons.append(Reason(SENTENCES[f"{prefix}program"], {}))
    elif member.custom_role is not None:
        reasons.append(Reason(SENTENCES[f"{prefix}custom"], {"role": member.custom_role.name}))
    else:
        role = role_named(member.role)
        reasons.append(Reason(SENTENCES[f"{prefix}role"], {"role": role.name if role else member.role}, said=("role",)))
    widened = (Reason(SENTENCES["granted"], {"keys": ", ".join(leave)}),) if leave else ()
    narrowed = _narrowing(member.scope) if has else ()
    return Answer(allowed=has or bool(leave), reasons=(*reasons, *narrowed, *widened))


def _narrowing(scope: Scope) -> tuple[Reason, ...]:
    found = []
    if scope.imprints is not None:
        found.append(Reason(SENTENCES["imprints"], {"keys": ", ".join(sorted(scope.imprints))}))
    if scope.artists:
        found.append(Reason(SENTENCES["artists"], {"keys": ", ".join(sorted(scope.artists))}))
    elif scope.artists is not None:
        found.append(Reason(SENTENCES["no_artists"], {}))
    return tuple(found)


def member_to_read(session: Session, visitor: Visitor, member_id: UUID | None) -> Member:
    """A colleague; everybody knows themselves."""
    member = session.get(Member, member_id) if member_id else None
    if member is None or member.is_program or (member.id != visitor.member.id and not allows(visitor, "team.view")):
        raise MemberUnknown
    return member


def member_to_change(session: Session, visitor: Visitor, member_id: UUID | None) -> Member:
    """A colleague whose role one may change: nobody who may more, or reach further, than oneself."""
    member = session.get(Member, member_id, with_for_update={"of": Member}) if member_id else None
    if member is None or member.is_program:
        raise MemberUnknown
    require(visitor, "team.edit")
    if not may_change(visitor, member):
        raise BeyondOwn
    return member


def may_change(visitor: Visitor, member: Member) -> bool:
    """Tell whether a visitor may change a member at all: nobody with more rights or reach, and owners only as one."""
    within = permissions_of(member) <= visitor.permissions and visitor.scope.contains(member.scope)
    return within and "team.edit" in visitor.permissions and (member.role != "owner" or visitor.member.role == "owner")


def invitation_to_change(session: Session, visitor: Visitor, invitation_id: UUID | None) -> Invitation:
    """An invitation that is still open."""
    found = session.get(Invitation, invitation_id, with_for_update={"of": Invitation}) if invitation_id else None
    if found is None or found.accepted_at is not None or found.revoked_at is not None:
        raise InvitationUnknown
    require(visitor, "team.invite")
    require_no_more(visitor, permissions_of(found), Scope.of(found.imprints, found.artists))
    return found


def session_to_end(session: Session, member_id: UUID | None, session_id: UUID | None) -> MemberSession:
    """One of a member's own sessions; somebody else's is not found."""
    held = session.get(MemberSession, session_id, with_for_update=True) if session_id else None
    if held is None or held.member_id != member_id or held.ended_at is not None:
        raise SessionUnknown
    return held


def passkey_to_change(session: Session, visitor: Visitor, passkey_id: UUID | None) -> Passkey:
    """One of the visitor's own passkeys."""
    key = session.get(Passkey, passkey_id, with_for_update=True) if passkey_id else None
    if key is None or key.member_id != visitor.member.id:
        raise PasskeyUnknown
    return key


def role_to_read(session: Session, visitor: Visitor, role_id: UUID | None) -> CustomRole:
    """One of the label's own roles."""
    role = session.get(CustomRole, role_id) if role_id else None
    if role is None or not allows(visitor, "team.view"):
        raise CustomRoleUnknown
    return role


def role_to_change(session: Session, visitor: Visitor, role_id: UUID | None) -> CustomRole:
    """One of the label's own roles, if it holds nothing that the visitor does not."""
    role = session.get(CustomRole, role_id, with_for_update=True) if role_id else None
    if role is None:
        raise CustomRoleUnknown
    require(visitor, "roles.edit")
    require_no_more(visitor, known(role.permissions), visitor.scope)
    return role


def grant_to_decide(session: Session, visitor: Visitor, grant_id: UUID | None) -> SupportGrant:
    """A support access that was asked for or runs; only owners let others in."""
    grant = session.get(SupportGrant, grant_id, with_for_update=True) if grant_id else None
    if grant is None or grant.ended_at is not None:
        raise GrantUnknown
    require_owner(visitor)
    return grant


def require_owner(visitor: Visitor) -> None:
    """Refuse everybody but an owner in person."""
    if visitor.member.role != "owner" or visitor.acting is not None:
        raise PermissionMissing


def live_owner_ids(session: Session) -> set[UUID]:
    """The owners who are let in, locked, so that two changes at once cannot remove the last two."""
    query = select(Member.id).where(Member.role == "owner", Member.disabled_at.is_(None)).with_for_update()
    return set(session.scalars(query))


def who_may(session: Session, permission: Permission) -> set[UUID]:
    """The people who are let in and may do this for the whole label."""
    members = session.scalars(select(Member).where(Member.disabled_at.is_(None), Member.kind != PROGRAM))
    return {each.id for each in members if permission in permissions_of(each) and each.scope.is_whole}


def may_see_member(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `members` a visitor sees: everybody knows themselves."""
    return true() if "team.view" in visitor.permissions else Member.id == visitor.member.id


def may_see_file(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `files` a visitor may open: those of the label, but for what belongs to somewhere else.

    A contract's paper, a receipt or a store's report opens for whoever sees the contract or the report; somebody
    narrowed sees what belongs to their part, and what they added themselves.
    """
    if "files.view" not in visitor.permissions:
        return false()
    opened = [exists().where(each.holds(StoredFile.id), each.seen(visitor)) for each in belongings if each.seen]
    kept = [exists().where(each.holds(StoredFile.id)) for each in belongings if each.is_kept]
    mine = true() if visitor.scope.is_whole else StoredFile.created_by == visitor.member.id
    loose = and_(StoredFile.is_derived.is_(False), mine, ~or_(false(), *kept))
    return or_(loose, *opened)


def may_list_file(visitor: Visitor) -> ColumnElement[bool]:
    """The same without what the product made from others."""
    return and_(StoredFile.is_derived.is_(False), may_see_file(visitor))


def file_to_see(session: Session, visitor: Visitor, file_id: UUID | None, *, even_removed: bool = False) -> StoredFile:
    """A file that a visitor may open."""
    require(visitor, "files.view")
    query = select(StoredFile).where(StoredFile.id == file_id, may_see_file(visitor))
    found = session.scalar(query) if file_id else None
    if found is None or (found.removed_at is not None and not even_removed):
        raise FileUnknown
    return found


def file_to_change(
    session: Session, visitor: Visitor, file_id: UUID | None, *, even_removed: bool = False
) -> StoredFile:
    """A file that a visitor may rename, remove and bring back: of those that they are listed."""
    require(visitor, "files.add")
    query = select(StoredFile).where(StoredFile.id == file_id, may_list_file(visitor))
    found = session.scalar(query) if file_id else None
    if found is None or (found.removed_at is not None and not even_removed):
        raise FileUnknown
    return found
