"""The two kinds of table: one copy per label, and the platform's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

if TYPE_CHECKING:
    from sqlalchemy import Table

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class LabelModel(DeclarativeBase):
    """A table of which every label has its own; the schema is the wall, so there is no tenant_id."""

    metadata = MetaData(naming_convention=_NAMES)


class SharedModel(DeclarativeBase):
    """A table of the platform in the schema `shared`, always written with that name."""

    metadata = MetaData(schema="shared", naming_convention=_NAMES)


def table_of(model: type[DeclarativeBase]) -> Table:
    """The table behind a model, for statements that are written once and need nothing of the unit of work."""
    return cast("Table", model.__table__)
