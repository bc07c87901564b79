"""The list of batches, and the way a new one comes in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg
from litestar.response import Redirect

from app.identity.pages import visitor_of
from app.identity.policies import require
from app.kernel import files
from app.kernel.db import tenant_read, tenant_work
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.uploads.errors import ManifestMissing
from app.uploads.policies import visible_batches
from app.uploads.service import batches

SHOWN = 100
READ_BYTES = 1 << 20
UPLOADS = "/portal/uploads"


@get(UPLOADS, sync_to_thread=True)
def list_batches(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what was brought in lately, and where each batch stands."""
    visitor = visitor_of(request)
    require(visitor, "uploads.create")
    with tenant_read(tenant_of(request)) as session:
        rows = list(session.scalars(visible_batches(visitor).limit(SHOWN)))
    return page("uploads/batches.html", realm_of(request), here=UPLOADS, rows=rows)


@post(UPLOADS, sync_to_thread=True)
def open_batch(
    request: Request[Any, Any, Any],
    data: Annotated[dict[str, UploadFile], BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Redirect:
    """Begin a batch with a manifest."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require(visitor, "uploads.create")
    upload = data.get("manifest")
    if upload is None or not upload.filename:
        raise ManifestMissing
    stored = files.store_stream(visitor.actor, _chunks(upload), name=upload.filename, media_type=upload.content_type)
    with tenant_work(tenant) as session:
        batch = batches.open_batch(session, visitor.actor, name=stored.name, manifest_id=stored.id)
    return Redirect(f"{UPLOADS}/{batch.id}", status_code=303)


def _chunks(upload: UploadFile) -> Iterator[bytes]:
    while chunk := upload.file.read(READ_BYTES):
        yield chunk


handlers = [list_batches, open_batch]
