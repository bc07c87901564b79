"""Who is behind a request, and what its page asks of them.

What a page needs stands on its route, as `opt`: `permission`, `recent` (just proved who they are), `in_person` (no
support in somebody's name), `unready` (open to a member who still owes the label a second factor).
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from litestar import Request, Response
from litestar.datastructures import Cookie
from sqlalchemy.orm import Session

from app.identity import service
from app.identity.errors import ActingReadOnly
from app.identity.models import HALF_LIMIT, Member
from app.identity.policies import Visitor, require, require_recent
from app.identity.rules.roles import role_named
from app.identity.service import Came, Found
from app.identity.service.notices import language_of
from app.kernel.db import current, tenant_read, tenant_work
from app.kernel.errors import NotFound
from app.kernel.tenant import READ_ONLY, Tenant, TenantState
from app.kernel.web.cells import led
from app.kernel.web.gate import SAFE
from app.kernel.web.languages import region
from app.kernel.web.pages import told
from app.kernel.web.realm import Realm, realm_of, tenant_of
from app.kernel.web.redirects import safe_path, whole_path
from app.kernel.web.refusals import handle, prefers_page
from app.kernel.web.surfaces import APP, is_app

SESSION_SECONDS = 14 * 24 * 3600
SENTENCES = {"acting": "Support looks at this label in the name of %(name)s until %(until)s: %(reason)s"}
HOME, SECURITY, PROOF = "/portal", "/portal/settings/security", "/portal/re-authenticate"

AnyRequest = Request[Any, Any, Any]


class SignedOut(NotFound):
    """Nobody is signed in; pages send the person to the door."""

    message = "Sign in to see this."


class FactorMissing(SignedOut):
    """The label asks this member for a second factor, and until there is one nothing else is open."""

    message = "Your label asks for a second factor. Add one to go on."


def cookie_name(kind: str = "session") -> str:
    """A cookie's name: bound to this host and to encryption, except on a developer's plain HTTP."""
    return kind if current().settings.boptone_env == "development" else f"__Host-{kind}"


def session_cookie(value: str, *, seconds: int = SESSION_SECONDS, kind: str = "session") -> Cookie:
    """The cookie that holds a session's token, out of reach of scripts and other sites."""
    secure = current().settings.boptone_env != "development"
    return Cookie(
        key=cookie_name(kind), value=value, path="/", max_age=seconds, httponly=True, secure=secure, samesite="lax"
    )


def half_cookie(value: str) -> Cookie:
    """The cookie of half a session, for as long as the second step may take."""
    return session_cookie(value, seconds=int(HALF_LIMIT.total_seconds()) if value else 0, kind="half")


def came(request: AnyRequest, method: str = "password") -> Came:
    """Where a request comes from."""
    return Came(request.headers.get("user-agent", ""), realm_of(request).client, method)


def door_work(tenant: Tenant) -> AbstractContextManager[Session]:
    """A transaction of coming and going: whoever may read a label may come in, also when nothing can be changed."""
    return tenant_work(tenant, even=READ_ONLY)


def visitor_of(request: AnyRequest) -> Visitor:
    """The member who is signed in and may see this page; `SignedOut` when there is none."""
    visitor, found = _known(request)
    tenant = tenant_of(request)
    if service.is_due_for_touch(found.held) and tenant.state is TenantState.ACTIVE:
        with tenant_work(tenant) as session:
            service.touch(session, found.held)
    _check(request, visitor)
    return visitor


def look_for_visitor(request: AnyRequest) -> None:
    """Have the frame of whoever is signed in around a page that is nobody's, as one that is not found."""
    visitor, _ = _known(request)
    if visitor.lacks_factor:  # nothing else is open to them, so nothing else is shown
        realm_of(request).facts.pop("visitor")


def _known(request: AnyRequest) -> tuple[Visitor, Found]:
    """The member behind a request and their session; `SignedOut` when there is none."""
    tenant, realm = tenant_of(request), realm_of(request)
    if is_app(request):  # whatever this request shows, that app's frame is around it
        realm.facts["surface"] = "artist"
    token = request.cookies.get(cookie_name())
    if not token:
        raise SignedOut
    with tenant_read(tenant) as session:
        found = service.member_of_token(session, token)
    if found is None:
        raise SignedOut
    visitor = service.visitor_from(tenant, found)
    realm.country = region(request.headers.get("accept-language", ""))
    if found.member.welcomed_at is not None:  # from then on it is what they chose, not what the invitation guessed
        realm.speak(language_of(tenant, found.member.language))
    visitor = replace(visitor, language=realm.language)
    realm.facts["visitor"] = visitor
    if visitor.acting is not None:
        realm.facts["acting"] = _banner(realm, visitor)
    return visitor, found


def visitor_here(request: AnyRequest) -> Visitor:
    """The same on pages that stand in the portal and in the artists' app: there one sees one's own artists' alone."""
    visitor = visitor_of(request)
    if not is_app(request) or visitor.scope.artists is not None:
        return visitor
    return replace(visitor, scope=replace(visitor.scope, artists=frozenset()))


def _banner(realm: Realm, visitor: Visitor) -> dict[str, Any]:
    """What stands over every page while support looks at the label."""
    grant = visitor.acting
    if grant is None or grant.ends_at is None or realm.tenant is None:
        return {}
    zone, locale = ZoneInfo(realm.tenant.time_zone), realm.locale
    until = format_datetime(grant.ends_at, "short", tzinfo=zone, locale=locale)
    sentence = told(realm, SENTENCES["acting"], name=visitor.member.name, until=until, reason=grant.reason)
    return {"sentence": sentence, "end": "/portal/sign-out"}


def _check(request: AnyRequest, visitor: Visitor) -> None:
    """Refuse a visitor who does not bring what the route asks for."""
    asked: dict[str, Any] = request.scope["route_handler"].opt
    if visitor.lacks_factor and not asked.get("unready"):
        raise FactorMissing
    if visitor.acting is not None:
        touches = request.method not in SAFE and not asked.get("leaving")
        if asked.get("in_person") or (touches and not visitor.acting.may_change):
            raise ActingReadOnly
    if (permission := asked.get("permission")) is not None:
        require(visitor, permission)
    if asked.get("recent"):
        require_recent(visitor)


def lead_to_proof(
    request: AnyRequest, problem: Exception, *, proof: str = PROOF, back: str = SECURITY
) -> Response[Any]:
    """Lead a person to the page that asks them to prove who they are, and back to where they were.

    What they typed stays in their browser meanwhile, and is in its form again when they come back.
    """
    if not prefers_page(request.headers.get("accept", "")):
        return handle(request, problem)
    here = str(request.url) if request.method in SAFE else request.headers.get("referer", "")
    return led(request, f"{proof}?next={quote(safe_path(whole_path(here), back))}")


def wished(text: str | None) -> str:
    """The page that somebody wanted before they came in; none where that is the door itself."""
    path = safe_path(text, "")
    return "" if path.startswith("/portal/sign-in") else path


def home_of(member: Member) -> str:
    """Where a member begins: artists and their managers in their app, everybody else in the portal."""
    role = role_named(member.role)
    return APP if role is not None and role.is_narrow else HOME


def onward(wish: str | None, member: Member) -> str:
    """Where somebody goes who came in: to the page they wanted, or to where they begin."""
    return wished(wish) or home_of(member)


def frame(visitor: Visitor, request: AnyRequest, here: str) -> dict[str, Any]:
    """What every page of the portal shows around its own."""
    suspended = tenant_of(request).state is TenantState.SUSPENDED
    return {"member": visitor.member, "here": here, "suspended": suspended, "visitor": visitor}
