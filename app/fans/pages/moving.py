"""Another mail address: asked for in the settings, confirmed by the link that was sent there."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from app.fans.errors import MailAddressSame, MailAddressTaken, MailAddressUnusable
from app.fans.pages.door import LONGEST_EMAIL, PER_ADDRESS, limit_links
from app.fans.pages.settings import SETTINGS, shown
from app.fans.pages.visitors import (
    account,
    account_page,
    came,
    fan_cookie,
    fan_visitor,
    language_here,
    quoted,
    refused,
    to,
)
from app.fans.policies import require_proof
from app.fans.service import entry, moving
from app.identity.errors import LinkUsed
from app.identity.pages import AnyRequest
from app.kernel import limits
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Busy
from app.kernel.web.realm import realm_of, tenant_of

MOVE: Final = "store/account/move.html"
LONGEST_TOKEN: Final = 2_000


class MoveForm(msgspec.Struct, forbid_unknown_fields=True):
    """The mail address that a fan wants to have."""

    email: str


@post("/{language:str}/account/settings/mail-address", sync_to_thread=True)
def ask_move(request: AnyRequest, data: URLEncodedBody[MoveForm]) -> Response[Any]:
    """Send the new address the link that confirms it; nothing changes until then."""
    visitor, tenant = fan_visitor(request), tenant_of(request)
    require_proof(visitor)
    try:
        limit_links(request, entry.checked_email(data.email))
        with tenant_work(tenant) as session:
            moving.ask(session, tenant, visitor.fan, data.email, language_here(request))
    except (MailAddressUnusable, MailAddressSame, Busy) as refusal:
        return refused(
            request, SETTINGS, refusal, **shown(request, visitor) | {"typed": {"email": data.email[:LONGEST_EMAIL]}}
        )
    return to(account(request, "/link-sent"))


@get("/{language:str}/account/mail-address/{token:str}", sync_to_thread=True)
def move_page(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """Show the button that confirms; looking at the page uses the link up as little as a mail scanner does."""
    tenant, email = tenant_of(request), ""
    try:
        with tenant_read(tenant) as session:
            email = moving.new_address(session, tenant, token[:LONGEST_TOKEN])
    except LinkUsed as refusal:
        return refused(request, MOVE, refusal, action="", email="")
    return account_page(request, MOVE, action=account(request, f"/mail-address/{quoted(token)}"), email=email)


@post("/{language:str}/account/mail-address/{token:str}", sync_to_thread=True)
def move(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """Take the new address; the browser at hand is the only one that is signed in afterwards."""
    tenant, home = tenant_of(request), account(request, "/settings")
    limits.hit(tenant, f"fan-sign-in-from:{realm_of(request).client}", PER_ADDRESS)
    try:
        with tenant_work(tenant) as session:
            held = moving.confirm(session, tenant, token[:LONGEST_TOKEN], came(request, "link"))
    except (LinkUsed, MailAddressTaken) as refusal:
        return refused(request, MOVE, refusal, action="", email="")
    return to(home, cookies=[fan_cookie(held)])


handlers: list[Any] = [ask_move, move_page, move]
