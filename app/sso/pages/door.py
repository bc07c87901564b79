"""To a sign-in service and back."""

from __future__ import annotations

from collections.abc import Callable
from traceback import extract_tb
from typing import Any, Final
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from app.identity.models import Member
from app.identity.pages import AnyRequest, cookie_name, session_cookie, visitor_of, ways
from app.identity.pages.door import DOOR, LONGEST_EMAIL, PER_ADDRESS, entered, shown_door
from app.identity.pages.visitors import door_work, wished
from app.identity.pages.ways import Telling, Way, Ways
from app.identity.policies import Visitor, require_recent
from app.kernel import clock, limits, observe
from app.kernel.db import tenant_read
from app.kernel.errors import Refusal
from app.kernel.ids import parse_uuid
from app.kernel.tenant import Tenant
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.redirects import safe_path
from app.sso.errors import AttemptOver, ConnectionUnknown, ServiceSaidNo
from app.sso.gateways import provider as gateway
from app.sso.models import Attempt, Connection
from app.sso.policies import connection_to_use, proved_domains, require_setter
from app.sso.rules import Claims, domain_of, oidc, plain_email, saml
from app.sso.rules.oidc import Question
from app.sso.service import attempts, coming, connections, domains
from app.sso.service.attempts import Begun, Purpose
from app.sso.service.connections import secret_of
from app.sso.service.hosts import entity_id

COOKIE: Final = "sso"
COOKIE_SECONDS: Final = 600
PURPOSES: Final[dict[str, Purpose]] = {"sign-in": "sign_in", "proof": "prove", "trial": "try"}
SELF: Final[dict[str, Any]] = {"unready": True, "in_person": True}
SETTINGS: Final = "/portal/settings/sign-in"
log = observe.log("sso")


class MailForm(msgspec.Struct, forbid_unknown_fields=True):
    """An address that may belong to a sign-in service."""

    email: str
    next: str = ""


class LogoutForm(msgspec.Struct):
    """What a provider posts when somebody signed out there."""

    logout_token: str = ""


def begin_at(connection: Connection, purpose: str, wish: str) -> str:
    """Where a way to a service is begun."""
    asked = {"for": purpose, **({"next": wish} if wish else {})}
    return f"/sso/{connection.id}/begin?{urlencode(asked)}"


def callback_url(origin: str, connection_id: UUID) -> str:
    """Where an OpenID provider sends people back to."""
    return f"{origin}/sso/{connection_id}/callback"


def acs_url(origin: str, connection_id: UUID) -> str:
    """Where a SAML service's answers are posted to."""
    return f"{origin}/sso/{connection_id}/acs"


def _at_door(tenant: Tenant, wish: str) -> Ways:
    with tenant_read(tenant) as session:
        live = connections.live_connections(session)
        owners = set(proved_domains(session).values())
    return Ways(
        tuple(Way(each.name, begin_at(each, "sign-in", wish)) for each in live),
        asks_mail=any(each.id in owners for each in live),
    )


def _for_proof(tenant: Tenant, member: Member, wish: str) -> tuple[Way, ...]:
    with tenant_read(tenant) as session:
        return tuple(Way(each.name, begin_at(each, "proof", wish)) for each in coming.links_of(session, member))


ways.tell(Telling(_at_door, _for_proof))


@post("/sso/mail", sync_to_thread=True, status_code=200)
def by_mail(request: AnyRequest, data: URLEncodedBody[MailForm]) -> Response[Any]:
    """Lead on by an address: its domain alone says where to, so that nobody learns who is a member."""
    tenant, wish, email = tenant_of(request), wished(data.next), plain_email(data.email)
    limits.hit(tenant, f"sign-in-from:{realm_of(request).client}", PER_ADDRESS)
    with tenant_read(tenant) as session:
        found = domains.connection_for(session, domain_of(email)) if email else None
        connection = session.get(Connection, found) if found else None
    if connection is None:
        return shown_door(request, wish=wish, email=data.email[:LONGEST_EMAIL])
    onto = f"{begin_at(connection, 'sign-in', wish)}&{urlencode({'mail': email})}"
    shown: dict[str, Any] = {
        "service": connection.name,
        "href": onto,
        "door": f"{DOOR}?with=password&next={quote(wish)}",
    }
    # A form may lead to our own pages alone; what leads away is a page that goes on by itself.
    response = page("sso/onward.html", realm_of(request), **shown)
    response.headers["refresh"] = f"0; url={onto}"
    return response


