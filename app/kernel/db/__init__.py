"""Transactions that belong to one label, and the walls around them."""

from __future__ import annotations

from app.kernel.db.copying import copied_out, copy_rows
from app.kernel.db.database import (
    LOGIN_ROLE,
    OWNER_ROLE,
    PLATFORM_ROLE,
    Database,
    NotConnected,
    close,
    connect,
    current,
)
from app.kernel.db.dialect import NoLabelBound
from app.kernel.db.models import LabelModel, SharedModel, table_of
from app.kernel.db.pool import NoConnectionFree
from app.kernel.db.work import become_label, moment, owner_work, platform_read, platform_work, tenant_read, tenant_work

__all__ = [
    "LOGIN_ROLE",
    "OWNER_ROLE",
    "PLATFORM_ROLE",
    "Database",
    "LabelModel",
    "NoConnectionFree",
    "NoLabelBound",
    "NotConnected",
    "SharedModel",
    "become_label",
    "close",
    "connect",
    "copied_out",
    "copy_rows",
    "current",
    "moment",
    "owner_work",
    "platform_read",
    "platform_work",
    "table_of",
    "tenant_read",
    "tenant_work",
]
