"""Pictures of products and of the shop's texts: looked at, kept as they came, and copied small, as artwork is."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.orm import Session

from app.catalog.service.copies import keep_copies
from app.kernel import activity, clock
from app.kernel.actor import Actor
from app.kernel.files import StoredFile
from app.kernel.media import Limits, Unreadable, artwork
from app.kernel.media.artwork import Looked
from app.kernel.tenant import Tenant
from app.storefront.models import Product, StorePage
from app.storefront.rules.portal_refusals import PictureUnusable

LARGEST: Final = 20 << 20
SMALLEST: Final = 300


def looked_at(raw: bytes) -> Looked:
    """A picture's size and small copies; refused with what is wrong with it."""
    if not raw:
        raise PictureUnusable(PictureUnusable.MISSING)
    try:
        looked = artwork.looked_at(raw, Limits(picture_bytes=LARGEST))
    except Unreadable as unreadable:
        raise PictureUnusable(unreadable.fault.sentence) from None
    if min(looked.facts.width, looked.facts.height) < SMALLEST:
        raise PictureUnusable(PictureUnusable.SMALL, least=SMALLEST)
    return looked


Pictured = Product | StorePage


def show(session: Session, tenant: Tenant, actor: Actor, thing: Pictured, image: StoredFile, looked: Looked) -> None:
    """Show a product or a text with a picture from now on; the one before stays among the files."""
    copies = keep_copies(session, tenant, looked.copies)
    facts = {"width": looked.facts.width, "height": looked.facts.height, "thumbnails": copies}
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
