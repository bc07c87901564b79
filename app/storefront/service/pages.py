"""The shop's own texts: written in each of the label's languages, published and taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.brand.rules.blocks import tidy
from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.kernel.tenant import Tenant
from app.storefront.models import StorePage
from app.storefront.rules import texts as rules
from app.storefront.rules.portal_refusals import TextUnusable


class Text(msgspec.Struct, frozen=True):
    """What an editor sends: a page in one language; empty takes the language away. `version` is what they saw."""

    language: str
    title: str
    body: str
    slug: str
    version: int
    published_at: datetime | None = None
    """For a post: as of when; None leaves it."""


def create(session: Session, tenant: Tenant, actor: Actor, *, kind: str, title: str, slug: str = "") -> StorePage:
    """A page that nobody sees yet, in the label's first language."""
    if kind not in rules.KINDS:
        raise TextUnusable("kind", TextUnusable.KIND)
    titled = _title(title)
    if not titled:
        raise TextUnusable("title", TextUnusable.TITLE)
    now, key = clock.now(), ids.new_id()
    wanted = slug or rules.slug_of(titled) or f"{kind}-{str(key)[-6:]}"
    page = StorePage(
        id=key,
        kind=kind,
        slug=_free_slug(session, kind, wanted, key),
        titles={tenant.languages[0]: titled},
        bodies={},
        version=1,
        created_by=actor.id if actor.kind == "member" else None,
        created_at=now,
        updated_at=now,
    )
    session.add(page)
    session.flush()
    after = {"title": titled, "kind": kind, "slug": page.slug}
    activity.record(session, actor, "store_page.created", subject_type="store_page", subject_id=page.id, after=after)
    return page


def change(session: Session, tenant: Tenant, actor: Actor, page: StorePage, text: Text) -> None:
    """Write a page in one language, its HTML cleaned; `Conflict` where somebody else was faster."""
    if text.version != page.version:
        raise Conflict
    if text.language not in tenant.languages:
        raise TextUnusable("language", TextUnusable.LANGUAGE)
    title, body = _title(text.title), _body(text.body)
    titles, bodies = _with(page.titles, text.language, title), _with(page.bodies, text.language, body)
    if not titles or (body and not title):
        raise TextUnusable("title", TextUnusable.TITLE)
    slug = _free_slug(session, page.kind, text.slug.strip(), page.id)
    before = {"title": page.titles.get(text.language), "slug": page.slug}
    after: dict[str, Any] = {"title": titles.get(text.language), "slug": slug, "language": text.language}
    page.titles, page.bodies, page.slug = titles, bodies, slug
    if text.published_at is not None and page.published_at is not None:
        page.published_at = text.published_at
    _touched(page)
    _record(session, actor, "store_page.changed", page, before, after)


def publish(session: Session, actor: Actor, page: StorePage, at: datetime | None = None) -> None:
    """Show a page to everybody, from now on or from a moment on."""
    if page.published_at is None:
        page.published_at = at or clock.now()
        _touched(page)
        _record(session, actor, "store_page.published", page, None, {"title": _any(page.titles), "slug": page.slug})


def take_back(session: Session, actor: Actor, page: StorePage) -> None:
    """Show a page to nobody any more; it can be published again."""
    if page.published_at is not None:
        page.published_at = None
        _touched(page)
        _record(session, actor, "store_page.taken_back", page, None, {"title": _any(page.titles), "slug": page.slug})


def remove(session: Session, actor: Actor, page: StorePage) -> None:
    """Throw a page away, with all its languages."""
    before = {"title": _any(page.titles), "slug": page.slug, "kind": page.kind}
    session.delete(page)
    _record(session, actor, "store_page.removed", page, before, None)
    session.flush()


def write_legal(session: Session, tenant: Tenant, actor: Actor, titles: dict[str, str]) -> list[StorePage]:
    """The legal pages that a shop usually has and this one lacks, not published, under these titles."""
    there = set(session.scalars(select(StorePage.slug).where(StorePage.kind == "legal")))
    missing = [slug for slug in rules.LEGAL_SENTENCES if slug not in there]
    return [create(session, tenant, actor, kind="legal", title=titles[slug], slug=slug) for slug in missing]


def _record(session: Session, actor: Actor, action: str, page: StorePage, before: Any, after: Any) -> None:
    session.flush()
    activity.record(session, actor, action, subject_type="store_page", subject_id=page.id, before=before, after=after)


def _touched(page: StorePage) -> None:
    page.version += 1
    page.updated_at = clock.now()


def _any(texts: dict[str, str]) -> str:
    return next(iter(texts.values()), "")


def _with(texts: dict[str, str], language: str, text: str) -> dict[str, str]:
    others = {name: said for name, said in texts.items() if name != language}
    return {**others, language: text} if text else others


def _title(text: str) -> str:
    title = " ".join(text.split())
    if len(title) > rules.LONGEST_TITLE:
        raise TextUnusable("title", TextUnusable.TITLE)
    return title


def _body(text: str) -> str:
    if len(text) > rules.LONGEST_BODY:
        raise TextUnusable("body", TextUnusable.BODY)
    return tidy(rules.paragraphs(text)).strip()


def _free_slug(session: Session, kind: str, slug: str, own: UUID) -> str:
    if len(slug) > rules.LONGEST_SLUG or rules.SLUG.fullmatch(slug) is None:
        raise TextUnusable("slug", TextUnusable.SLUG)
    taken = select(StorePage.id).where(StorePage.kind == kind, StorePage.slug == slug, StorePage.id != own)
    if session.scalar(taken) is not None:
        raise TextUnusable("slug", TextUnusable.TAKEN)
    return slug
