"""How a version looks, shown within its editor and beside another: in light and in dark, with what is typed."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody

from app.brand import policies, service
from app.brand.models import ThemeVersion
from app.brand.pages.frame import HERE, editor, viewer
from app.brand.schemas import ThemeForm
from app.kernel import ids
from app.kernel.db import tenant_read
from app.kernel.web.headers import within_own_pages
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from themes.engine import Inputs
from themes.engine.inputs import plain

LOOK = f"{HERE}/drafts/{{version_id:str}}/look"
TRACKS = ((1, 1_204_118, 21_402_660_000, 14_981_862_000), (2, 830_450, 14_612_090_000, 10_228_463_000))
"""A number, streams, and two amounts in micros: numbers that are nobody's."""


@get(LOOK, sync_to_thread=True)
def look(request: Request[Any, Any, Any], version_id: FromPath[str]) -> Response[str]:
    """A version as it is kept."""
    viewer(request)
    return _shown(request, _version(request, version_id).said)


@post(LOOK, sync_to_thread=True)
def imagine(request: Request[Any, Any, Any], version_id: FromPath[str], data: URLEncodedBody[ThemeForm]) -> Any:
    """The same as it would be with what is typed, which is kept nowhere."""
    editor(request)
    said = _version(request, version_id).said
    return _shown(request, service.imagine(said, data.said(plain(said))))


def _version(request: Request[Any, Any, Any], version_id: str) -> ThemeVersion:
    with tenant_read(tenant_of(request)) as session:
        return policies.version_to_read(session, ids.parse_uuid(version_id))


def _shown(request: Request[Any, Any, Any], inputs: Inputs) -> Response[str]:
    realm, tenant = realm_of(request), tenant_of(request)
    realm.facts["theme"] = service.look_of(tenant, inputs)
    answer = page("brand/look.html", realm, is_look=True, tracks=TRACKS, currency=tenant.currency)
    answer.headers.update(within_own_pages(realm.nonce))
    return answer


handlers = [look, imagine]
