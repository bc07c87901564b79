"""What is kept about a fan: given out to them, and erased."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Stream

from app.fans.errors import ErasureNotMeant
from app.fans.pages.visitors import NO_STORE, account, account_page, fan_cookie, fan_visitor, refused, signed_fan, to
from app.fans.policies import export_to_read, require_proof
from app.fans.service import erasing, exporting
from app.identity.pages import AnyRequest
from app.kernel import limits
from app.kernel.db import tenant_read, tenant_work
from app.kernel.files.rules import content_disposition
from app.kernel.files.store import read_object
from app.kernel.ids import parse_uuid
from app.kernel.web.realm import tenant_of

EXPORTS = "5/day"
ERASE = "store/account/erase.html"


class EraseForm(msgspec.Struct, forbid_unknown_fields=True):
    """The box that says that it is meant."""

    meant: str = ""


@get("/{language:str}/account/data", sync_to_thread=True)
def data_page(request: AnyRequest) -> Response[Any]:
    """Show what a fan can have of their data, and the file that waits."""
    fan = signed_fan(request)
    with tenant_read(tenant_of(request)) as session:
        file = exporting.newest(session, fan)
    is_asked = "asked" in request.query_params
    return account_page(request, "store/account/data.html", here="data", file=file, is_asked=is_asked)


@post("/{language:str}/account/data", sync_to_thread=True)
def ask_data(request: AnyRequest) -> Response[Any]:
    """Have the fan's data put together."""
    fan, tenant = signed_fan(request), tenant_of(request)
    limits.hit(tenant, f"fan-export:{fan.id}", EXPORTS)
    with tenant_work(tenant) as session:
        exporting.ask(session, tenant, fan)
    return to(account(request, "/data?asked=1"))


@get("/{language:str}/account/data/{file_id:str}", sync_to_thread=True)
def data_file(request: AnyRequest, file_id: FromPath[str]) -> Response[Any]:
    """Send the fan the file with their data."""
    fan, tenant = signed_fan(request), tenant_of(request)
    with tenant_read(tenant) as session:
        stored = export_to_read(session, fan, parse_uuid(file_id))
    headers = NO_STORE | {
        "content-disposition": content_disposition(stored.name, stored.media_type, attachment=True),
        "content-length": str(stored.size),
        "content-security-policy": "default-src 'none'; sandbox",
    }
    body = read_object(tenant, stored.sha256, start=0, end=stored.size)
    return Stream(body, media_type=stored.media_type, headers=headers)


@get("/{language:str}/account/erasure", sync_to_thread=True)
def erase_page(request: AnyRequest) -> Response[Any]:
    """Say what erasing takes away and what stays, to somebody who has just shown who they are."""
    require_proof(fan_visitor(request))
    return account_page(request, ERASE, here="data")


@post("/{language:str}/account/erasure", sync_to_thread=True)
def erase(request: AnyRequest, data: URLEncodedBody[EraseForm]) -> Response[Any]:
    """Erase everything that tells who the fan is, and let them go."""
    visitor, tenant = fan_visitor(request), tenant_of(request)
    require_proof(visitor)
    if not data.meant:
        problem = ErasureNotMeant(fields={"meant": ErasureNotMeant.message})
        return refused(request, ERASE, problem, here="data")
    with tenant_work(tenant) as session:
        erasing.erase(session, tenant, visitor.fan)
    return to(account(request, "/erased"), cookies=[fan_cookie("")])


@get("/{language:str}/account/erased", sync_to_thread=True)
def erased_page(request: AnyRequest) -> Response[Any]:
    """Say goodbye."""
    return account_page(request, "store/account/erased.html")


handlers: list[Any] = [data_page, ask_data, data_file, erase_page, erase, erased_page]
