"""Signed-in browsers: begun, renewed, found by their token, ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import TIMESTAMP, ColumnElement, bindparam, exists, null, or_, select, true, update
from sqlalchemy.orm import Session

from app.identity.errors import SessionUnknown
from app.identity.models import Member, MemberSession, Passkey, SecurityPolicy, SupportGrant, TotpSecret
from app.identity.policies import Visitor, session_to_end, supporter_for, visitor_for
from app.identity.rules import token_hash
from app.identity.rules.grants import Granted, merged, opened_by
from app.identity.rules.permissions import Permission, known
from app.identity.rules.roles import role_named
from app.identity.rules.scopes import Scope
from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant

SEEN_EVERY = timedelta(minutes=1)
"""How often a session's last use is written down; every request would be a write per read."""

SUPPORT_NAME = "Support"
"""How an operator is called at a label: by no name of ours."""


BY_SERVICE, BY_TRUSTED_SERVICE = "sso", "sso+trusted"
"""How somebody came in whom the label's own sign-in service proved; a trusted one stands for the second factor, too."""


@dataclass(frozen=True, slots=True)
class Came:
    """Where somebody came in from, and how they proved who they are."""

    agent: str
    address: str
    method: str = "password"


class Found(NamedTuple):
    """What a token opens."""

    member: Member
    held: MemberSession
    policy: SecurityPolicy | None
    grant: SupportGrant | None
    has_factor: bool
    grants: Sequence[Mapping[str, Any]] | None = None


GRANTED_AT = bindparam("granted_at", type_=TIMESTAMP(timezone=True))
"""The moment for which it is asked what artists granted."""

Granting = ColumnElement[Any]
"""The SQL of what artists granted the member of the row at hand at `GRANTED_AT`, as a list of JSON objects.

It is made once: the session of every request is looked up with it. Each object says `artist` (a key) and `rights`,
and of its giver `role`, `permissions` (of the label's own role), `imprints`, `artists` and `disabled`.
"""

_granting: list[Granting] = []


def widen(granting: Granting) -> None:
    """Register what says what artists granted: artists are known only above."""
    _granting[:] = [granting]


def granted_sql() -> ColumnElement[Any]:
    """What artists granted the member of the row at hand."""
    return _granting[0] if _granting else null()


def granted_by(grants: Sequence[Mapping[str, Any]] | None) -> Granted:
    """What grants open: of each right, what its giver may do for the artist at this moment."""
    return merged((grant["artist"], opened_by(grant["rights"], _giver(grant))) for grant in grants or ())


def granted_to(session: Session, member: Member) -> Granted:
    """What artists let a member do for them."""
    query = select(granted_sql()).where(Member.id == member.id)
    return granted_by(session.scalar(query, {"granted_at": clock.now()}))


def _giver(grant: Mapping[str, Any]) -> frozenset[Permission]:
    """What the giver of a grant may do for its artist; staff who left had leave when they gave it, artists have not."""
    role = role_named(grant["role"])
    is_narrow = role is not None and role.is_narrow
    scope = Scope.of(grant["imprints"], grant["artists"], is_narrow=is_narrow)
    if (is_narrow and grant["disabled"]) or not scope.holds(imprint=None, artist=grant["artist"]):
        return frozenset()
    return (
        known(grant["permissions"]) if grant["permissions"] is not None else role.permissions if role else frozenset()
    )


def has_factor_sql() -> object:
    """The condition that a member has a second factor."""
    app = exists().where(TotpSecret.member_id == Member.id, TotpSecret.confirmed_at.is_not(None))
    return or_(app, exists().where(Passkey.member_id == Member.id))


def actor_of(tenant: Tenant, member: Member) -> Actor:
    """The member as the one who acts."""
    return Actor(kind="member", id=member.id, tenant=tenant, name=member.name)


def visitor_from(tenant: Tenant, found: Found) -> Visitor:
    """The visitor whom a found session lets in: the member, or support in the member's name."""
    member, held, policy, grant, has_factor, grants = found
    granted = granted_by(grants)
    if grant is not None:
        operator = Actor("operator", grant.operator_id, tenant, SUPPORT_NAME, on_behalf_of=member.id)
        return supporter_for(operator, member, held, grant, granted=granted)
    owes = policy is not None and policy.asks_factor_of(member.role) and held.method != BY_TRUSTED_SERVICE
    lacks = owes and not has_factor
    return visitor_for(actor_of(tenant, member), member, held, lacks_factor=lacks, granted=granted)


def is_by_service(method: str) -> bool:
    """Tell whether somebody came in by the label's own sign-in service."""
    return method.partition("+")[0] == BY_SERVICE


