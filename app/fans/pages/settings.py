"""The fan's own settings: name, language, country, what they agreed to, password, browsers."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from app.fans.errors import FanDetailsUnusable
from app.fans.pages.door import LONGEST_PASSWORD, limit_links
from app.fans.pages.following import consent_sentence
from app.fans.pages.visitors import account, account_page, came, fan_cookie, fan_visitor, refused, signed_fan, to
from app.fans.policies import FanVisitor, require_proof
from app.fans.rules import CONSENT_NAMES, consent_kind
from app.fans.rules.addresses import countries
from app.fans.service import consents, entry, keeping, sessions
from app.identity.errors import PasswordBreached, PasswordTooWeak
from app.identity.pages import AnyRequest
from app.identity.rules import SHORTEST_PASSWORD
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.web.languages import LANGUAGES, own_names
from app.kernel.web.realm import tenant_of

SETTINGS = "store/account/settings.html"


class DetailsForm(msgspec.Struct, forbid_unknown_fields=True):
    """What a fan says of themselves."""

    name: str = ""
    tongue: str = ""
    country: str = ""


class PasswordForm(msgspec.Struct, forbid_unknown_fields=True):
    """A password that a fan chose."""

    password: str


def shown(request: AnyRequest, visitor: FanVisitor) -> dict[str, Any]:
    """What the page of settings shows of a fan."""
    language = account(request).split("/")[1]
    with tenant_read(tenant_of(request)) as session:
        given = consents.given(session, visitor.fan)
        held = sessions.live_sessions(session, visitor.fan)
    choices = [(kind, name, consent_sentence(request, kind), kind in given) for kind, name in CONSENT_NAMES.items()]
    return {
        "here": "settings",
        "member": visitor.fan,
        "choices": choices,
        "sessions": held,
        "own": visitor.session_id,
        "languages": own_names(),
        "countries": countries(language),
        "shortest": SHORTEST_PASSWORD,
        "typed": {},
    }


@get("/{language:str}/account/settings", sync_to_thread=True)
def settings_page(request: AnyRequest) -> Response[Any]:
    """Show everything a fan can set."""
    visitor = fan_visitor(request)
    return account_page(request, SETTINGS, **shown(request, visitor))


@post("/{language:str}/account/settings", sync_to_thread=True)
def change_details(request: AnyRequest, data: URLEncodedBody[DetailsForm]) -> Response[Any]:
    """Keep name, language and country."""
    visitor, tenant = fan_visitor(request), tenant_of(request)
    language = data.tongue if data.tongue in LANGUAGES else visitor.fan.language
    try:
        with tenant_work(tenant) as session:
            keeping.change(session, tenant, visitor.fan, name=data.name, language=language, country=data.country)
    except FanDetailsUnusable as refusal:
        typed = {"name": data.name[:500], "country": data.country[:2], "tongue": language}
        return refused(request, SETTINGS, refusal, **shown(request, visitor) | {"typed": typed})
    return to(f"/{language}/account/settings")


@post("/{language:str}/account/settings/password", sync_to_thread=True)
def change_password(request: AnyRequest, data: URLEncodedBody[PasswordForm]) -> Response[Any]:
    """Choose a password; every other browser is signed out."""
    visitor, tenant = fan_visitor(request), tenant_of(request)
    require_proof(visitor)
    try:
        with tenant_work(tenant) as session:
            given = data.password[:LONGEST_PASSWORD]
            token = entry.change_password(session, tenant, visitor, given, came(request, "proof"))
    except (PasswordTooWeak, PasswordBreached) as refusal:
        return refused(request, SETTINGS, refusal, **shown(request, visitor))
    return to(account(request, "/settings"), cookies=[fan_cookie(token)])


@post("/{language:str}/account/settings/consents/{kind:str}", sync_to_thread=True)
def ask_consent(request: AnyRequest, kind: FromPath[str]) -> Response[Any]:
    """Send the mail that asks the fan to confirm what they are about to agree to."""
    fan, tenant = signed_fan(request), tenant_of(request)
    email, language = fan.email or "", account(request).split("/")[1]
    limit_links(request, email)
    with tenant_work(tenant) as session:
        consents.ask(session, tenant, email, kind, language)
    return to(account(request, "/link-sent"))


@post("/{language:str}/account/settings/consents/{kind:str}/end", sync_to_thread=True)
def withdraw_consent(request: AnyRequest, kind: FromPath[str]) -> Response[Any]:
    """Take an agreement back at once."""
    fan, tenant = signed_fan(request), tenant_of(request)
    sentence = consent_sentence(request, consent_kind(kind))
    with tenant_work(tenant) as session:
        consents.withdraw(session, tenant, fan, kind, sentence, "account")
    return to(account(request, "/settings"))


@post("/{language:str}/account/settings/sessions/end-others", sync_to_thread=True)
def end_others(request: AnyRequest) -> Response[Any]:
    """Sign out everywhere else."""
    visitor = fan_visitor(request)
    with tenant_work(tenant_of(request)) as session:
        sessions.end_all(session, visitor.fan, but=visitor.session_id)
    return to(account(request, "/settings"))


@post("/{language:str}/account/settings/sessions/{session_id:str}/end", sync_to_thread=True)
def end_session(request: AnyRequest, session_id: FromPath[str]) -> Response[Any]:
    """Sign one browser out."""
    fan, tenant = signed_fan(request), tenant_of(request)
    with tenant_work(tenant) as session:
        sessions.end(session, tenant, fan, parse_uuid(session_id))
    return to(account(request, "/settings"))


handlers: list[Any] = [
    settings_page, change_details, change_password, ask_consent, withdraw_consent, end_others, end_session,
]  # fmt: skip
