"""How much of what a label may have it has."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity.models import Member
from app.kernel.activity import Activity
from app.kernel.files import StoredFile
from app.kernel.tenant import Tenant
from tenants.hosts.service import hosts_of


class Usage(NamedTuple):
    """What a label has: people and programs that are let in, files and their bytes, its log, its web addresses."""

    members: int
    files: int
    bytes: int
    activity: int
    hosts: int


def usage_of(session: Session, tenant: Tenant) -> Usage:
    """What a label has now."""
    members = session.scalar(select(func.count()).where(Member.disabled_at.is_(None))) or 0
    stored, size = session.execute(select(func.count(), func.coalesce(func.sum(StoredFile.size), 0))).one()
    happened = session.scalar(select(func.count()).select_from(Activity)) or 0
    return Usage(members, stored, int(size), happened, len(hosts_of(tenant)))
