"""People as a directory says they are: kept, told to the team, and let out within seconds."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.identity.errors import LastOwner, LastWayIn, MemberThere
from app.identity.models import Member
from app.identity.service import kept
from app.kernel import activity, clock, ids
from app.kernel.activity import Activity
from app.kernel.tenant import Tenant
from app.sso.errors import NotVouched, ScimTaken, ScimUnknown
from app.sso.models import Connection, DirectoryGroup, DirectoryMembership, DirectoryUser
from app.sso.policies import check_may_place, check_vouched, of_connection, proved_domains
from app.sso.rules import domain_of, plain_email
from app.sso.service.coming import actor_of, place_for

LONGEST_NAME = 120
Told = TypeVar("Told", DirectoryUser, DirectoryGroup)


def user_to_change(
    session: Session, connection: Connection, user_id: UUID | None, *, locked: bool = True
) -> DirectoryUser:
    """A person of this directory; another's is not found."""
    return of_connection(session, connection, DirectoryUser, user_id, ScimUnknown, locked=locked)


def rows_of(session: Session, connection: Connection, kind: type[Told], name: str | None = None) -> list[Told]:
    """What a directory tells of a kind, the oldest first; or the one of a name."""
    query = select(kind).where(kind.connection_id == connection.id)
    if name is not None:
        query = query.where(kind.folded_name == name.casefold())
    return list(session.scalars(query.order_by(kind.created_at, kind.id)))


def users_of(session: Session, connection: Connection, *, name: str | None = None) -> list[DirectoryUser]:
    """The people of a directory, oldest first; or the one of a name."""
    return rows_of(session, connection, DirectoryUser, name)


def add(session: Session, tenant: Tenant, connection: Connection, document: dict[str, Any]) -> DirectoryUser:
    """Keep somebody whom the directory tells."""
    now = clock.now()
    row = DirectoryUser(
        id=ids.new_id(),
        connection_id=connection.id,
        folded_name=str(document["userName"]).casefold(),
        document=document,
        version=1,
        created_at=now,
        changed_at=now,
        made_member=False,
    )
    session.add(row)
    flushed(session)
    settle(session, tenant, connection, row)
    _tell(session, tenant, connection, "scim.user_kept", row)
    return row


def change(
    session: Session, tenant: Tenant, connection: Connection, row: DirectoryUser, document: dict[str, Any]
) -> None:
    """Keep what the directory now says of somebody."""
    if document == row.document and row.member_id is not None:
        return
    row.document, row.folded_name = document, str(document["userName"]).casefold()
    row.version, row.changed_at = row.version + 1, clock.now()
    flushed(session)
    settle(session, tenant, connection, row)
    _tell(session, tenant, connection, "scim.user_kept", row)


def remove(session: Session, tenant: Tenant, connection: Connection, row: DirectoryUser) -> None:
    """Forget somebody; the member whom it meant is let in no more."""
    member = _member_of(session, row)
    if member is not None:
        check_vouched(connection, member)
        kept.disable(session, tenant, actor_of(tenant, connection), member)
    _tell(session, tenant, connection, "scim.user_removed", row)
    session.delete(row)
    session.flush()


def settle(session: Session, tenant: Tenant, connection: Connection, row: DirectoryUser) -> None:
    """Let the team be what the directory says of one person.

    An address outside the label's proved domains makes nobody a member: whoever runs a directory could write any.
    """
    member, actor = _member_of(session, row), actor_of(tenant, connection)
    email = _email_of(row.document)
    is_ours = bool(email) and domain_of(email) in proved_domains(session, connection.id)
    if member is None and (not row.is_active or not is_ours):
        return
    if member is None:
        member = _found_or_made(session, tenant, connection, row, email)
    check_vouched(connection, member)
    if not row.is_active:
        kept.disable(session, tenant, actor, member)
        return
    if member.disabled_at is not None and _was_let_out_by(session, connection, member):
        kept.enable(session, tenant, actor, member)
    name = _name_of(row.document) or member.name
    try:
        kept.rename(session, actor, member, name=name, email=email if is_ours else member.email)
    except MemberThere:
        raise ScimTaken from None
    give_role(session, tenant, connection, row, member)


def let_in_waiting(session: Session, tenant: Tenant, connection: Connection) -> None:
    """Make members of those who waited for their domain; one who cannot be keeps nobody else waiting."""
    for row in users_of(session, connection):
        if row.member_id is None:
            with suppress(ScimTaken, NotVouched), session.begin_nested():
                settle(session, tenant, connection, row)


