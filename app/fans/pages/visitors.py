"""Which fan is behind a request, and how pages of the account look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.response import Redirect

from app.fans.errors import FanSignedOut
from app.fans.models import SESSION_LIFE, Fan
from app.fans.policies import FanVisitor
from app.fans.service import letters, sessions
from app.identity.pages import AnyRequest, session_cookie
from app.identity.pages.visitors import cookie_name
from app.identity.service import Came
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid, NotFound, Refusal
from app.kernel.tenant import TenantState
from app.kernel.web.cells import led
from app.kernel.web.gate import SAFE
from app.kernel.web.languages import LANGUAGES
from app.kernel.web.pages import page, told, told_refusal
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.redirects import safe_path
from app.kernel.web.refusals import handle, prefers_page, status_of

COOKIE: Final = "fan"
NO_STORE: Final = {"cache-control": "no-store"}
"""What stands on these pages is one fan's alone."""

Dress = Callable[[AnyRequest, str, int, dict[str, Any]], Response[Any] | None]
"""Lays the shop around a page: its request, template, status and values; None where no shop is open."""

_dresses: list[Dress] = []


def dress(how: Dress) -> Dress:
    """Register how the shop, which is known only above, is laid around the pages of the account."""
    _dresses[:] = [how]
    return how


def fan_cookie(value: str) -> Cookie:
    """The cookie of a fan's session, bound to this host; an empty one ends it."""
    return session_cookie(value, seconds=int(SESSION_LIFE.total_seconds()) if value else 0, kind=COOKIE)


def language_here(request: AnyRequest) -> str:
    """The language of the address, which from now on this request is answered in; one we do not speak is not found."""
    language = str(request.path_params.get("language", ""))
    if language not in LANGUAGES:
        raise NotFound
    realm_of(request).speak(language)
    return language


def account(request: AnyRequest, path: str = "") -> str:
    """A path of the account in the language of this request."""
    return f"/{language_here(request)}/account{path}"


def came(request: AnyRequest, method: str) -> Came:
    """Where a fan comes from, and how they showed who they are."""
    return Came(request.headers.get("user-agent", ""), realm_of(request).client, method)


def visitor_here(request: AnyRequest) -> FanVisitor | None:
    """The fan who is signed in here, if one is; asked for once a request."""
    realm = realm_of(request)
    if "fan_visitor" in realm.facts:
        return realm.facts["fan_visitor"]  # type: ignore[no-any-return]  # what this function put there
    token, tenant, found = request.cookies.get(cookie_name(COOKIE)), tenant_of(request), None
    if token:
        with tenant_read(tenant) as session:
            found = sessions.visitor_of_token(session, token)
        if found is not None and sessions.is_due_for_touch(found) and tenant.state is TenantState.ACTIVE:
            with tenant_work(tenant) as session:
                sessions.touch(session, found)
    realm.facts["fan_visitor"] = found
    return found


def fan_of(request: AnyRequest) -> Fan | None:
    """The fan behind a request, or None for a guest."""
    found = visitor_here(request)
    return found.fan if found is not None else None


def fan_visitor(request: AnyRequest) -> FanVisitor:
    """The fan who is signed in here, with their session; `FanSignedOut` when there is none."""
    language_here(request)
    found = visitor_here(request)
    if found is None:
        raise FanSignedOut
    return found


def signed_fan(request: AnyRequest) -> Fan:
    """The fan who is signed in here; others are led to the door and back."""
    return fan_visitor(request).fan


def lead_to_door(request: Request[Any, Any, Any], problem: Exception) -> Response[Any]:
    """Lead a fan who is not signed in to the door and back; a program is told that there is nothing."""
    return _lead(request, problem, "sign-in")


def lead_to_proof(request: Request[Any, Any, Any], problem: Exception) -> Response[Any]:
    """Lead a fan to the page that asks them to show again who they are, and back to where they were."""
    return _lead(request, problem, "proof")


def _lead(request: AnyRequest, problem: Exception, page_name: str) -> Response[Any]:
    if not prefers_page(request.headers.get("accept", "")):
        return handle(request, problem)
    here = request.url.path
    if request.method in SAFE:
        here += f"?{request.url.query}" if request.url.query else ""
    else:
        here = urlsplit(request.headers.get("referer", "")).path
    language = request.path_params.get("language")
    language = language if language in LANGUAGES else letters.spoken(tenant_of(request), realm_of(request).language)
    wish = onward(here, "")
    return led(request, f"/{language}/account/{page_name}" + (f"?{urlencode({'next': wish})}" if wish else ""))


def onward(wish: str | None, default: str) -> str:
    """Where a fan goes next: a path of this shop, and never the door itself or another surface."""
    path = safe_path(wish, "")
    parts = urlsplit(path).path.split("/")
    is_shop = len(parts) > 1 and parts[1] in LANGUAGES
    is_door = parts[2:4] in (["account", "sign-in"], ["account", "link"], ["account", "sign-out"], ["account", "proof"])
    return path if is_shop and not is_door else default


def to(path: str, *, cookies: list[Cookie] | None = None) -> Redirect:
    """Lead on after a form."""
    return Redirect(path, status_code=303, cookies=cookies or [], headers=NO_STORE)


def account_page(request: AnyRequest, template: str, *, status: int = 200, **values: Any) -> Response[Any]:
    """A page of the account in the shop's frame; nobody but its fan's browser keeps it."""
    language = language_here(request)
    shown = {"base": f"/{language}/account", "fan": fan_of(request), "problem": None, "problems": {}} | values
    response = _dressed(request, template, status, shown)
    if response is None:
        response = page(template, realm_of(request), status=status, around="store/account/plain.html", **shown)
    response.headers.update(NO_STORE | {"referrer-policy": "same-origin", "x-robots-tag": "noindex"})
    return response


def _dressed(request: AnyRequest, template: str, status: int, shown: dict[str, Any]) -> Response[Any] | None:
    return _dresses[0](request, template, status, shown | {"around": "store/frame.html"}) if _dresses else None


def refused(request: AnyRequest, template: str, refusal: Refusal, **values: Any) -> Response[Any]:
    """A form once more, with the sentence that says why, and one beside each field that is meant."""
    realm = realm_of(request)
    status = 422 if status_of(refusal) == 403 else status_of(refusal)
    fields = refusal.fields if isinstance(refusal, Invalid) else {}
    problems = {name: told(realm, text) for name, text in fields.items()}
    problem = told_refusal(realm, refusal)
    response = account_page(request, template, status=status, problem=problem, problems=problems, **values)
    if refusal.retry_after:
        response.headers["retry-after"] = str(refusal.retry_after)
    return response


def quoted(text: str) -> str:
    """A part of a path from outside as it stands in an address."""
    return quote(text, safe="")
