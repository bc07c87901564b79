"""The shop's own pages: journal posts, legal pages and others, in each of the label's languages."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, URLEncodedBody
from sqlalchemy import select

from app.brand.rules.blocks import tidy
from app.catalog.pages.pictures import picture
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.languages import say
from app.kernel.web.realm import realm_of
from app.lists.rules import asked_of
from app.storefront.models import StorePage
from app.storefront.pages.portal.around import (
    TEXTS,
    AnyRequest,
    Sent,
    language_asked,
    language_names,
    moment_of,
    one,
    store_page,
    typed_moment,
    uploaded,
    version_of,
    visitor_for,
)
from app.storefront.policies import text_to_change, text_to_read
from app.storefront.rules import texts as rules
from app.storefront.service import pages, pictures

TEXT = f"{TEXTS}/{{page_id:str}}"
PUBLIC = {"page": "pages", "post": "journal", "legal": "legal"}


@get(TEXTS, sync_to_thread=True)
def list_texts(request: AnyRequest) -> Response[str]:
    """Show the shop's own pages, those of each kind together."""
    return _listed(request)


def _listed(request: AnyRequest, refusal: Refusal | None = None, typed: dict[str, str] | None = None) -> Response[str]:
    _, tenant = visitor_for(request)
    kind = one(asked_of(request.url.query), "kind")
    order = (StorePage.kind, StorePage.published_at.desc().nulls_first(), StorePage.slug)
    query = select(StorePage).order_by(*order)
    with tenant_read(tenant) as session:
        rows = list(session.scalars(query.where(StorePage.kind == kind) if kind in rules.KINDS else query))
        legal = set(session.scalars(select(StorePage.slug).where(StorePage.kind == "legal")))
    said = {"kind": kind, "text_kinds": rules.KIND_SENTENCES, "typed": typed or {}, "public": PUBLIC}
    missing = [slug for slug in rules.LEGAL_SENTENCES if slug not in legal]
    names = {row.id: rules.shown_in(row.titles, tenant.languages, realm_of(request).language) for row in rows}
    told_of = {
        "rows": rows,
        "missing": missing,
        "names": names,
        "of": language_names(realm_of(request).language, tenant.languages),
    }
    return store_page(request, "texts", TEXTS, refusal=refusal, **said, **told_of)


