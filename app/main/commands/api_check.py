"""`boptone api-check`: every operation of the API called as a fresh program."""

from __future__ import annotations

import http.client
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from app.main import composition
from app.main.commands.output import answer, as_json

if TYPE_CHECKING:
    from app.api.rest.trying import Answered, Tried
    from app.kernel.tenant import Tenant

SECONDS = 60
KNOWN_SECONDS = 15


@click.command("api-check")
@click.argument("label", default="")
@click.option("--url", default="", help="Where the product answers; this machine's own address otherwise.")
@as_json
def command(label: str, url: str, json: bool) -> None:
    """Call every operation of the API once, as a new program that has read only the document.

    It is done in a label that is made for it and erased afterwards. With LABEL it is done there: what the check makes
    stays, and the label's name and settings are changed. Exit code 1 where an answer is not as the document says.
    Outside production only.
    """
    with composition.connected("cli") as settings:
        if settings.is_production:
            raise click.UsageError("This makes things in the label, and runs outside production only.")
        tried = _checked(label, url or f"http://127.0.0.1:{settings.port}", settings.base_domain)
    counted = {name: sum(each.outcome == name for each in tried) for name in ("done", "declined", "failed")}
    told: dict[str, Any] = {"operations": len(tried), **counted, "calls": tried}
    answer(told, "\n".join([*map(_sentence, tried), _total(counted)]), json=json)
    sys.exit(1 if counted["failed"] else 0)


def _checked(label: str, url: str, base_domain: str) -> list[Tried]:
    from app.api.models import ApiClient
    from app.api.rules.scopes import SCOPES, without_people
    from app.api.service.clients import Wish, make_as, revoke
    from app.kernel.actor import Actor
    from app.kernel.db import tenant_work

    wish = Wish(name="Trial of the API", scopes=frozenset(without_people(SCOPES)))
    with _named(label) if label else _made_for_it() as tenant:
        actor = Actor.system(tenant)
        with tenant_work(tenant) as session:
            made = make_as(session, tenant, actor, wish, made_by=None)
            client_id, secret = made.client.id, made.secret or ""
        try:
            return _tried(tenant, url, base_domain, f"{client_id}:{secret}")
        finally:
            with tenant_work(tenant) as session:
                revoke(session, actor, session.get_one(ApiClient, client_id))


@contextmanager
def _named(label: str) -> Iterator[Tenant]:
    from app.kernel.db import platform_read
    from tenants.registry import queries

    with platform_read() as session:
        tenant = queries.tenant_named(session, label)
    yield tenant


@contextmanager
def _made_for_it() -> Iterator[Tenant]:
    """A label in which nobody works, gone at the end whatever happens."""
    from app.kernel.actor import Actor
    from tenants.lifecycle import erasing
    from tenants.lifecycle import service as lifecycle
    from tenants.provisioning.schemas import OpenLabel
    from tenants.provisioning.service import open_label

    slug, nobody = f"api-check-{secrets.token_hex(4)}", Actor.system(None)
    wish = OpenLabel(slug=slug, name="Trial", owner_email=f"nobody@{slug}.invalid", request_key=slug)
    tenant = open_label(wish)
    try:
        yield tenant
    finally:
        lifecycle.close(tenant.id, by=nobody, grace=timedelta())
        erasing.erase(tenant.id, by=nobody, even_in_grace=True)


def _tried(tenant: Tenant, url: str, base_domain: str, credentials: str) -> list[Tried]:
    from base64 import b64encode

    import msgspec

    from app.api.rest.trying import Answered, Trial

    place = urlsplit(url)
    host = f"{tenant.slug}.{base_domain}" + (f":{place.port}" if place.port else "")

    def sent(method: str, path: str, headers: dict[str, str], body: bytes) -> Answered:
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=SECONDS)
        try:
            connection.request(method, path, body or None, {"host": host, "accept": "application/json", **headers})
            found = connection.getresponse()
            return Answered(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())
        except ConnectionRefusedError:
            raise click.ClickException(f"Nothing answers at {url}. Say by --url where the product is.") from None
        finally:
            connection.close()

    basic = {"authorization": f"Basic {b64encode(credentials.encode()).decode()}"}
    form = {"content-type": "application/x-www-form-urlencoded"}
    token = _token(lambda: sent("POST", "/oauth/token", basic | form, b"grant_type=client_credentials"))
    if "access_token" not in token:
        raise click.ClickException(f"No token was given: {token.get('error_description', token)}")
    document = msgspec.json.decode(sent("GET", "/api/v1/openapi.json", {}, b"").body)
    bearer = {"authorization": f"Bearer {token['access_token']}"}
    return Trial(document, lambda method, path, headers, body: sent(method, path, bearer | headers, body)).run()


def _token(ask: Callable[[], Answered]) -> dict[str, Any]:
    """What is said to a new program; a label that was just made is known everywhere a moment later."""
    import msgspec

    deadline = time.monotonic() + KNOWN_SECONDS
    while (answered := ask()).status == HTTPStatus.NOT_FOUND and time.monotonic() < deadline:
        time.sleep(0.2)
    told: dict[str, Any] = msgspec.json.decode(answered.body)
    return told


def _sentence(tried: Tried) -> str:
    line = f"{tried.outcome:8} {tried.status} {tried.method:6} {tried.path}"
    return "\n".join([line, *(f"         {problem}" for problem in tried.problems)])


def _total(counted: dict[str, int]) -> str:
    return f"{counted['done']} done, {counted['declined']} declined as declared, {counted['failed']} failed."
