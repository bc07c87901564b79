"""One sign-in service: what to tell it about us, whom it lets in, as what, and its directory's token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from sqlalchemy.orm import Session

from app.identity.pages import AnyRequest, Visitor, frame, visitor_of
from app.identity.pages.door import again
from app.identity.pages.team import offered_roles, role_name
from app.identity.service import roles
from app.identity.service.notices import base_address
from app.identity.service.places import place_of
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Refusal
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.sso.models import Connection
from app.sso.pages.door import SETTINGS, acs_url, begin_at, callback_url
from app.sso.pages.settings import CHANGE, SEE, facts_of, provider_of
from app.sso.policies import connection_to_change, connection_to_read, domain_to_change, rule_to_change, token_to_end
from app.sso.rules.metadata import readable_certificate
from app.sso.schemas import DomainForm, GroupForm, LiveForm, ManageForm, NewProvider, NewService
from app.sso.service import connections, domains, tokens
from app.sso.service.coming import rules_of
from app.sso.service.hosts import entity_id, origins_of

ONE: Final = f"{SETTINGS}/{{connection_id:str}}"
TEMPLATE: Final = "sso/connection.html"
Change = Callable[[Session, Visitor, Connection], object]
SAVED: Final = sentence("Saved.")


def _shown(request: AnyRequest, visitor: Visitor, connection_id: str) -> dict[str, Any]:
    tenant, realm = tenant_of(request), realm_of(request)
    with tenant_read(tenant) as session:
        held = connection_to_read(session, visitor, parse_uuid(connection_id))
        offered = offered_roles(visitor, roles.custom_roles(session), realm)
        found: dict[str, Any] = {
            "domains": [(each, domains.record_of(each.domain)) for each in domains.domains_of(session, held)],
            "rules": [(rule, role_name(rule, realm)) for rule in rules_of(session, held)],
            "tokens": tokens.tokens_of(session, held),
        }
    origins, here = origins_of(tenant), f"{SETTINGS}/{held.id}"
    place = callback_url if held.kind == "oidc" else acs_url
    return {
        **frame(visitor, request, SETTINGS),
        **found,
        "row": held,
        "path": here,
        "roles": offered,
        "current": str(held.default_custom_role_id or held.default_role),
        "addresses": [place(origin, held.id) for origin in origins],
        "entity_id": entity_id(tenant, held.id),
        "scim_url": f"{base_address(tenant)}/scim/v2",
        "trial": begin_at(held, "trial", here),
        "certificates": [readable_certificate(pem) for pem in held.certificates],
        "own_vouching": held.vouched == sorted(visitor.permissions)
        and held.vouches_for_owners == (visitor.member.role == "owner"),
        "token": None,
    }


@get(ONE, sync_to_thread=True, opt=SEE)
def connection_page(request: AnyRequest, connection_id: FromPath[str]) -> Response[str]:
    """Show a sign-in service."""
    visitor = visitor_of(request)
    return page(TEMPLATE, realm_of(request), problem=None, **_shown(request, visitor, connection_id))


def _changed(request: AnyRequest, connection_id: str, change: Change) -> Response[Any]:
    """Change a connection and show it again, or say on its page why not."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            held = connection_to_change(session, visitor, parse_uuid(connection_id))
            change(session, visitor, held)
    except Refusal as refusal:
        return again(request, TEMPLATE, refusal, **_shown(request, visitor, connection_id))
    return flash.done(f"{SETTINGS}/{held.id}", tenant, SAVED)


@post(f"{ONE}/provider", sync_to_thread=True, opt=CHANGE)
def change_provider(
    request: AnyRequest, connection_id: FromPath[str], data: URLEncodedBody[NewProvider]
) -> Response[Any]:
    """Say anew which OpenID provider is trusted."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    shown = _shown(request, visitor, connection_id)
    try:
        facts = provider_of(tenant, data)
    except Refusal as refusal:
        return again(request, TEMPLATE, refusal, **shown)
    return _changed(
        request,
        connection_id,
        lambda session, visitor, held: connections.trust_oidc(session, tenant, visitor, held, facts),
    )


@post(f"{ONE}/description", sync_to_thread=True, opt=CHANGE)
def change_description(
    request: AnyRequest, connection_id: FromPath[str], data: URLEncodedBody[NewService]
) -> Response[Any]:
    """Take a SAML service's new description, with the certificates that it signs with now."""
    shown = _shown(request, visitor_of(request), connection_id)
    try:
        facts, url = facts_of(data)
    except Refusal as refusal:
        return again(request, TEMPLATE, refusal, **shown)
    return _changed(
        request,
        connection_id,
        lambda session, visitor, held: connections.trust_saml(session, visitor, held, facts, metadata_url=url),
    )


@post(f"{ONE}/settings", sync_to_thread=True, opt=CHANGE)
def manage(request: AnyRequest, connection_id: FromPath[str], data: URLEncodedBody[ManageForm]) -> Response[Any]:
    """Say how people come in by it."""

    def change(session: Session, visitor: Visitor, held: Connection) -> None:
        connections.change(
            session,
            visitor,
            held,
            place_of(session, data.role),
            name=data.name,
            groups_claim=data.groups_claim,
            makes_members=bool(data.makes_members),
            trusts_factor=bool(data.trusts_factor),
        )

    return _changed(request, connection_id, change)


