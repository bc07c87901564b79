"""Pictures of products and of the shop's texts: looked at, kept as they came, and copied small, as artwork is."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy.orm import Session

from app.kernel import activity, clock, files
from app.kernel.actor import Actor
from app.kernel.files import StoredFile
from app.kernel.media import Limits, Thumbnail, Unreadable, artwork
from app.kernel.tenant import Tenant
from app.storefront.models import Product, StorePage
from app.storefront.rules.portal_refusals import PictureUnusable

LARGEST: Final = 20 << 20
SMALLEST: Final = 300


class Looked(NamedTuple):
    """A picture that can be used: its size in pixels, and small copies."""

    width: int
    height: int
    copies: list[Thumbnail]


def looked_at(raw: bytes) -> Looked:
    """A picture's size and small copies; refused with what is wrong with it."""
    if not raw:
        raise PictureUnusable(PictureUnusable.MISSING)
    with tempfile.NamedTemporaryFile(prefix="product-") as kept:
        kept.write(raw)
        kept.flush()
        path, limits = Path(kept.name), Limits(picture_bytes=LARGEST)
        facts = artwork.inspect(path, limits)
        if facts.fault is not None:
            raise PictureUnusable(facts.fault.sentence)
        if min(facts.width, facts.height) < SMALLEST:
            raise PictureUnusable(PictureUnusable.SMALL, least=SMALLEST)
        try:
            return Looked(facts.width, facts.height, artwork.thumbnails(path, limits))
        except Unreadable as unreadable:
            raise PictureUnusable(unreadable.fault.sentence) from None


Pictured = Product | StorePage


def show(session: Session, tenant: Tenant, actor: Actor, thing: Pictured, image: StoredFile, looked: Looked) -> None:
    """Show a product or a text with a picture from now on; the one before stays among the files."""
    found: dict[str, dict[str, str]] = {}
    for copy in looked.copies:
        kind = copy.media_type.rpartition("/")[2]
        sha256, size = files.put_object(tenant, [copy.data], most_bytes=len(copy.data))
        kept = files.note_object(
            session,
            Actor.system(tenant),
            sha256=sha256,
            size=size,
            name=f"{copy.size}.{kind}",
            media_type=copy.media_type,
            is_derived=True,
        )
        found.setdefault(str(copy.size), {})[kind] = str(kept.id)
    facts = {"width": looked.width, "height": looked.height, "thumbnails": found}
    _change(session, actor, thing, image, facts)


def hide(session: Session, actor: Actor, thing: Pictured) -> None:
    """Show a product by its release's artwork again, or by nothing; a text without a picture."""
    if thing.image_id is not None:
        _change(session, actor, thing, None, None)


def _change(
    session: Session, actor: Actor, thing: Pictured, image: StoredFile | None, facts: dict[str, Any] | None
) -> None:
    thing.image_id, thing.image = image.id if image else None, facts
    thing.version, thing.updated_at = thing.version + 1, clock.now()
    session.flush()
    kind = "product" if isinstance(thing, Product) else "store_page"
    title = thing.title if isinstance(thing, Product) else next(iter(thing.titles.values()), "")
    after = {"picture": image.name if image else None, "title": title}
    activity.record(session, actor, f"{kind}.pictured", subject_type=kind, subject_id=thing.id, after=after)
