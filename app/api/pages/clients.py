"""Programs with access to the label: made, changed, given new secrets, and let in no more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from app.api.errors import NameUnusable, ScopesUnusable, TooManyClients, WishUnusable
from app.api.models import ApiClient
from app.api.policies import client_to_change, client_to_end, client_to_read
from app.api.rules.scopes import SENTENCES as SCOPE_SENTENCES
from app.api.rules.scopes import by_topic, is_lent_by_people, permissions_of_scopes
from app.api.rules.wishes import KIND_SENTENCES, KINDS, kind_of
from app.api.service import clients
from app.api.service.clients import Made, Wish
from app.api.service.places import issuer_of
from app.identity.errors import BeyondOwn, ChoiceUnusable
from app.identity.models import Member
from app.identity.pages import AnyRequest, frame, visitor_of
from app.identity.policies import Visitor
from app.identity.service import places
from app.kernel import clock, ids
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid, Refusal
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page, told, told_refusal
from app.kernel.web.realm import Realm, realm_of, tenant_of
from app.kernel.web.refusals import status_of

API = "/portal/settings/api"
CLIENT = f"{API}/clients/{{client_id:str}}"
SEE: dict[str, Any] = {"permission": "api.clients", "in_person": True}
EDIT: dict[str, Any] = {**SEE, "recent": True}
_EXPECTED = (BeyondOwn, ChoiceUnusable, NameUnusable, ScopesUnusable, TooManyClients, WishUnusable)


class ClientForm(msgspec.Struct, forbid_unknown_fields=True):
    """What a new program is to be."""

    name: str
    kind: str = "service"
    scopes: list[str] | str = []
    redirect_uris: str = ""
    imprints: str = ""
    artists: str = ""


class ChangeForm(msgspec.Struct, forbid_unknown_fields=True):
    """What a program is from now on."""

    name: str
    scopes: list[str] | str = []
    redirect_uris: str = ""
    imprints: str = ""
    artists: str = ""


Topic = tuple[str, list[tuple[str, str, bool]], bool]
"""What scopes are about; each with its sentence, and whether only people lend it; whether it is about them alone."""


def _offered(visitor: Visitor) -> list[str]:
    """The scopes that a visitor may give: those that open nothing they do not have themselves."""
    return [name for name in SCOPE_SENTENCES if permissions_of_scopes([name]) <= visitor.permissions]


def _topics(realm: Realm, names: Iterable[str]) -> list[Topic]:
    return [
        (
            told(realm, topic),
            [(name, told(realm, SCOPE_SENTENCES[name]), is_lent_by_people(name)) for name in held],
            all(map(is_lent_by_people, held)),
        )
        for topic, held in by_topic(names)
    ]


def _several(value: list[str] | str) -> frozenset[str]:
    return frozenset([value] if isinstance(value, str) else value)


def _shown(request: AnyRequest, visitor: Visitor, **more: Any) -> dict[str, Any]:
    realm, tenant = realm_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        rows = clients.all_clients(session)
    return {
        **frame(visitor, request, API),
        "clients": [(client, told(realm, KIND_SENTENCES[_kind(client)])) for client in rows],
        "kinds": [(key, told(realm, text)) for key, text in KIND_SENTENCES.items()],
        "topics": _topics(realm, _offered(visitor)),
        "issuer": issuer_of(tenant),
        "problem": None,
        "problems": {},
        "form": ClientForm(name=""),
        **more,
    }


def _kind(client: ApiClient) -> str:
    return kind_of(client.grant_types, client.auth_method)


def _said(request: AnyRequest, refusal: Refusal) -> dict[str, Any]:
    """Why a form cannot be taken, and what to change in it."""
    realm = realm_of(request)
    fields = refusal.fields if isinstance(refusal, Invalid) else {}
    return {
        "problem": told_refusal(realm, refusal),
        "problems": {name: told(realm, text) for name, text in fields.items()},
    }


@get(API, sync_to_thread=True, opt=SEE)
def clients_page(request: AnyRequest) -> Response[str]:
    """Show which programs have access, and how one is made."""
    return page("api/clients.html", realm_of(request), **_shown(request, visitor_of(request)))


@post(f"{API}/clients", sync_to_thread=True, opt=EDIT, status_code=200)
def make_client(request: AnyRequest, data: URLEncodedBody[ClientForm]) -> Response[Any]:
    """Let a program in, and show its secret this once."""
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    try:
        with tenant_work(tenant) as session:
            made = clients.make(session, tenant, visitor, _wish(data))
    except _EXPECTED as refusal:
        shown = _shown(request, visitor, form=data, **_said(request, refusal))
        return page("api/clients.html", realm, status=status_of(refusal), **shown)
    return _with_secret(request, visitor, made)


def _wish(data: ClientForm) -> Wish:
    if data.kind not in KINDS:
        raise ChoiceUnusable
    auth_method, grant_types = KINDS[data.kind]
    return Wish(
        name=data.name,
        scopes=_several(data.scopes),
        grant_types=grant_types,
        auth_method=auth_method,
        redirect_uris=tuple(data.redirect_uris.split()) if data.kind != "service" else (),
        imprints=tuple(places.keys_from(data.imprints)),
        artists=tuple(places.keys_from(data.artists)),
    )


def _with_secret(request: AnyRequest, visitor: Visitor, made: Made, *, ends: datetime | None = None) -> Response[Any]:
    shown: dict[str, Any] = {"made": made, "ends": ends, "issuer": issuer_of(tenant_of(request))}
    response = page("api/secret.html", realm_of(request), **shown, **frame(visitor, request, API))
    response.headers["cache-control"] = "no-store"
    return response


def _client_shown(request: AnyRequest, visitor: Visitor, client_id: str, **more: Any) -> dict[str, Any]:
    realm = realm_of(request)
    with tenant_read(tenant_of(request)) as session:
        client = client_to_read(session, visitor, ids.parse_uuid(client_id))
        secrets = clients.secrets_of(session, client)
        maker = session.get(Member, client.created_by) if client.created_by else None
    form = ChangeForm(
        name=client.name,
        scopes=client.scopes,
        redirect_uris="\n".join(client.redirect_uris),
        imprints=", ".join(client.imprints),
        artists=", ".join(client.artists),
    )
    return {
        **frame(visitor, request, API),
        "client": client,
        "kind": told(realm, KIND_SENTENCES[_kind(client)]),
        "maker": maker.name if maker else "",
        "secrets": [secret for secret in secrets if secret.is_good(clock.now())],
        "held": [(name, told(realm, text)) for name, text in SCOPE_SENTENCES.items() if name in client.scopes],
        "topics": _topics(realm, {*_offered(visitor), *client.scopes}),
        "form": form,
        "problem": None,
        "problems": {},
        **more,
    }


@get(CLIENT, sync_to_thread=True, opt=SEE)
def client_page(request: AnyRequest, client_id: FromPath[str]) -> Response[str]:
    """Show one program: what it may do, when it was here, how its secret is replaced."""
    shown = _client_shown(request, visitor_of(request), client_id)
    return page("api/client.html", realm_of(request), **shown)


@post(CLIENT, sync_to_thread=True, opt=EDIT)
def change_client(request: AnyRequest, client_id: FromPath[str], data: URLEncodedBody[ChangeForm]) -> Response[Any]:
    """Change what a program is and may do."""
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    try:
        with tenant_work(tenant) as session:
            client = client_to_change(session, visitor, ids.parse_uuid(client_id))
            clients.change(
                session,
                visitor,
                client,
                name=data.name,
                scopes=_several(data.scopes),
                redirect_uris=tuple(data.redirect_uris.split()),
                reach=(places.keys_from(data.imprints), places.keys_from(data.artists)),
            )
    except _EXPECTED as refusal:
        shown = _client_shown(request, visitor, client_id, form=data, **_said(request, refusal))
        return page("api/client.html", realm, status=status_of(refusal), **shown)
    return flash.done(f"{API}/clients/{client.id}", tenant, sentence("What the program may do was changed."))


@post(f"{CLIENT}/secrets", sync_to_thread=True, opt=EDIT, status_code=200)
def rotate_secret(request: AnyRequest, client_id: FromPath[str]) -> Response[Any]:
    """Give a program a new secret, shown this once; the one before opens for a week as well."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        client = client_to_change(session, visitor, ids.parse_uuid(client_id))
        made = Made(client, clients.rotate_secret(session, visitor.actor, client))
        ends = next((old.ends_at for old in clients.secrets_of(session, client)[1:]), None)
    return _with_secret(request, visitor, made, ends=ends)


@post(f"{CLIENT}/secrets/old/end", sync_to_thread=True, opt=EDIT)
def end_old_secrets(request: AnyRequest, client_id: FromPath[str]) -> Response[Any]:
    """Let a program in by its newest secret alone."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        client = client_to_end(session, visitor, ids.parse_uuid(client_id))
        clients.end_old_secrets(session, visitor.actor, client)
    return flash.done(f"{API}/clients/{client.id}", tenant, sentence("Only the newest secret opens now."))


@post(f"{CLIENT}/end", sync_to_thread=True, opt=EDIT)
def end_client(request: AnyRequest, client_id: FromPath[str]) -> Response[Any]:
    """Take a program's access away."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        clients.revoke(session, visitor.actor, client_to_end(session, visitor, ids.parse_uuid(client_id)))
    return flash.done(API, tenant, sentence("The program's access was taken away."))


handlers: list[Any] = [
    clients_page,
    make_client,
    client_page,
    change_client,
    rotate_secret,
    end_old_secrets,
    end_client,
]
