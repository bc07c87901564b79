"""Bringing reports in, and looking at what came of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.royalties.models import SalesReport
from app.royalties.service import importing

LINES = """
SELECT l.*, a.isrc, a.upc, a.catalog_number, a.store_id, a.title, a.artist, a.recording_id, a.release_id, a.match, c.*
FROM sales_lines l JOIN sales_assets a ON a.id = l.asset_id JOIN sales_contexts c ON c.id = l.context_id
WHERE l.report_id = :report ORDER BY l.row
"""


def bring(tenant: Tenant, folder: Path, name: str, body: bytes | str, **more: Any) -> SalesReport:
    """A file of this name and content, imported."""
    path = folder / name
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    with tenant_work(tenant) as session:
        return importing.import_report(session, tenant, Actor.system(tenant), path, **more)


def lines_of(tenant: Tenant, report: SalesReport) -> list[Any]:
    """The lines of a report with their assets and circumstances."""
    with tenant_read(tenant) as session:
        return list(session.execute(text(LINES), {"report": report.id}))
