"""A statement to take along: as a sheet in the label's brand, as tables, as data, and as a pack that proves itself."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from app.brand.service.drawing import Sheet, draw_sheet
from app.identity.pages import visitor_of
from app.kernel import activity
from app.kernel.db import tenant_work
from app.kernel.files.rules import content_disposition
from app.kernel.ids import parse_uuid
from app.kernel.web.realm import tenant_of
from app.kernel.web.tables import table
from app.lists.errors import FilterUnusable
from app.royalties.pages.periods import as_cells
from app.royalties.pages.statement import STATEMENT
from app.royalties.policies import statement_to_read
from app.royalties.service import auditing, documents

KINDS = {"pdf": "application/pdf", "json": "application/json", "audit": "application/zip"}


@get(f"{STATEMENT}/export", sync_to_thread=True)
def export(request: Request[Any, Any, Any], statement_id: FromPath[str]) -> Response[bytes]:
    """Give a statement in the payee's language and currency."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    kind = request.query_params.get("as", "pdf")
    if kind not in (*KINDS, "csv", "xlsx"):
        raise FilterUnusable
    with tenant_work(tenant) as session:
        statement = statement_to_read(session, visitor, parse_uuid(statement_id))
        after = {"as": kind}
        activity.record(
            session, visitor.actor, "statement.exported", subject_type="statement", subject_id=statement.id, after=after
        )
        name = documents.name_of(session, tenant, statement)
        if kind in ("csv", "xlsx"):
            heads, rows = documents.rows(session, tenant, statement)
            return table(name, kind, heads, (as_cells(kind, row) for row in rows))
        if kind == "pdf":
            made: Sheet | bytes = documents.paper(session, tenant, statement)
        else:
            made = (documents.data if kind == "json" else auditing.pack)(session, tenant, statement)
    disposition = content_disposition(f"{name}.{'zip' if kind == 'audit' else kind}", KINDS[kind], attachment=True)
    content = draw_sheet(tenant, made) if isinstance(made, Sheet) else made
    return Response(content, media_type=KINDS[kind], headers={"content-disposition": disposition})


handlers = [export]
