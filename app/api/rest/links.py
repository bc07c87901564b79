"""Links that open one file for a while, whoever has them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta
from sqlalchemy.orm import Session

from app.api.rest.conventions import Call, View
from app.api.rest.conventions.schemas import Moment
from app.identity.policies import file_to_see
from app.kernel import clock, files
from app.kernel.files import StoredFile
from app.kernel.files.service import LINK_LIFE


class LinkView(View):
    """An address that opens a file without a token until it ends; nothing in it can be changed."""

    url: Annotated[str, Meta(examples=["https://label.example/files/…"])]
    expires_at: Moment


def link_to(call: Call, file_id: UUID) -> dict[str, Any]:
    """A link to a file whose door was opened."""
    ends: datetime = clock.now() + LINK_LIFE
    return {"url": call.realm.origin + files.url(call.tenant, file_id), "expires_at": ends}


def file_at_hand(call: Call, session: Session, file_id: UUID) -> StoredFile:
    """A file of the label's own that a program names as what it brings."""
    stored = file_to_see(session, call.visitor, file_id)
    if stored.is_derived:
        raise files.FileUnknown
    return stored