@get("/sso/{connection_id:str}/begin", sync_to_thread=True, opt=SELF)
def begin(request: AnyRequest, connection_id: FromPath[str]) -> Response[Any]:
    """Send somebody to a service: to come in, to prove who they are, or to try it."""
    tenant, realm = tenant_of(request), realm_of(request)
    limits.hit(tenant, f"sign-in-from:{realm.client}", PER_ADDRESS)
    purpose = PURPOSES.get(request.query_params.get("for", "sign-in"))
    if purpose is None:
        raise ConnectionUnknown
    visitor = _visitor_for(request, purpose)
    asked = request.query_params.get("next")
    wish = wished(asked) if purpose == "sign_in" else safe_path(asked, SETTINGS)
    with tenant_read(tenant) as session:
        connection = connection_to_use(session, parse_uuid(connection_id), also_new=purpose == "try")
    try:
        return _sent(request, tenant, connection, purpose=purpose, wish=wish, visitor=visitor)
    except Refusal as refusal:
        if purpose != "sign_in":
            raise
        return shown_door(request, wish=wish, refusal=refusal)


def _visitor_for(request: AnyRequest, purpose: Purpose) -> Visitor | None:
    """Whoever is signed in, where the way begins from there."""
    if purpose == "sign_in":
        return None
    visitor = visitor_of(request)
    if purpose == "try":
        require_setter(visitor)
        require_recent(visitor)
    return visitor


def _sent(
    request: AnyRequest, tenant: Tenant, connection: Connection, *, purpose: Purpose, wish: str, visitor: Visitor | None
) -> Response[Any]:
    leads = (
        _leads_to_provider(request, tenant, connection)
        if connection.kind == "oidc"
        else _leads_to_saml(tenant, connection)
    )
    session_id = visitor.session_id if visitor else None
    with door_work(tenant) as session:
        begun = attempts.begin(
            session, connection, origin=realm_of(request).origin, purpose=purpose, wish=wish, session_id=session_id
        )
    cookie = session_cookie(begun.browser, seconds=COOKIE_SECONDS, kind=COOKIE)
    return Redirect(leads(begun), status_code=303, cookies=[cookie])


def _leads_to_provider(request: AnyRequest, tenant: Tenant, connection: Connection) -> Callable[[Begun], str]:
    found = gateway.describe(tenant, connection.issuer)
    gateway.check_place(found.authorization_endpoint)
    hint = plain_email(request.query_params.get("mail", ""))
    return lambda begun: oidc.address_of(found, _question(connection, begun.attempt), state=begun.state, hint=hint)


def _leads_to_saml(tenant: Tenant, connection: Connection) -> Callable[[Begun], str]:
    name = entity_id(tenant, connection.id)

    def lead(begun: Begun) -> str:
        here = saml.Here(name, acs_url(begun.attempt.origin, connection.id))
        is_proof = begun.attempt.purpose == "prove"
        at = begun.attempt.created_at
        return saml.request_address(here, connection.sso_url, request_id=begun.state, at=at, is_proof=is_proof)

    return lead


def _question(connection: Connection, attempt: Attempt) -> Question:
    return Question(
        client_id=connection.client_id,
        redirect_uri=callback_url(attempt.origin, connection.id),
        nonce=attempt.nonce,
        verifier=attempt.verifier,
        is_proof=attempt.purpose == "prove",
    )


@get("/sso/{connection_id:str}/callback", sync_to_thread=True, opt=SELF)
def callback(request: AnyRequest, connection_id: FromPath[str]) -> Response[Any]:
    """Take an OpenID provider's answer, once, in the browser that asked."""
    tenant = tenant_of(request)
    limits.hit(tenant, f"sign-in-from:{realm_of(request).client}", PER_ADDRESS)
    try:
        with door_work(tenant) as session:
            connection = connection_to_use(session, parse_uuid(connection_id), also_new=True)
            browser = request.cookies.get(cookie_name(COOKIE)) or ""
            attempt = attempts.answered_in_browser(session, connection, said(request, "state") or "", browser)
        check_kind(connection, "oidc", attempt)
    except Refusal as refusal:
        return told_at_door(request, refusal)
    return arrived(request, connection, attempt, lambda: _proved(request, tenant, connection, attempt))


