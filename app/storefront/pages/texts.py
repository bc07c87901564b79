"""The label's own texts: pages, the journal, what the law wants."""

from __future__ import annotations

from typing import Any

from litestar import Response
from litestar.params import FromPath

from app.kernel.db import tenant_read
from app.kernel.errors import NotFound
from app.kernel.web.strict import query
from app.storefront.models import StorePage
from app.storefront.pages.pictures import picture
from app.storefront.pages.routes import shop_get
from app.storefront.pages.shopper import AnyRequest, Shopper, shop_page, shopper_of
from app.storefront.pages.turning import PER_PAGE, turned
from app.storefront.queries import texts
from app.storefront.rules import prose, ways
from app.storefront.rules.meta import Meta, shortened


def read(shopper: Shopper, row: StorePage) -> dict[str, Any]:
    """A text in the reader's language, or the next best of those that the label wrote it in."""
    title, _ = ways.said(row.titles, shopper.language, shopper.tenant.languages)
    body, tongue = ways.said(row.bodies, shopper.language, shopper.tenant.languages)
    return {
        "title": title,
        "body": prose.shown(body),
        "said": prose.plain(body),
        "gist": shortened(prose.plain(body)),
        "tongue": tongue,
        "picture": picture(row.image),
        "published_at": row.published_at,
        "href": f"{shopper.root}/journal/{row.slug}",
    }


@shop_get("/journal")
def journal(request: AnyRequest) -> Response[Any]:
    """Show what the label has to tell, newest first."""
    shopper, asked = shopper_of(request), query(request, "page")
    with tenant_read(shopper.tenant) as session:
        count = session.scalar(texts.count_posts()) or 0
        page = turned(asked.get("page"), count, f"{shopper.root}/journal")
        rows = list(session.scalars(texts.posts().offset(page.offset).limit(PER_PAGE)))
    posts = [read(shopper, row) for row in rows]
    return shop_page(request, "store/journal.html", shopper, keep=True, posts=posts, page=page)


@shop_get("/journal/{name:str}")
def post(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
    """Show a post."""
    return _text(request, "post", name)


@shop_get("/pages/{name:str}")
def own_page(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
    """Show a page of the label's own."""
    return _text(request, "page", name)


@shop_get("/legal/{name:str}")
def legal(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
    """Show what the law wants to be said."""
    return _text(request, "legal", name)


def _text(request: AnyRequest, kind: str, name: str) -> Response[Any]:
    shopper = shopper_of(request)
    with tenant_read(shopper.tenant) as session:
        row = session.scalar(texts.text(kind, name))
    if row is None:
        raise NotFound
    told = read(shopper, row)
    meta = Meta(
        title=told["title"], description=shortened(told["said"]), kind="article" if kind == "post" else "website"
    )
    return shop_page(request, "store/text.html", shopper, keep=True, told=told, kind=kind, meta=meta)


handlers = [journal, post, own_page, legal]