@post(TEXTS, sync_to_thread=True)
def add(request: AnyRequest, data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Begin a page, and lead to where it is written."""
    visitor, tenant = visitor_for(request, "store.edit")
    try:
        with tenant_work(tenant) as session:
            page = pages.create(session, tenant, visitor.actor, kind=one(data, "kind"), title=one(data, "title"))
    except Invalid as refusal:
        return _listed(request, refusal, {name: one(data, name) for name in ("kind", "title")})
    return flash.done(f"{TEXTS}/{page.id}", tenant, sentence("The page was begun. Nobody sees it yet."))


@post(f"{TEXTS}/legal", sync_to_thread=True)
def add_legal(request: AnyRequest) -> Response[Any]:
    """Begin the legal pages that a shop usually has."""
    visitor, tenant = visitor_for(request, "store.edit")
    titles = {slug: say(text, tenant.languages[0]) for slug, text in rules.LEGAL_SENTENCES.items()}
    with tenant_work(tenant) as session:
        pages.write_legal(session, tenant, visitor.actor, titles)
    return flash.done(f"{TEXTS}?kind=legal", tenant, sentence("The pages are begun. Write them, then publish them."))


@get(TEXT, sync_to_thread=True)
def show(request: AnyRequest, page_id: FromPath[str]) -> Response[str]:
    """Show a page in one language as it is written."""
    visitor, tenant = visitor_for(request)
    with tenant_read(tenant) as session:
        page = text_to_read(session, visitor, parse_uuid(page_id))
    return _editor(request, page, {})


def _editor(
    request: AnyRequest, page: StorePage, typed: dict[str, str], *, refusal: Refusal | None = None, preview: str = ""
) -> Response[str]:
    _, tenant = visitor_for(request)
    language = typed.get("language") or language_asked(request, tenant)
    now = {
        "title": page.titles.get(language, ""),
        "body": page.bodies.get(language, ""),
        "slug": page.slug,
        "published_at": typed_moment(tenant, page.published_at),
    }
    is_behind = isinstance(refusal, Conflict)
    return store_page(
        request,
        "text",
        TEXTS,
        refusal=refusal,
        text=page,
        at=language,
        typed={**now, **typed},
        now=now if is_behind else {},
        preview=preview,
        called=rules.shown_in(page.titles, tenant.languages, realm_of(request).language),
        fallback=rules.shown_in(page.titles, tenant.languages, language),
        has_fallback_body=bool(rules.shown_in(page.bodies, tenant.languages, tenant.languages[0])),
        of=language_names(realm_of(request).language, tenant.languages),
        text_kinds=rules.KIND_SENTENCES,
        picture=picture(tenant, page.image, most=640),
        public=f"/{language}/{PUBLIC[page.kind]}/{page.slug}",
    )


@post(TEXT, sync_to_thread=True)
def change(request: AnyRequest, page_id: FromPath[str], data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Keep a page in one language, or show first how it will look."""
    visitor, tenant = visitor_for(request, "store.edit")
    typed = {name: one(data, name) for name in ("language", "title", "body", "slug", "published_at")}
    typed = {name: text for name, text in typed.items() if name in data}
    try:
        if one(data, "look"):
            with tenant_read(tenant) as session:
                page = text_to_read(session, visitor, parse_uuid(page_id))
            return _editor(
                request, page, typed, preview=tidy(rules.paragraphs(typed.get("body", "")[: rules.LONGEST_BODY]))
            )
        with tenant_work(tenant) as session:
            page = text_to_change(session, visitor, parse_uuid(page_id))
            pages.change(session, tenant, visitor.actor, page, _text(tenant, data))
    except (Invalid, Conflict) as refusal:
        with tenant_read(tenant) as session:
            page = text_to_read(session, visitor, parse_uuid(page_id))
        return _editor(request, page, typed, refusal=refusal)
    return flash.done(f"{TEXTS}/{page.id}?language={typed['language']}", tenant, sentence("Saved."))


def _text(tenant: Any, data: Sent) -> pages.Text:
    return pages.Text(
        language=one(data, "language"),
        title=one(data, "title"),
        body=one(data, "body"),
        slug=one(data, "slug"),
        version=version_of(data),
        published_at=moment_of(tenant, one(data, "published_at"), field="published_at"),
    )


def _step(request: AnyRequest, page_id: str, step: Any, said: str, place: str = "") -> Response[Any]:
    visitor, tenant = visitor_for(request, "store.edit")
    with tenant_work(tenant) as session:
        page = text_to_change(session, visitor, parse_uuid(page_id))
        step(session, visitor.actor, page)
    return flash.done(place or f"{TEXTS}/{page_id}", tenant, said)


@post(f"{TEXT}/publication", sync_to_thread=True)
def publish(request: AnyRequest, page_id: FromPath[str]) -> Response[Any]:
    """Show a page to everybody."""
    return _step(request, page_id, pages.publish, sentence("The page is published."))


@post(f"{TEXT}/withdrawal", sync_to_thread=True)
def take_back(request: AnyRequest, page_id: FromPath[str]) -> Response[Any]:
    """Show a page to nobody any more."""
    return _step(request, page_id, pages.take_back, sentence("Nobody sees the page any more."))


@post(f"{TEXT}/removal", sync_to_thread=True)
def remove(request: AnyRequest, page_id: FromPath[str]) -> Response[Any]:
    """Throw a page away."""
    return _step(request, page_id, pages.remove, sentence("The page was removed."), TEXTS)


@post(f"{TEXT}/picture", sync_to_thread=True)
def set_picture(
    request: AnyRequest,
    page_id: FromPath[str],
    data: Annotated[dict[str, Any], BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Show a page with a picture at its head, or say why this one cannot be it."""
    visitor, tenant = visitor_for(request, "store.edit")
    known = parse_uuid(page_id)
    try:
        with tenant_read(tenant) as session:
            page = text_to_read(session, visitor, known)
        stored, looked = uploaded(visitor, data.get("file"))
        with tenant_work(tenant) as session:
            pictures.show(session, tenant, visitor.actor, text_to_change(session, visitor, known), stored, looked)
    except (Invalid, Conflict) as refusal:
        return _editor(request, page, {}, refusal=refusal)
    return flash.done(f"{TEXTS}/{page_id}", tenant, sentence("The picture was changed."))


@post(f"{TEXT}/picture/removal", sync_to_thread=True)
def remove_picture(request: AnyRequest, page_id: FromPath[str]) -> Response[Any]:
    """Show a page without a picture."""
    return _step(request, page_id, pictures.hide, sentence("The picture was removed."))


handlers = [list_texts, add, add_legal, show, change, publish, take_back, remove, set_picture, remove_picture]
