"""What a person allowed programs to do in their name, and how they take it back."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from app.api.policies import consent_to_withdraw
from app.api.rules.scopes import sentences_of
from app.api.service import ending
from app.identity.pages import AnyRequest, frame, visitor_of
from app.kernel import ids
from app.kernel.db import tenant_read, tenant_work
from app.kernel.sentences import sentence
from app.kernel.tenant import READ_ONLY
from app.kernel.web import flash
from app.kernel.web.pages import page, told
from app.kernel.web.realm import realm_of, tenant_of

PROGRAMS = "/portal/settings/security/programs"
OWN: dict[str, Any] = {"unready": True, "in_person": True}


@get(PROGRAMS, sync_to_thread=True, opt=OWN)
def programs_page(request: AnyRequest) -> Response[str]:
    """Show which programs may act in the visitor's name."""
    visitor, realm = visitor_of(request), realm_of(request)
    with tenant_read(tenant_of(request)) as session:
        rows = ending.consents_of(session, visitor.member.id)
    allowed = [(held, client, [told(realm, text) for text in sentences_of(held.scopes)]) for held, client in rows]
    return page("api/programs.html", realm, allowed=allowed, **frame(visitor, request, PROGRAMS))


@post(f"{PROGRAMS}/{{consent_id:str}}/end", sync_to_thread=True, opt=OWN)
def withdraw(request: AnyRequest, consent_id: FromPath[str]) -> Response[Any]:
    """Let a program act in the visitor's name no more."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant, even=READ_ONLY) as session:
        ending.withdraw(session, visitor, consent_to_withdraw(session, visitor, ids.parse_uuid(consent_id)))
    return flash.done(PROGRAMS, tenant, sentence("The program may not act in your name any more."))


handlers: list[Any] = [programs_page, withdraw]