def give_role(
    session: Session, tenant: Tenant, connection: Connection, row: DirectoryUser, member: Member | None = None
) -> None:
    """Give a person what their groups mean; whom the directory made, and whom none gives a role, is as all the others.

    The last owner stays one, whatever a group says.
    """
    member = member or _member_of(session, row)
    if member is None:
        return
    place = place_for(session, connection, group_names(session, row), has_default=row.made_member)
    if place is None:
        return
    check_vouched(connection, member)
    check_may_place(connection, place)
    with suppress(LastOwner, LastWayIn):
        kept.give_place(session, tenant, actor_of(tenant, connection), member, place)


def groups_of(session: Session, users: Iterable[UUID]) -> dict[UUID, list[DirectoryGroup]]:
    """The groups of each of these people."""
    query = (
        select(DirectoryMembership.user_id, DirectoryGroup)
        .join(DirectoryGroup, DirectoryGroup.id == DirectoryMembership.group_id)
        .where(DirectoryMembership.user_id.in_(list(users)))
        .order_by(DirectoryGroup.created_at, DirectoryGroup.id)
    )
    found: dict[UUID, list[DirectoryGroup]] = {}
    for user_id, group in session.execute(query):
        found.setdefault(user_id, []).append(group)
    return found


def group_names(session: Session, row: DirectoryUser) -> list[str]:
    """The names of a person's groups."""
    return [str(group.document["displayName"]) for group in groups_of(session, [row.id]).get(row.id, [])]


def _found_or_made(session: Session, tenant: Tenant, connection: Connection, row: DirectoryUser, email: str) -> Member:
    member = session.scalar(select(Member).where(Member.email == email).with_for_update(of=Member))
    if member is not None and (member.is_program or _is_anothers(session, row, member)):
        raise ScimTaken
    if member is None:
        place = place_for(session, connection, group_names(session, row), has_default=True)
        assert place is not None  # noqa: S101 there is a default
        check_may_place(connection, place)
        name = _name_of(row.document) or email.partition("@")[0]
        member = kept.add(session, tenant, actor_of(tenant, connection), email=email, name=name, place=place)
        row.made_member = True
    row.member_id = member.id
    session.flush()
    return member


def _is_anothers(session: Session, row: DirectoryUser, member: Member) -> bool:
    """Whether a directory already tells of this member under another name."""
    query = select(DirectoryUser.id).where(DirectoryUser.member_id == member.id, DirectoryUser.id != row.id)
    return session.scalar(query.limit(1)) is not None


def _member_of(session: Session, row: DirectoryUser) -> Member | None:
    return session.get(Member, row.member_id, with_for_update={"of": Member}) if row.member_id else None


def _was_let_out_by(session: Session, connection: Connection, member: Member) -> bool:
    """Whether it was this directory that last let a member out: whom the team let out, the team lets in again."""
    outs = select(Activity.actor_id).where(Activity.subject_id == member.id, Activity.action == "member.disabled")
    return session.scalar(outs.order_by(Activity.seq.desc()).limit(1)) == connection.id


def _email_of(document: dict[str, Any]) -> str:
    """A person's address: the primary one, the first, or a name that is one."""
    emails = document.get("emails") or []
    first = sorted(emails, key=lambda each: each.get("primary") is not True)
    found = (plain_email(each.get("value")) for each in first)
    return next(filter(None, found), "") or plain_email(document.get("userName"))


def _name_of(document: dict[str, Any]) -> str:
    parts = document.get("name") or {}
    spelled = parts.get("formatted") or " ".join(filter(None, (parts.get("givenName"), parts.get("familyName"))))
    return " ".join(str(document.get("displayName") or spelled).split())[:LONGEST_NAME]


def flushed(session: Session) -> None:
    """Write what a directory tells; a name that another row of its has is taken."""
    try:
        session.flush()
    except IntegrityError:
        raise ScimTaken from None


def _tell(session: Session, tenant: Tenant, connection: Connection, action: str, row: DirectoryUser) -> None:
    """Write down that it happened; who the person is stands with the member."""
    after = {"connection": connection.name, "active": row.is_active, "member": str(row.member_id or "")}
    activity.record(
        session, actor_of(tenant, connection), action, subject_type="scim_user", subject_id=row.id, after=after
    )
