"""The certificate that seals a label's contracts: what it is, and the way to bring one's own."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg
from sqlalchemy import select

from app.contracts.errors import CertificateUnusable
from app.contracts.models import SigningCertificate
from app.identity.pages import visitor_of
from app.identity.pages.door import again
from app.kernel.db import tenant_read, tenant_work
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of

HERE = "/portal/settings/signing-certificate"
TEMPLATE = "contracts/sign_certificate.html"
OPT: dict[str, Any] = {"permission": "security.edit"}
LONGEST = 200_000


def _shown(request: Request[Any, Any, Any]) -> dict[str, Any]:
    with tenant_read(tenant_of(request)) as session:
        used = session.scalar(select(SigningCertificate).where(SigningCertificate.retired_at.is_(None)))
    return {"here": HERE, "used": used}


@get(HERE, sync_to_thread=True, opt=OPT)
def show(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show what contracts are sealed with."""
    visitor_of(request)
    return page(TEMPLATE, realm_of(request), problem=None, **_shown(request))


@post(HERE, sync_to_thread=True, opt=OPT | {"recent": True, "in_person": True})
def replace(
    request: Request[Any, Any, Any],
    data: Annotated[dict[str, Any], BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Seal with the label's own certificate from now on."""
    from app.contracts.service import sealing  # it brings the library that seals, which few requests need

    visitor, tenant = visitor_of(request), tenant_of(request)
    file, password = data.get("certificate"), data.get("password")
    raw = file.file.read(LONGEST) if isinstance(file, UploadFile) else b""
    try:
        with tenant_work(tenant) as session:
            sealing.replace(session, tenant, visitor.actor, raw, password if isinstance(password, str) else "")
    except CertificateUnusable as refusal:
        return again(request, TEMPLATE, refusal, **_shown(request))
    return flash.done(HERE, tenant, sentence("Contracts are sealed with your certificate from now on."))


handlers = [show, replace]