def _proved(request: AnyRequest, tenant: Tenant, connection: Connection, attempt: Attempt) -> Claims:
    """Whom the provider proves; the network is asked while no transaction is open."""
    found, question = gateway.describe(tenant, connection.issuer), _question(connection, attempt)
    oidc.check_sender(found, said(request, "iss"))
    code = said(request, "code")
    if said(request, "error") is not None or not code:
        raise ServiceSaidNo
    secret = secret_of(tenant, connection)
    claims = gateway.claims_for(tenant, found, question, secret=secret, code=code, now=clock.now())
    return oidc.person(claims, groups_claim=connection.groups_claim)


@post("/sso/{connection_id:str}/logout", sync_to_thread=True, status_code=200)
def logged_out(request: AnyRequest, connection_id: FromPath[str], data: URLEncodedBody[LogoutForm]) -> Response[None]:
    """End the sessions of somebody whom their provider says it signed out (OpenID Connect Back-Channel Logout 1.0)."""
    tenant = tenant_of(request)
    limits.hit(tenant, f"sign-in-from:{realm_of(request).client}", PER_ADDRESS)
    with tenant_read(tenant) as session:
        connection = connection_to_use(session, parse_uuid(connection_id))
    if connection.kind != "oidc":
        raise ConnectionUnknown
    found = gateway.describe(tenant, connection.issuer)
    keys = gateway.keys_of(tenant, found)
    subject, token_id = oidc.ended_subject(data.logout_token, keys, found, connection.client_id, now=clock.now())
    with door_work(tenant) as session:
        coming.end_sessions(session, tenant, connection, subject=subject, token_id=token_id)
    return Response(None)


def said(request: AnyRequest, name: str) -> str | None:
    """What an answer says under a name; one that says two things says nothing that counts."""
    values = request.query_params.getall(name, [])
    if len(values) > 1:
        raise AttemptOver
    return values[0] if values else None


def check_kind(connection: Connection, kind: str, attempt: Attempt) -> None:
    """Refuse an answer in another language than the connection's, or by one that is in nobody's use yet."""
    if connection.kind != kind or not (connection.is_live or attempt.purpose == "try"):
        raise ConnectionUnknown


def note(refusal: Refusal) -> None:
    """Write down where in our code a service's word was refused: what a stranger is told says nothing of it."""
    *_, last = extract_tb(refusal.__traceback__)
    log.info("sso.refused", reason=refusal.reason, where=f"{last.name}:{last.lineno}")


def told_at_door(request: AnyRequest, refusal: Refusal, wish: str = "") -> Response[Any]:
    """Say at the door why somebody was not let in."""
    note(refusal)
    return shown_door(request, wish=wish, refusal=refusal)


def arrived(
    request: AnyRequest, connection: Connection, attempt: Attempt, prove: Callable[[], Claims]
) -> Response[Any]:
    """Let in whoever came back, or take it as the proof or the trial that it was begun for."""
    try:
        claims = prove()
        if attempt.purpose == "sign_in":
            return _let_in(request, connection, attempt, claims)
        return _taken(request, connection, attempt, claims)
    except Refusal as refusal:
        if attempt.purpose != "sign_in":
            note(refusal)
            raise
        return told_at_door(request, refusal, attempt.wish)


def _let_in(request: AnyRequest, connection: Connection, attempt: Attempt, claims: Claims) -> Response[Any]:
    tenant, how = tenant_of(request), _came(request, connection)
    with door_work(tenant) as session:
        token = coming.come_in(session, tenant, session.get_one(Connection, connection.id), claims, how)
        answer = entered(session, token, wished(attempt.wish))
    answer.cookies.append(session_cookie("", seconds=0, kind=COOKIE))
    return answer


def _taken(request: AnyRequest, connection: Connection, attempt: Attempt, claims: Claims) -> Response[Any]:
    visitor, how = visitor_of(request), _came(request, connection)
    if visitor.session_id != attempt.session_id:
        raise AttemptOver
    with door_work(tenant_of(request)) as session:
        held = session.get_one(Connection, connection.id)
        if attempt.purpose == "prove":
            token = coming.prove(session, held, claims, visitor, how)
        else:
            require_setter(visitor)
            token = coming.try_out(session, held, claims, visitor, how)
    cookies = [session_cookie(token), session_cookie("", seconds=0, kind=COOKIE)]
    return Redirect(safe_path(attempt.wish, SETTINGS), status_code=303, cookies=cookies)


def _came(request: AnyRequest, connection: Connection) -> Any:
    return coming.came_by(connection, request.headers.get("user-agent", ""), realm_of(request).client)


handlers: list[Any] = [by_mail, begin, callback, logged_out]