def start(
    session: Session, member: Member, came: Came, *, awaits_factor: bool = False, grant: SupportGrant | None = None
) -> str:
    """Begin a session and give back its token, which is stored nowhere."""
    token, now = ids.new_token(), clock.now()
    session.add(
        MemberSession(
            id=ids.new_id(),
            member_id=member.id,
            token_hash=token_hash(token),
            agent=came.agent[:200],
            address=came.address[:60],
            method=came.method,
            awaits_factor=awaits_factor,
            created_at=now,
            seen_at=now,
            proved_at=None if awaits_factor or grant else now,
            grant_id=grant.id if grant else None,
        )
    )
    session.flush()
    return token


def member_of_token(session: Session, token: str) -> Found | None:
    """The member whose live session this token opens; one that awaits its second factor opens nothing."""
    found = _found(session, token)
    return None if found is None or found.held.awaits_factor else found


def half_of_token(session: Session, token: str) -> Found | None:
    """The member who has shown one factor with this token and owes the second."""
    found = _found(session, token)
    return found if found is not None and found.held.awaits_factor else None


def _found(session: Session, token: str) -> Found | None:
    now = clock.now()
    query = (
        select(Member, MemberSession, SecurityPolicy, SupportGrant, has_factor_sql(), granted_sql())  # type: ignore[call-overload]
        .join(MemberSession, MemberSession.member_id == Member.id)
        .outerjoin(SecurityPolicy, true())
        .outerjoin(SupportGrant, SupportGrant.id == MemberSession.grant_id)
        .where(MemberSession.token_hash == token_hash(token), Member.disabled_at.is_(None))
    )
    row = session.execute(query, {"granted_at": now}).one_or_none()
    if row is None:
        return None
    found = Found(*row)
    if not found.held.is_live(now, found.policy) or (found.grant is not None and not found.grant.is_live(now)):
        return None
    return found


def touch(session: Session, held: MemberSession) -> None:
    """Note that a session is in use."""
    row = session.get(MemberSession, held.id)
    if row is not None:
        row.seen_at = clock.now()


def is_due_for_touch(held: MemberSession) -> bool:
    """Tell whether the last noted use is old enough to be noted again."""
    return clock.now() - held.seen_at > SEEN_EVERY


def live_sessions(session: Session, member_id: UUID) -> list[MemberSession]:
    """The live sessions of a member, the one used last first."""
    query = (
        select(MemberSession)
        .where(MemberSession.member_id == member_id, MemberSession.ended_at.is_(None), ~MemberSession.awaits_factor)
        .order_by(MemberSession.seen_at.desc())
    )
    policy = session.get(SecurityPolicy, 1)
    return [held for held in session.scalars(query) if held.is_live(clock.now(), policy)]


def end_session(session: Session, actor: Actor, session_id: UUID | None) -> None:
    """End one of the actor's own sessions; somebody else's is not found, and support ends support's alone."""
    held = session_to_end(session, actor.on_behalf_of or actor.id, session_id)
    if actor.kind == "operator" and held.grant_id is None:
        session_to_end(session, None, session_id)
    held.end(clock.now())
    activity.record(session, actor, "member.session_ended", subject_type="member_session", subject_id=session_id)


def end_others(session: Session, actor: Actor, member_id: UUID, *, but: UUID | None) -> None:
    """End every session of a member except one."""
    end_all(session, member_id, but=but)
    activity.record(session, actor, "member.sessions_ended", subject_type="member", subject_id=member_id)


def end_all(session: Session, member_id: UUID, *, but: UUID | None = None) -> None:
    """End every session of a member, without a word of its own in the activity."""
    mine = (MemberSession.member_id == member_id) & MemberSession.ended_at.is_(None)
    if but is not None:
        mine &= MemberSession.id != but
    session.execute(update(MemberSession).where(mine).values(ended_at=clock.now()))


def hold(session: Session, visitor: Visitor) -> None:
    """Keep a member as they are until the end of this transaction; a session that was ended meanwhile is refused."""
    session.get_one(Member, visitor.member.id, with_for_update={"of": Member}, populate_existing=True)
    if session.scalar(select(MemberSession.ended_at).where(MemberSession.id == visitor.session_id)) is not None:
        raise SessionUnknown


def renew(session: Session, visitor: Visitor, came: Came) -> str:
    """Replace the visitor's session by a new one after they proved who they are: a new id at a change of privilege."""
    held = session.get_one(MemberSession, visitor.session_id)
    held.ended_at = clock.now()
    if is_by_service(held.method) and not is_by_service(came.method):
        came = replace(came, method=held.method)  # a proof takes nothing away from how they came in
    return start(session, visitor.member, came)
