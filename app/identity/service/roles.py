"""Roles of the label's own."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.identity.errors import ChoiceUnusable, NameMissing, RoleInUse, RoleNameTaken
from app.identity.models import CustomRole, Invitation, Member
from app.identity.policies import Visitor, require, require_no_more
from app.identity.rules.permissions import PERMISSIONS, Permission, known
from app.identity.rules.roles import ROLES
from app.identity.service import following, sessions
from app.kernel import activity, clock, ids

LONGEST_NAME = 60


def custom_roles(session: Session) -> list[CustomRole]:
    """The label's own roles by name."""
    return list(session.scalars(select(CustomRole).order_by(CustomRole.name)))


def make_role(session: Session, visitor: Visitor, *, name: str, permissions: Iterable[str]) -> CustomRole:
    """Make a role that holds nothing its maker does not."""
    require(visitor, "roles.edit")
    chosen = _chosen(visitor, permissions)
    role = CustomRole(
        id=ids.new_id(),
        name=_free_name(session, name, but=None),
        permissions=chosen,
        created_at=clock.now(),
        created_by=visitor.member.id,
    )
    session.add(role)
    session.flush()
    after = {"name": role.name, "permissions": chosen}
    activity.record(session, visitor.actor, "role.made", subject_type="role", subject_id=role.id, after=after)
    return role


def change_role(session: Session, visitor: Visitor, role: CustomRole, *, name: str, permissions: Iterable[str]) -> None:
    """Change a role; whoever has it signs in again, so that nothing goes on under the old rights."""
    if visitor.actor.tenant is not None:
        following.check_own(visitor.actor.tenant, role)
    chosen = _chosen(visitor, permissions)
    before = {"name": role.name, "permissions": list(role.permissions)}
    role.name, role.permissions = _free_name(session, name, but=role), chosen
    after = {"name": role.name, "permissions": chosen}
    if before == after:
        return
    session.flush()
    if before["permissions"] != chosen:
        for member_id in session.scalars(select(Member.id).where(Member.custom_role_id == role.id)):
            sessions.end_all(session, member_id, but=visitor.session_id)
    if visitor.actor.tenant is not None:
        following.told(session, visitor.actor.tenant)
    activity.record(
        session, visitor.actor, "role.changed", subject_type="role", subject_id=role.id, before=before, after=after
    )


def delete_role(session: Session, visitor: Visitor, role: CustomRole) -> None:
    """Delete a role that nobody has or is invited to."""
    if visitor.actor.tenant is not None:
        following.check_own(visitor.actor.tenant, role)
    has_it = exists().where(Member.custom_role_id == role.id)
    awaits_it = exists().where(
        Invitation.custom_role_id == role.id, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None)
    )
    if session.scalar(select(has_it | awaits_it)):
        raise RoleInUse
    session.execute(delete(Invitation).where(Invitation.custom_role_id == role.id))  # those that are over
    session.delete(role)
    try:
        session.flush()
    except IntegrityError:
        raise RoleInUse from None  # a sign-in service gives it to those who come in
    before = {"name": role.name, "permissions": list(role.permissions)}
    activity.record(session, visitor.actor, "role.deleted", subject_type="role", subject_id=role.id, before=before)
    if visitor.actor.tenant is not None:
        following.told(session, visitor.actor.tenant)


def _chosen(visitor: Visitor, permissions: Iterable[str]) -> list[str]:
    wanted = list(permissions)
    chosen: frozenset[Permission] = known(wanted)
    if not chosen or len(chosen) != len(set(wanted)):
        raise ChoiceUnusable
    require_no_more(visitor, chosen, visitor.scope)
    return [key for key in PERMISSIONS if key in chosen]


def _free_name(session: Session, name: str, *, but: CustomRole | None) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise NameMissing(most=LONGEST_NAME)
    taken = {role.name.casefold() for role in custom_roles(session) if role is not but}
    if name.casefold() in taken | {role.name.casefold() for role in ROLES.values()}:
        raise RoleNameTaken(name=name)
    return name
