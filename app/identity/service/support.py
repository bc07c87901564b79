"""Support access: an owner lets an operator look, for hours, for a reason, and ends it at once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.errors import ChoiceUnusable, GrantUnknown, LinkUsed
from app.identity.models import Member, SupportGrant
from app.identity.policies import Visitor, require_owner, require_recent
from app.identity.service import notices, sessions, tickets
from app.identity.service.sessions import SUPPORT_NAME, Came
from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant

MOST_HOURS = 24
WAY_IN_LIFE = timedelta(minutes=2)
SHORTEST_REASON, LONGEST_REASON = 8, 500


def ask(session: Session, tenant: Tenant, operator_id: UUID, *, reason: str, hours: int) -> SupportGrant:
    """Ask the label's owners, by mail and on their security page, to let an operator look."""
    grant = _new(reason, hours, operator_id)
    session.add(grant)
    session.flush()
    _record(session, _operator(tenant, operator_id), "support.asked", grant)
    for owner in session.scalars(select(Member).where(Member.role == "owner", Member.disabled_at.is_(None))):
        notices.ask_owner(session, tenant, owner, hours=grant.hours, reason=grant.reason)
    return grant


def offer(
    session: Session, tenant: Tenant, visitor: Visitor, *, reason: str, hours: int, may_change: bool
) -> SupportGrant:
    """Let support in without having been asked."""
    require_owner(visitor)
    grant = _new(reason, hours, None)
    session.add(grant)
    allow(session, tenant, visitor, grant, may_change=may_change)
    return grant


def allow(session: Session, tenant: Tenant, visitor: Visitor, grant: SupportGrant, *, may_change: bool) -> None:
    """Allow what was asked for, from now on and for its hours."""
    require_owner(visitor)
    require_recent(visitor)
    grant.grant(visitor.member.id, clock.now(), may_change=may_change)
    session.flush()
    _record(session, visitor.actor, "support.allowed", grant)
    notices.tell(session, tenant, visitor.member, "support_on")


def end(session: Session, actor: Actor, grant: SupportGrant) -> None:
    """End an access, or refuse it before it began; sessions under it open nothing from this moment."""
    grant.end(clock.now())
    _record(session, actor, "support.ended", grant)


def open_grants(session: Session) -> list[SupportGrant]:
    """What was asked for or runs, the newest first."""
    now = clock.now()
    query = select(SupportGrant).where(SupportGrant.ended_at.is_(None)).order_by(SupportGrant.asked_at.desc())
    return [grant for grant in session.scalars(query) if grant.ends_at is None or grant.is_live(now)]


def issue_way_in(session: Session, operator_id: UUID, grant_id: UUID | None) -> str:
    """Give an operator the secret that leads into the label once; whoever uses an offer first takes it up."""
    grant = session.get(SupportGrant, grant_id, with_for_update=True) if grant_id else None
    if grant is None or not grant.is_live(clock.now()) or grant.operator_id not in (None, operator_id):
        raise GrantUnknown
    grant.operator_id = operator_id
    token = ids.new_token()
    tickets.issue(session, "support", token, subject_id=grant.id, life=WAY_IN_LIFE)
    return token


def come_in(session: Session, tenant: Tenant, token: str, came: Came) -> str:
    """Begin the session of an operator in the name of the owner who allowed it."""
    grant = session.get(SupportGrant, tickets.use(session, "support", token))
    owner = session.get(Member, grant.granted_by) if grant else None
    if grant is None or owner is None or not grant.is_live(clock.now()) or grant.operator_id is None:
        raise LinkUsed
    _record(session, _operator(tenant, grant.operator_id, owner.id), "support.came_in", grant)
    return sessions.start(session, owner, came, grant=grant)


def _new(reason: str, hours: int, operator_id: UUID | None) -> SupportGrant:
    reason = " ".join(reason.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON or not 1 <= hours <= MOST_HOURS:
        raise ChoiceUnusable
    return SupportGrant(
        id=ids.new_id(), reason=reason, operator_id=operator_id, hours=hours, may_change=False, asked_at=clock.now()
    )


def _operator(tenant: Tenant, operator_id: UUID, on_behalf_of: UUID | None = None) -> Actor:
    return Actor("operator", operator_id, tenant, SUPPORT_NAME, on_behalf_of=on_behalf_of)


def _record(session: Session, actor: Actor, action: str, grant: SupportGrant) -> None:
    after = {"reason": grant.reason, "hours": grant.hours, "may_change": grant.may_change}
    activity.record(session, actor, action, subject_type="support_grant", subject_id=grant.id, after=after)
