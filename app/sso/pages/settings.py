"""Where sign-in services are set up: what there is, what is new, and who must use them."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response, get, post
from litestar.params import URLEncodedBody
from litestar.response import Redirect
from sqlalchemy import select

from app.identity.models import Member
from app.identity.pages import AnyRequest, Visitor, frame, visitor_of
from app.identity.pages.door import again, several
from app.identity.service import security
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Refusal
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash, shell
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.shell import Place
from app.sso.errors import FormUnusable, ServiceRefused
from app.sso.gateways import provider as gateway
from app.sso.pages.door import SETTINGS
from app.sso.policies import proved_domains, require_setter
from app.sso.rules.metadata import ServiceFacts, is_web_address, read_service
from app.sso.schemas import EnforceForm, NewProvider, NewService
from app.sso.service import connections
from app.sso.service.connections import OidcFacts

SEE: Final[dict[str, Any]] = {"permission": "security.edit", "in_person": True}
CHANGE: Final[dict[str, Any]] = {**SEE, "recent": True}
TEMPLATE: Final = "sso/settings.html"
MODE_SENTENCES = {
    "nobody": "Nobody: it is one way in among others",
    "domains": "Everybody whose mail domain was proved",
    "everybody": "Everybody who works here, and every artist",
}

shell.add(
    Place(
        sentence("Sign-in services"),
        SETTINGS,
        "lock",
        group="settings",
        section="people",
        order=62,
        hint=sentence("Your own sign-in service, and people and groups from your directory"),
        permission="security.edit",
        whole=True,
    )
)


def _shown(request: AnyRequest, visitor: Visitor) -> dict[str, Any]:
    with tenant_read(tenant_of(request)) as session:
        require_setter(visitor)
        owners = select(Member).where(Member.role == "owner", Member.disabled_at.is_(None)).order_by(Member.name)
        held = connections.connections(session)
        return {
            **frame(visitor, request, SETTINGS),
            "rows": held,
            "may_enforce": any(each.is_live and each.proved_at for each in held),
            "domains": proved_domains(session),
            "policy": security.policy_of(session),
            "owners": session.scalars(owners).all(),
            "modes": MODE_SENTENCES,
        }


def facts_of(data: NewService) -> tuple[ServiceFacts, str]:
    """What a SAML service says about itself, from the form or from its address."""
    url = data.metadata_url.strip()
    if bool(url) == bool(data.metadata.strip()):
        raise FormUnusable
    facts = read_service(gateway.saml_metadata(url) if url else data.metadata.strip().encode())
    if not is_web_address(facts.sso_url, may_be_plain=False):
        raise FormUnusable
    return facts, url


def provider_of(tenant: Tenant, data: NewProvider) -> OidcFacts:
    """What is typed about an OpenID provider, once it has answered for itself."""
    try:
        gateway.check_place(data.issuer.strip())
        gateway.describe(tenant, data.issuer.strip())
    except ServiceRefused:
        raise FormUnusable from None
    return OidcFacts(data.issuer, data.client_id, data.client_secret)


@get(SETTINGS, sync_to_thread=True, opt=SEE)
def settings_page(request: AnyRequest) -> Response[str]:
    """Show the label's sign-in services and who must use them."""
    visitor = visitor_of(request)
    return page(TEMPLATE, realm_of(request), problem=None, typed={}, **_shown(request, visitor))


@post(f"{SETTINGS}/oidc", sync_to_thread=True, opt=CHANGE)
def add_provider(request: AnyRequest, data: URLEncodedBody[NewProvider]) -> Response[Any]:
    """Connect an OpenID provider."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        facts = provider_of(tenant, data)
        with tenant_work(tenant) as session:
            made = connections.add_oidc(session, tenant, visitor, data.name, facts)
    except Refusal as refusal:
        typed = {"name": data.name, "issuer": data.issuer, "client_id": data.client_id}
        return again(request, TEMPLATE, refusal, typed=typed, **_shown(request, visitor))
    return Redirect(f"{SETTINGS}/{made.id}", status_code=303)


@post(f"{SETTINGS}/saml", sync_to_thread=True, opt=CHANGE)
def add_service(request: AnyRequest, data: URLEncodedBody[NewService]) -> Response[Any]:
    """Connect a SAML service."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        facts, url = facts_of(data)
        with tenant_work(tenant) as session:
            made = connections.add_saml(session, visitor, data.name, facts, metadata_url=url)
    except Refusal as refusal:
        typed = {"name": data.name, "metadata_url": data.metadata_url}
        return again(request, TEMPLATE, refusal, typed=typed, **_shown(request, visitor))
    return Redirect(f"{SETTINGS}/{made.id}", status_code=303)


@post(f"{SETTINGS}/policy", sync_to_thread=True, opt=CHANGE)
def enforce(request: AnyRequest, data: URLEncodedBody[EnforceForm]) -> Response[Any]:
    """Say who must come in by a sign-in service."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    free = [found for text in several(data.free) if (found := parse_uuid(text)) is not None]
    try:
        with tenant_work(tenant) as session:
            connections.enforce(session, visitor, mode=data.mode, free=free)
    except Refusal as refusal:
        return again(request, TEMPLATE, refusal, typed={}, **_shown(request, visitor))
    return flash.done(SETTINGS, tenant, sentence("Saved."))


handlers: list[Any] = [settings_page, add_provider, add_service, enforce]
