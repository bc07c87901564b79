"""The artwork of a release: looked at before it is taken, with small copies that a worker makes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.errors import ArtworkRefused
from app.catalog.models import Release
from app.catalog.rules.parts import Item
from app.catalog.service.copies import keep_copies
from app.catalog.service.editing import set_values
from app.kernel import files
from app.kernel.actor import Actor
from app.kernel.files import StoredFile
from app.kernel.media import artwork
from app.kernel.media.facts import ArtworkFacts
from app.kernel.tenant import Tenant

MEDIA_TYPES = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "tiff": "image/tiff",
    "avif": "image/avif",
}


def taken(actor: Actor, chunks: Iterable[bytes], *, name: str) -> Item:
    """Look at a picture and keep it; refused by name where it cannot be used. Gives what `set_artwork` takes."""
    with tempfile.NamedTemporaryFile(prefix="artwork-") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        facts = artwork.inspect(Path(file.name))
        if facts.fault is not None:
            raise ArtworkRefused(facts.fault.sentence)
        file.seek(0)
        kept = iter(lambda: file.read(1 << 20), b"")
        stored = files.store_stream(actor, kept, name=name, media_type=MEDIA_TYPES.get(facts.format, ""))
    return {"name": stored.name, "file": str(stored.id), "facts": _told(facts)}


def _told(facts: ArtworkFacts) -> Item:
    said: Item = msgspec.to_builtins(facts)
    return {key: value for key, value in said.items() if key != "fault"}


def set_artwork(session: Session, actor: Actor, release: Release, item: Item | None) -> None:
    """Give a release its artwork, or take it away."""
    set_values(session, actor, release, {"artwork": [item] if item else []})


def make_thumbnails(session: Session, tenant: Tenant, release_id: UUID, file_id: UUID) -> None:
    """Make small copies of a release's artwork, unless it has them or another picture by now."""
    here = select(Release).where(Release.id == release_id, Release.artwork_id == file_id)
    release = session.scalar(here.with_for_update())
    stored = session.get(StoredFile, file_id)
    if release is None or stored is None or (release.artwork or {}).get("thumbnails"):
        return
    with tempfile.NamedTemporaryFile(prefix="artwork-") as file:
        for chunk in files.read_object(tenant, stored.sha256):
            file.write(chunk)
        file.flush()
        made = artwork.thumbnails(Path(file.name))
    release.artwork = (release.artwork or {}) | {"thumbnails": keep_copies(session, tenant, made)}
