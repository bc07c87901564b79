"""Groups as a directory says they are: their names may mean roles, so who is in them matters at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.kernel import activity, clock, ids
from app.kernel.ids import parse_uuid
from app.kernel.tenant import Tenant
from app.sso.errors import ScimInvalid, ScimUnknown
from app.sso.models import Connection, DirectoryGroup, DirectoryMembership, DirectoryUser
from app.sso.policies import of_connection
from app.sso.service.coming import actor_of
from app.sso.service.directory import flushed, give_role, rows_of


def group_to_change(
    session: Session, connection: Connection, group_id: UUID | None, *, locked: bool = True
) -> DirectoryGroup:
    """A group of this directory; another's is not found."""
    return of_connection(session, connection, DirectoryGroup, group_id, ScimUnknown, locked=locked)


def groups(session: Session, connection: Connection, *, name: str | None = None) -> list[DirectoryGroup]:
    """The groups of a directory, oldest first; or the one of a name."""
    return rows_of(session, connection, DirectoryGroup, name)


def members_of(session: Session, group_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Who is in each of these groups."""
    query = (
        select(DirectoryMembership)
        .where(DirectoryMembership.group_id.in_(list(group_ids)))
        .order_by(DirectoryMembership.user_id)
    )
    found: dict[UUID, list[UUID]] = {}
    for row in session.scalars(query):
        found.setdefault(row.group_id, []).append(row.user_id)
    return found


def add(session: Session, tenant: Tenant, connection: Connection, document: dict[str, Any]) -> DirectoryGroup:
    """Keep a group that the directory tells."""
    plain, wanted, now = _apart(document), _members_in(document), clock.now()
    row = DirectoryGroup(
        id=ids.new_id(),
        connection_id=connection.id,
        folded_name=str(plain["displayName"]).casefold(),
        document=plain,
        version=1,
        created_at=now,
        changed_at=now,
    )
    session.add(row)
    flushed(session)
    _settle(session, tenant, connection, row, wanted, everybody=False)
    _tell(session, tenant, connection, "scim.group_kept", row, len(wanted))
    return row


def change(
    session: Session, tenant: Tenant, connection: Connection, row: DirectoryGroup, document: dict[str, Any]
) -> None:
    """Keep what the directory now says of a group."""
    plain, wanted = _apart(document), _members_in(document)
    is_renamed = plain.get("displayName") != row.document.get("displayName")
    row.document, row.folded_name = plain, str(plain["displayName"]).casefold()
    row.version, row.changed_at = row.version + 1, clock.now()
    flushed(session)
    _settle(session, tenant, connection, row, wanted, everybody=is_renamed)
    _tell(session, tenant, connection, "scim.group_kept", row, len(wanted))


def remove(session: Session, tenant: Tenant, connection: Connection, row: DirectoryGroup) -> None:
    """Forget a group; whoever was in it is what their other groups say."""
    _settle(session, tenant, connection, row, set(), everybody=False)
    _tell(session, tenant, connection, "scim.group_removed", row, 0)
    session.delete(row)
    session.flush()


def _apart(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "members"}


def _members_in(document: dict[str, Any]) -> set[UUID]:
    found = {parse_uuid(str(each.get("value", ""))) for each in document.get("members") or []}
    if None in found:
        raise ScimInvalid(scim_type="invalidValue", fields={"members": ScimInvalid.message})
    return {each for each in found if each is not None}


def _settle(
    session: Session,
    tenant: Tenant,
    connection: Connection,
    row: DirectoryGroup,
    wanted: set[UUID],
    *,
    everybody: bool,
) -> None:
    """Let these people be in a group, and every one of them whom that concerns be what it means."""
    held = set(members_of(session, [row.id]).get(row.id, []))
    known = _known(session, connection, wanted | held)
    if not wanted <= known.keys():
        raise ScimInvalid(scim_type="invalidValue", fields={"members": ScimInvalid.message})
    gone = DirectoryMembership.group_id == row.id
    session.execute(delete(DirectoryMembership).where(gone, DirectoryMembership.user_id.in_(held - wanted)))
    session.add_all(DirectoryMembership(group_id=row.id, user_id=each) for each in wanted - held)
    session.flush()
    for user_id in sorted((wanted | held) if everybody else (wanted ^ held)):
        give_role(session, tenant, connection, known[user_id])


def _known(session: Session, connection: Connection, user_ids: set[UUID]) -> dict[UUID, DirectoryUser]:
    query = select(DirectoryUser).where(DirectoryUser.connection_id == connection.id, DirectoryUser.id.in_(user_ids))
    return {user.id: user for user in session.scalars(query)}


def _tell(
    session: Session, tenant: Tenant, connection: Connection, action: str, row: DirectoryGroup, count: int
) -> None:
    after = {"connection": connection.name, "group": row.document.get("displayName"), "members": count}
    activity.record(
        session, actor_of(tenant, connection), action, subject_type="scim_group", subject_id=row.id, after=after
    )
