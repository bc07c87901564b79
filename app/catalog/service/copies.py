"""Small copies of pictures, kept as files; read by the shop too, and therefore free of what sheets need."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from app.kernel import files
from app.kernel.media.facts import Thumbnail
from app.kernel.tenant import Tenant


def keep_copies(session: Session, tenant: Tenant, copies: Iterable[Thumbnail]) -> dict[str, dict[str, str]]:
    """Store small copies of a picture; gives their files by size and by kind (“avif”, “webp”)."""
    found: dict[str, dict[str, str]] = {}
    for copy in copies:
        kind = copy.media_type.rpartition("/")[2]
        name = f"{copy.size}.{kind}"
        kept = files.keep_derived(session, tenant, copy.data, name=name, media_type=copy.media_type)
        found.setdefault(str(copy.size), {})[kind] = str(kept.id)
    return found
