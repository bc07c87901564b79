"""The label's policy for signing in, and what a member says about themselves."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.identity.errors import ChoiceUnusable
from app.identity.models import Member, SecurityPolicy
from app.identity.policies import Visitor, require, require_recent
from app.identity.rules.roles import CUSTOM, ROLES
from app.identity.service.entry import checked_name
from app.kernel import activity, clock
from app.kernel.web.languages import LANGUAGES

IDLE_MINUTES = (15, 60, 240, 720, 1_440)
ABSOLUTE_HOURS = (12, 24, 168, 336, 720)


def policy_of(session: Session) -> SecurityPolicy:
    """The label's policy, or the usual one."""
    return session.get(SecurityPolicy, 1) or SecurityPolicy.usual()


def change_policy(
    session: Session, visitor: Visitor, *, roles: Sequence[str], idle_minutes: int, absolute_hours: int
) -> None:
    """Set which roles need a second factor and how long sessions last; it holds for sessions that run already."""
    require(visitor, "security.edit")
    require_recent(visitor)
    fits = set(roles) <= {*ROLES, CUSTOM} and idle_minutes in IDLE_MINUTES and absolute_hours in ABSOLUTE_HOURS
    if not fits:
        raise ChoiceUnusable
    policy = policy_of(session)
    before = policy.facts
    policy.second_factor_roles = sorted(set(roles))
    policy.idle_minutes, policy.absolute_hours = idle_minutes, absolute_hours
    session.add(policy)
    session.flush()
    activity.record(session, visitor.actor, "security.policy_changed", before=before, after=policy.facts)


def introduce(session: Session, visitor: Visitor, *, name: str, language: str) -> None:
    """Keep what a member says about themselves when they first come in."""
    if language not in LANGUAGES:
        raise ChoiceUnusable
    member = session.get_one(Member, visitor.member.id, with_for_update={"of": Member})
    before = {"name": member.name, "language": member.language}
    member.name, member.language = checked_name(name), language
    member.welcomed_at = member.welcomed_at or clock.now()
    after = {"name": member.name, "language": member.language}
    activity.record(
        session,
        visitor.actor,
        "member.introduced",
        subject_type="member",
        subject_id=member.id,
        before=before,
        after=after,
    )
