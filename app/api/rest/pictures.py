"""Pictures of artists, of products, and at the head of the shop's pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.api.rest.artists import ARTISTS
from app.api.rest.conventions import Answer, Call, Resource, Section
from app.api.rest.conventions.numbered import asked
from app.api.rest.links import LinkView, link_to
from app.api.rest.products import PRODUCTS
from app.api.rest.selling import STORE_PAGES
from app.identity.policies import Visitor
from app.kernel import files
from app.kernel.db import tenant_read, tenant_work
from app.kernel.files import StoredFile
from app.roster.errors import PictureUnset
from app.roster.policies import artist_seen_to_present, artist_to_present, artist_to_read
from app.roster.service import pictures as faces
from app.storefront.policies import product_to_change, product_to_read, require_shop, text_to_change, text_to_read
from app.storefront.service import pictures

SECTION = Section("Pictures", "Pictures of artists, of products, and at the head of the shop's pages.")
KINDS = ("image/jpeg", "image/png", "image/webp", "image/tiff")
Door = Callable[[Session, Visitor, UUID | None], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictured:
    """A kind of thing that has a picture: `place` is where its id stands in the address.

    `to_look` refuses whoever could not change it before bytes are looked at; `looked` says what is wrong with them.
    """

    resource: Resource
    place: str
    to_look: Door
    to_change: Door
    looked: Callable[[bytes], Any]
    show: Callable[[Session, Call, Any, StoredFile, Any], None]
    hide: Callable[[Session, Call, Any], None]


def _for_sale(to_read: Door) -> Door:
    def door(session: Session, visitor: Visitor, known: UUID | None) -> Any:
        found = to_read(session, visitor, known)
        require_shop(visitor, "store.edit")
        return found

    return door


def _in_shop(resource: Resource, place: str, to_read: Door, to_change: Door) -> Pictured:
    return Pictured(
        resource=resource,
        place=place,
        to_look=_for_sale(to_read),
        to_change=to_change,
        looked=pictures.looked_at,
        show=lambda session, call, thing, image, looked: pictures.show(
            session, call.tenant, call.actor, thing, image, looked
        ),
        hide=lambda session, call, thing: pictures.hide(session, call.actor, thing),
    )


PRODUCT: Final = _in_shop(PRODUCTS, "product_id", product_to_read, product_to_change)
PAGE: Final = _in_shop(STORE_PAGES, "page_id", text_to_read, text_to_change)
ARTIST: Final = Pictured(
    resource=ARTISTS,
    place="artist_id",
    to_look=artist_seen_to_present,
    to_change=artist_to_present,
    looked=faces.checked,
    show=lambda session, call, artist, image, copies: faces.show(
        session, call.tenant, call.visitor, artist, image, copies
    ),
    hide=lambda session, call, artist: faces.hide(session, call.visitor, artist),
)


def _set(call: Call, body: bytes, kind: Pictured) -> Answer:
    known = call.id(kind.place)
    with tenant_read(call.tenant) as session:
        kind.resource.require_unchanged(call, kind.to_look(session, call.visitor, known))
    looked = kind.looked(body)
    media_type = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    name = f"picture.{media_type.partition('/')[2]}"
    image = files.store_stream(call.actor, [body], name=name, media_type=media_type)
    with tenant_work(call.tenant) as session:
        thing = _unchanged(call, session, kind)
        kind.show(session, call, thing, image, looked)
        session.flush()
        return kind.resource.one(call, session, thing.id)


def _removed(call: Call, session: Session, kind: Pictured) -> Answer:
    thing = _unchanged(call, session, kind)
    kind.hide(session, call, thing)
    session.flush()
    return kind.resource.one(call, session, thing.id)


def _unchanged(call: Call, session: Session, kind: Pictured) -> Any:
    thing = kind.to_change(session, call.visitor, call.id(kind.place))
    kind.resource.require_unchanged(call, thing)
    return thing


@SECTION.get("/artists/{artist_id}/picture", scope="catalog:read", gives=LinkView)
def read_artist_picture(call: Call, session: Session) -> Answer:
    """Read a link to an artist's picture. As it came in."""
    asked(call, {})
    artist = artist_to_read(session, call.visitor, call.id("artist_id"))
    if artist.image_id is None:
        raise PictureUnset
    return Answer(link_to(call, artist.image_id))


@SECTION.upload("/artists/{artist_id}/picture", scope="catalog:write", raw=KINDS, resource=ARTISTS, matches=True)
def set_artist_picture(call: Call, body: bytes) -> Answer:
    """Set an artist's picture. As it is, up to 20 MB; refused with what is wrong with it."""
    return _set(call, body, ARTIST)


@SECTION.delete("/artists/{artist_id}/picture", scope="catalog:write", resource=ARTISTS, matches=True)
def remove_artist_picture(call: Call, session: Session) -> Answer:
    """Remove an artist's picture. It stays among the files."""
    return _removed(call, session, ARTIST)


@SECTION.upload("/products/{product_id}/picture", scope="store:write", raw=KINDS, resource=PRODUCTS, matches=True)
def set_product_picture(call: Call, body: bytes) -> Answer:
    """Set a product's picture. As it is, up to 20 MB; refused with what is wrong with it."""
    return _set(call, body, PRODUCT)


@SECTION.delete("/products/{product_id}/picture", scope="store:write", resource=PRODUCTS, matches=True)
def remove_product_picture(call: Call, session: Session) -> Answer:
    """Remove a product's picture. Its release's artwork is shown again, where it has one."""
    return _removed(call, session, PRODUCT)


@SECTION.upload("/store-pages/{page_id}/picture", scope="store:write", raw=KINDS, resource=STORE_PAGES, matches=True)
def set_store_page_picture(call: Call, body: bytes) -> Answer:
    """Set the picture at the head of a page. As it is, up to 20 MB; refused with what is wrong with it."""
    return _set(call, body, PAGE)


@SECTION.delete("/store-pages/{page_id}/picture", scope="store:write", resource=STORE_PAGES, matches=True)
def remove_store_page_picture(call: Call, session: Session) -> Answer:
    """Remove a page's picture."""
    return _removed(call, session, PAGE)
