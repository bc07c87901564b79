"""Pictures of the shop: of its products, and at the head of its pages."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Call, Section
from app.api.rest.products import PRODUCTS
from app.api.rest.selling import STORE_PAGES
from app.kernel import files
from app.kernel.db import tenant_read, tenant_work
from app.kernel.files import StoredFile
from app.storefront.policies import product_to_change, product_to_read, require_shop, text_to_change, text_to_read
from app.storefront.service import pictures
from app.storefront.service.pictures import Looked

SECTION = Section("Pictures of the shop", "Pictures of products, and at the head of the shop's pages.")
KINDS = ("image/jpeg", "image/png", "image/webp", "image/tiff")


@SECTION.upload("/products/{product_id}/picture", scope="store:write", raw=KINDS, resource=PRODUCTS, matches=True)
def set_product_picture(call: Call, body: bytes) -> Answer:
    """Set a product's picture. As it is, up to 20 MB; refused with what is wrong with it."""
    known = call.id("product_id")
    with tenant_read(call.tenant) as session:
        PRODUCTS.require_unchanged(call, product_to_read(session, call.visitor, known))
        require_shop(call.visitor, "store.edit")
    stored, looked = _kept(call, body)
    with tenant_work(call.tenant) as session:
        product = product_to_change(session, call.visitor, known)
        PRODUCTS.require_unchanged(call, product)
        pictures.show(session, call.tenant, call.actor, product, stored, looked)
        return PRODUCTS.one(call, session, product.id)


@SECTION.delete("/products/{product_id}/picture", scope="store:write", resource=PRODUCTS, matches=True)
def remove_product_picture(call: Call, session: Session) -> Answer:
    """Remove a product's picture. Its release's artwork is shown again, where it has one."""
    product = product_to_change(session, call.visitor, call.id("product_id"))
    PRODUCTS.require_unchanged(call, product)
    pictures.hide(session, call.actor, product)
    return PRODUCTS.one(call, session, product.id)


@SECTION.upload("/store-pages/{page_id}/picture", scope="store:write", raw=KINDS, resource=STORE_PAGES, matches=True)
def set_store_page_picture(call: Call, body: bytes) -> Answer:
    """Set a page's picture. As it is, up to 20 MB; refused with what is wrong with it."""
    known = call.id("page_id")
    with tenant_read(call.tenant) as session:
        STORE_PAGES.require_unchanged(call, text_to_read(session, call.visitor, known))
        require_shop(call.visitor, "store.edit")
    stored, looked = _kept(call, body)
    with tenant_work(call.tenant) as session:
        page = text_to_change(session, call.visitor, known)
        STORE_PAGES.require_unchanged(call, page)
        pictures.show(session, call.tenant, call.actor, page, stored, looked)
        return STORE_PAGES.one(call, session, page.id)


@SECTION.delete("/store-pages/{page_id}/picture", scope="store:write", resource=STORE_PAGES, matches=True)
def remove_store_page_picture(call: Call, session: Session) -> Answer:
    """Remove a page's picture."""
    page = text_to_change(session, call.visitor, call.id("page_id"))
    STORE_PAGES.require_unchanged(call, page)
    pictures.hide(session, call.actor, page)
    return STORE_PAGES.one(call, session, page.id)


def _kept(call: Call, body: bytes) -> tuple[StoredFile, Looked]:
    looked = pictures.looked_at(body)
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    name = f"picture.{kind.partition('/')[2]}"
    return files.store_stream(call.actor, [body], name=name, media_type=kind), looked
