"""From a label into its sandbox: sent by the label, which knows who somebody is, and let in there by a button."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from app.identity.pages.door import DOOR, KEEP_REFERRER, PER_ADDRESS, UseForm
from app.identity.pages.visitors import AnyRequest, came, door_work, onward, session_cookie, visitor_of, wished
from app.identity.pages.ways import TO_SANDBOX
from app.identity.service import following, sessions
from app.identity.service.notices import base_address
from app.kernel import limits
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of

FROM_LABEL = f"{DOOR}/label"


@get(TO_SANDBOX, sync_to_thread=True, opt={"in_person": True, "recent": True})
def send_on(request: AnyRequest) -> Redirect:
    """Send a member who has just proved who they are on to the label's sandbox, with a secret that is good once."""
    visitor = visitor_of(request)
    sandbox, token = following.way_in(tenant_of(request), visitor)
    wish = wished(request.query_params.get("next"))
    onto = f"?{urlencode({'next': wish})}" if wish else ""
    return Redirect(f"{base_address(sandbox)}{FROM_LABEL}/{quote(token)}{onto}", status_code=303)


@get(f"{FROM_LABEL}/{{token:str}}", sync_to_thread=True)
def arrive(request: AnyRequest, token: FromPath[str]) -> Response[str]:
    """Show the button by which somebody comes in whom the label has sent."""
    wish = wished(request.query_params.get("next"))
    action = f"{FROM_LABEL}/{quote(token)}"
    response = page("identity/link_door.html", realm_of(request), action=action, next=wish)
    response.headers.update(KEEP_REFERRER)
    return response


@post(f"{FROM_LABEL}/{{token:str}}", sync_to_thread=True)
def enter(request: AnyRequest, token: FromPath[str], data: URLEncodedBody[UseForm]) -> Redirect:
    """Let a member into the sandbox, once."""
    tenant = tenant_of(request)
    limits.hit(tenant, f"link-from:{realm_of(request).client}", PER_ADDRESS)
    with door_work(tenant) as session:
        held = following.come_in(session, tenant, token, came(request, following.METHOD))
        found = sessions.member_of_token(session, held)
    assert found is not None  # noqa: S101 it was just begun
    return Redirect(onward(data.next, found.member), status_code=303, cookies=[session_cookie(held)])


handlers: list[Any] = [send_on, arrive, enter]
