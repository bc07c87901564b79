"""Contracts in force amended many at once: those of a filter with what is typed, or those of a sheet."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.contracts.errors import SheetUnusable
from app.contracts.pages.bulk import BATCHES, called, pieces_of
from app.contracts.pages.listing import LISTING, today_of
from app.contracts.pages.sending import CONTRACTS
from app.contracts.policies import require_bulk
from app.contracts.queries import amendable
from app.contracts.rules import amending as rules
from app.contracts.rules.sheets import MOST_ROWS
from app.contracts.service import bulk
from app.identity.pages import visitor_of
from app.identity.pages.door import again
from app.kernel import files
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid
from app.kernel.sentences import sentence
from app.kernel.web.pages import page, told
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.tables import table
from app.lists.rules import Asked

AMENDMENTS = f"{CONTRACTS}/amendments"
FIELDS = 4
"""How many values a form changes; a sheet changes as many as it has columns."""

NAME = sentence("Amendment")

AnyRequest = Request[Any, Any, Any]


@get(AMENDMENTS, sync_to_thread=True)
def choose(request: AnyRequest) -> Response[Any]:
    """Show which contracts a filter chooses, and what can be changed in them."""
    require_bulk(visitor_of(request))
    return page("contracts/amend.html", realm_of(request), problem=None, **_shown(request, request.url.query))


def _shown(request: AnyRequest, query: str, typed: dict[str, Any] | None = None) -> dict[str, Any]:
    asked = LISTING.asked(query)
    with tenant_read(tenant_of(request)) as session:
        chosen = _chosen(session, request, asked)
    return {
        "here": AMENDMENTS,
        "contracts": CONTRACTS,
        "query": asked.query,
        "chosen": [contract for contract, _ in chosen],
        "most": MOST_ROWS,
        "fields": rules.columns_of(terms for _, terms in chosen),
        "called": called(request),
        "typed": typed or {},
        "rows": range(1, FIELDS + 1),
    }


def _chosen(session: Session, request: AnyRequest, asked: Asked) -> amendable.Chosen:
    return amendable.chosen(session, visitor_of(request), asked, today_of(tenant_of(request)))


@get(f"{AMENDMENTS}/export", sync_to_thread=True)
def sheet(request: AnyRequest) -> Response[bytes]:
    """The contracts of a filter as a sheet with their values: what is changed in it is what is amended."""
    require_bulk(visitor_of(request))
    tenant, asked = tenant_of(request), LISTING.asked(_without_format(request.url.query))
    with tenant_read(tenant) as session:
        heads, rows = amendable.sheet(session, _chosen(session, request, asked))
    return table(f"{tenant.slug}-amendments", request.query_params.get("as", "csv"), heads, rows)


def _without_format(query: str) -> str:
    return "&".join(pair for pair in query.split("&") if not pair.startswith("as="))


@post(AMENDMENTS, sync_to_thread=True)
def amend(
    request: AnyRequest, data: Annotated[dict[str, Any], BodyKwarg(media_type=RequestEncodingType.MULTI_PART)]
) -> Response[Any]:
    """Have amendments looked through: of a sheet, or of the contracts of a filter with the values typed."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_bulk(visitor)
    query, upload = str(data.get("query", ""))[:2_000], data.get("sheet")
    try:
        if isinstance(upload, UploadFile):
            return _of_sheet(request, upload)
        with tenant_work(tenant) as session:
            rows = amendable.rows_of(_chosen(session, request, LISTING.asked(query)), _typed(data))
            changed = ", ".join(map(called(request), (name for name in rows[0] if name != "contract")))
            name = f"{told(realm_of(request), NAME)}: {changed}"
            batch = bulk.open_amendment(session, visitor.actor, name=name[: amendable.LONGEST], rows=rows)
    except Invalid as refusal:
        return again(request, "contracts/amend.html", refusal, **_shown(request, query, data))
    return Redirect(f"{BATCHES}/{batch.id}", status_code=303)


def _of_sheet(request: AnyRequest, upload: UploadFile) -> Response[Any]:
    visitor = visitor_of(request)
    if not upload.filename:
        raise SheetUnusable(columns="—")
    media_type = upload.content_type or "application/octet-stream"
    stored = files.store_stream(visitor.actor, pieces_of(upload), name=upload.filename, media_type=media_type)
    with tenant_work(tenant_of(request)) as session:
        batch = bulk.open_amendment(session, visitor.actor, name=stored.name, file_id=stored.id)
    return Redirect(f"{BATCHES}/{batch.id}", status_code=303)


def _typed(data: dict[str, Any]) -> dict[str, str]:
    """The values of a form, by their fields."""
    found: dict[str, str] = {}
    for number in range(1, FIELDS + 1):
        name, value = str(data.get(f"field_{number}", "")), " ".join(str(data.get(f"value_{number}", "")).split())
        if name and value:
            found[name] = value
    return found


handlers = [choose, sheet, amend]
