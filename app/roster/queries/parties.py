"""Finding legal persons as people type their names."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, or_

from app.roster.models import Party
from app.roster.queries.search import called


def known_as(wanted: str) -> ColumnElement[bool]:
    """Who is called so, or something much like it, or has a mail address that holds it."""
    return or_(called(Party.legal_name, wanted), func.strpos(func.lower(Party.email), wanted.lower()) > 0)