@post(f"{ONE}/live", sync_to_thread=True, opt=CHANGE)
def set_live(request: AnyRequest, connection_id: FromPath[str], data: URLEncodedBody[LiveForm]) -> Response[Any]:
    """Let people in by it, or no more."""
    return _changed(
        request,
        connection_id,
        lambda session, visitor, held: connections.set_live(session, visitor, held, is_live=bool(data.live)),
    )


@post(f"{ONE}/vouching", sync_to_thread=True, opt=CHANGE)
def vouch(request: AnyRequest, connection_id: FromPath[str]) -> Response[Any]:
    """Stand for it, with all that one may do oneself."""
    return _changed(request, connection_id, connections.vouch)


@post(f"{ONE}/removal", sync_to_thread=True, opt=CHANGE)
def remove(request: AnyRequest, connection_id: FromPath[str]) -> Response[Any]:
    """Forget it."""
    answer = _changed(request, connection_id, connections.remove)
    is_gone = answer.status_code == 303
    return flash.done(SETTINGS, tenant_of(request), sentence("The sign-in service was removed.")) if is_gone else answer


@post(f"{ONE}/domains", sync_to_thread=True, opt=CHANGE)
def claim_domain(request: AnyRequest, connection_id: FromPath[str], data: URLEncodedBody[DomainForm]) -> Response[Any]:
    """Claim a mail domain for it."""
    return _changed(
        request, connection_id, lambda session, visitor, held: domains.claim(session, visitor, held, data.domain)
    )


@post(f"{ONE}/domains/{{domain_id:str}}/check", sync_to_thread=True, opt=CHANGE)
def check_domain(request: AnyRequest, connection_id: FromPath[str], domain_id: FromPath[str]) -> Response[Any]:
    """Look for the record that proves a domain; nothing is held open while DNS is asked."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        held = connection_to_read(session, visitor, parse_uuid(connection_id))
        row = next((each for each in domains.domains_of(session, held) if str(each.id) == domain_id), None)
    is_found = row is not None and domains.look_up(row.domain, row.proof)
    answer = _changed(
        request,
        connection_id,
        lambda session, visitor, held: domains.settle(
            session, tenant, visitor, held, domain_to_change(session, held, parse_uuid(domain_id)), is_found=is_found
        ),
    )
    if row is None or is_found or answer.status_code != 303:
        return answer
    shown = _shown(request, visitor, connection_id)
    return again(request, TEMPLATE, domains.not_proved(row.domain, row.proof), **shown)


@post(f"{ONE}/domains/{{domain_id:str}}/removal", sync_to_thread=True, opt=CHANGE)
def remove_domain(request: AnyRequest, connection_id: FromPath[str], domain_id: FromPath[str]) -> Response[Any]:
    """Let a domain go."""
    return _changed(
        request,
        connection_id,
        lambda session, visitor, held: domains.remove(
            session, visitor, domain_to_change(session, held, parse_uuid(domain_id))
        ),
    )


@post(f"{ONE}/groups", sync_to_thread=True, opt=CHANGE)
def add_rule(request: AnyRequest, connection_id: FromPath[str], data: URLEncodedBody[GroupForm]) -> Response[Any]:
    """Let a group mean a role."""

    def change(session: Session, visitor: Visitor, held: Connection) -> None:
        place = place_of(session, data.role, imprints=data.imprints, artists=data.artists)
        connections.add_rule(session, visitor, held, data.group, place)

    return _changed(request, connection_id, change)


@post(f"{ONE}/groups/{{rule_id:str}}/removal", sync_to_thread=True, opt=CHANGE)
def remove_rule(request: AnyRequest, connection_id: FromPath[str], rule_id: FromPath[str]) -> Response[Any]:
    """Let a group mean nothing."""
    return _changed(
        request,
        connection_id,
        lambda session, visitor, held: connections.remove_rule(
            session, visitor, rule_to_change(session, held, parse_uuid(rule_id))
        ),
    )


@post(f"{ONE}/tokens", sync_to_thread=True, opt=CHANGE)
def make_token(request: AnyRequest, connection_id: FromPath[str]) -> Response[Any]:
    """Make a token for its directory, and show it once."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            held = connection_to_change(session, visitor, parse_uuid(connection_id))
            token = tokens.make(session, visitor, held)
    except Refusal as refusal:
        return again(request, TEMPLATE, refusal, **_shown(request, visitor, connection_id))
    shown = _shown(request, visitor, connection_id) | {"token": token}
    return page(TEMPLATE, realm_of(request), problem=None, **shown)


@post(f"{ONE}/tokens/{{token_id:str}}/end", sync_to_thread=True, opt=CHANGE)
def end_token(request: AnyRequest, connection_id: FromPath[str], token_id: FromPath[str]) -> Response[Any]:
    """End a token at once."""
    return _changed(
        request,
        connection_id,
        lambda session, visitor, held: tokens.end(
            session, visitor, held, token_to_end(session, held, parse_uuid(token_id))
        ),
    )


handlers: list[Any] = [
    connection_page, change_provider, change_description, manage, set_live, vouch, remove, claim_domain, check_domain,
    remove_domain, add_rule, remove_rule, make_token, end_token,
]  # fmt: skip
