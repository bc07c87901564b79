"""Where the label's events are sent, for people: addresses, what was sent there, and what came back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.api.errors import EndpointChanged, RangeUnusable
from app.api.models import WebhookEndpoint
from app.api.policies import delivery_to_read, endpoint_to_change, endpoint_to_read, may_see_endpoint
from app.api.queries import webhooks as queries
from app.api.queries.events import events_of
from app.api.rules.event_types import TESTED, TYPES
from app.api.service import endpoints, hearing, resending
from app.api.service.warning import PLACE as HERE
from app.identity.pages import visitor_of
from app.identity.policies import Visitor
from app.kernel.activity.meanings import meanings
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash, shell
from app.kernel.web.pages import page, told_refusal
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.refusals import status_of

ONE = f"{HERE}/{{endpoint_id:str}}"
SEE: dict[str, Any] = {"permission": "api.clients"}
DO: dict[str, Any] = {"permission": "api.clients", "recent": True, "in_person": True}
STATE_SENTENCES = {
    "waiting": sentence("On its way"),
    "delivered": sentence("Arrived"),
    "given_up": sentence("Given up"),
}
WHY_SENTENCES = {
    "person": sentence("Somebody switched it off."),
    "gone": sentence("It answered that it is gone for good (410)."),
    "failing": sentence("For three days nothing that was sent there arrived."),
    "maker": sentence("Whoever set it up may not hear of these events any more."),
}
PROBLEM_SENTENCES = {
    "no_answer": sentence("No answer came: it cannot be reached, shows no valid certificate, or took too long."),
    "refused": sentence("This address is not asked."),
    "forgotten": sentence("What happened is not known any more."),
    "beyond": sentence("Whoever set it up may not hear of these events any more."),
}
shell.add(
    shell.Place(
        sentence("Webhooks"),
        HERE,
        "send",
        group="settings",
        section="developers",
        order=77,
        hint=sentence("Where programs are told what happens"),
        permission="api.clients",
    )
)


class EndpointForm(msgspec.Struct, forbid_unknown_fields=True):
    """An address and what it is told; `match` is the version that its editor saw."""

    url: str = ""
    description: str = ""
    events: list[str] | str = []
    match: str = ""

    @property
    def wish(self) -> endpoints.Wish:
        """What is to be."""
        return endpoints.Wish(self.url.strip(), self.description, _many(self.events))


class RangeForm(msgspec.Struct, forbid_unknown_fields=True):
    """From when to when, in the label's own time."""

    since: str
    until: str


def _many(value: list[str] | str) -> list[str]:
    return [value] if isinstance(value, str) else value


@get(HERE, sync_to_thread=True, opt=SEE)
def list_endpoints(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the addresses that are sent events."""
    return _list(request, EndpointForm())


def _list(request: Request[Any, Any, Any], typed: EndpointForm, refusal: Refusal | None = None) -> Response[str]:
    visitor, realm = visitor_of(request), realm_of(request)
    with tenant_read(tenant_of(request)) as session:
        rows = queries.endpoints(session, may_see_endpoint(visitor))
    return page(
        "api/webhooks.html",
        realm,
        status=status_of(refusal) if refusal else 200,
        rows=rows,
        problem=told_refusal(realm, refusal) if refusal else "",
        **_form(typed.url, typed.description, _many(typed.events)),
    )


def _form(url: str, description: str, chosen: list[str]) -> dict[str, Any]:
    """What the form of an endpoint needs."""
    said = {name: meanings()[kind.of].sentence for name, kind in TYPES.items() if kind.of in meanings()}
    groups: dict[str, dict[str, str]] = {}
    for name in TYPES:
        if name != TESTED:
            groups.setdefault(f"{name.partition('.')[0]}.*", {})[name] = said.get(name, name)
    return {"here": HERE, "groups": groups, "typed": {"url": url, "description": description, "events": set(chosen)}}


@post(HERE, sync_to_thread=True, opt=DO)
def make(request: Request[Any, Any, Any], data: URLEncodedBody[EndpointForm]) -> Response[Any]:
    """Have events sent to an address; its secret is shown once."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            made = endpoints.make(session, tenant, visitor, data.wish)
    except Refusal as refusal:
        return _list(request, data, refusal)
    return _secret(request, made.endpoint, made.secret)


def _secret(request: Request[Any, Any, Any], endpoint: WebhookEndpoint, secret: str) -> Response[str]:
    return page("api/webhook_secret.html", realm_of(request), here=HERE, endpoint=endpoint, secret=secret)


@get(ONE, sync_to_thread=True, opt=SEE)
def show(request: Request[Any, Any, Any], endpoint_id: FromPath[str]) -> Response[str]:
    """Show an address, and what was sent there."""
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        endpoint = endpoint_to_read(session, visitor, parse_uuid(endpoint_id))
        return _one(request, session, endpoint)


def _one(
    request: Request[Any, Any, Any],
    session: Session,
    endpoint: WebhookEndpoint,
    refusal: Refusal | None = None,
    typed: EndpointForm | None = None,
) -> Response[str]:
    realm = realm_of(request)
    state, before = request.query_params.get("state", ""), request.query_params.get("before", "")
    state = state if state in STATE_SENTENCES else ""
    rows, more = queries.deliveries(session, endpoint.id, state=state, before=before)
    said = typed or EndpointForm(endpoint.url, endpoint.description, endpoint.filters)
    return page(
        "api/webhook.html",
        realm,
        status=status_of(refusal) if refusal else 200,
        endpoint=endpoint,
        rows=rows,
        more=more,
        state=state,
        states=STATE_SENTENCES,
        whys=WHY_SENTENCES,
        problem=told_refusal(realm, refusal) if refusal else "",
        problems=refusal.fields if isinstance(refusal, Invalid) else {},
        changes=typed is not None,
        **_form(said.url, said.description, _many(said.events)),
    )


@post(ONE, sync_to_thread=True, opt=DO)
def change(
    request: Request[Any, Any, Any], endpoint_id: FromPath[str], data: URLEncodedBody[EndpointForm]
) -> Response[Any]:
    """Change an address and what it is told."""
    visitor, tenant, known = visitor_of(request), tenant_of(request), parse_uuid(endpoint_id)
    try:
        with tenant_work(tenant) as session:
            endpoint = endpoint_to_change(session, visitor, known)
            if data.match != str(endpoint.version):
                raise EndpointChanged
            endpoints.change(session, visitor, endpoint, data.wish)
    except (Invalid, EndpointChanged) as refusal:
        with tenant_read(tenant) as session:
            return _one(request, session, endpoint_to_read(session, visitor, known), refusal, data)
    return flash.done(f"{HERE}/{endpoint_id}", tenant, sentence("Saved."))


@post(f"{ONE}/secret", sync_to_thread=True, opt=DO)
def rotate(request: Request[Any, Any, Any], endpoint_id: FromPath[str]) -> Response[Any]:
    """Give an address a new secret, and show it once."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        endpoint = endpoint_to_change(session, visitor, parse_uuid(endpoint_id))
        secret = endpoints.rotate(session, tenant, visitor, endpoint)
    return _secret(request, endpoint, secret)


@post(f"{ONE}/test", sync_to_thread=True, opt=DO)
def try_out(request: Request[Any, Any, Any], endpoint_id: FromPath[str]) -> Redirect:
    """Send an address something to try it."""
    return _done(request, endpoint_id, endpoints.try_out, sentence("A test event is on its way."))


@post(f"{ONE}/off", sync_to_thread=True, opt=DO)
def switch_off(request: Request[Any, Any, Any], endpoint_id: FromPath[str]) -> Redirect:
    """Send an address nothing any more."""

    def off(session: Session, visitor: Visitor, endpoint: WebhookEndpoint) -> None:
        hearing.switch_off(session, visitor.actor, endpoint, "person")

    return _done(request, endpoint_id, off, sentence("Nothing is sent there any more."))


@post(f"{ONE}/on", sync_to_thread=True, opt=DO)
def switch_on(request: Request[Any, Any, Any], endpoint_id: FromPath[str]) -> Redirect:
    """Send an address what happens from now on."""
    tenant = tenant_of(request)

    def on(session: Session, visitor: Visitor, endpoint: WebhookEndpoint) -> None:
        endpoints.switch_on(session, tenant, visitor, endpoint)

    return _done(request, endpoint_id, on, sentence("It is sent what happens from now on."))


@post(f"{ONE}/removal", sync_to_thread=True, opt=DO)
def remove(request: Request[Any, Any, Any], endpoint_id: FromPath[str]) -> Redirect:
    """Forget an address."""
    return _done(request, endpoint_id, endpoints.remove, sentence("The address was removed."), to=HERE)


@post(f"{ONE}/replays", sync_to_thread=True, opt=DO)
def replay(
    request: Request[Any, Any, Any], endpoint_id: FromPath[str], data: URLEncodedBody[RangeForm]
) -> Response[Any]:
    """Send the events of a time once more."""
    visitor, tenant, known = visitor_of(request), tenant_of(request), parse_uuid(endpoint_id)
    try:
        since, until = _moment(data.since, tenant), _moment(data.until, tenant)
        with tenant_work(tenant) as session:
            endpoint = endpoint_to_change(session, visitor, known)
            resending.between(session, visitor, endpoint, since=since, until=until)
    except Invalid as refusal:
        with tenant_read(tenant) as session:
            return _one(request, session, endpoint_to_read(session, visitor, known), refusal)
    return flash.done(f"{HERE}/{endpoint_id}", tenant, sentence("What happened in that time is sent again."))


def _moment(text: str, tenant: Tenant) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(tenant.time_zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RangeUnusable from None


@get(f"{HERE}/deliveries/{{delivery_id:str}}", sync_to_thread=True, opt=SEE)
def show_delivery(request: Request[Any, Any, Any], delivery_id: FromPath[str]) -> Response[str]:
    """Show what was sent, and each try with its answer."""
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        delivery = delivery_to_read(session, visitor, parse_uuid(delivery_id))
        endpoint = endpoint_to_read(session, visitor, delivery.endpoint_id)
        event = events_of(session, [delivery.activity_id]).get(delivery.activity_id)
        tries = queries.tries(session, delivery.id)
    body = msgspec.json.format(msgspec.json.encode(event), indent=2).decode() if event else ""
    return page(
        "api/delivery.html",
        realm_of(request),
        here=HERE,
        endpoint=endpoint,
        delivery=delivery,
        body=body,
        tries=tries,
        states=STATE_SENTENCES,
        problems=PROBLEM_SENTENCES,
    )


@post(f"{HERE}/deliveries/{{delivery_id:str}}/again", sync_to_thread=True, opt=DO)
def send_again(request: Request[Any, Any, Any], delivery_id: FromPath[str]) -> Redirect:
    """Send an event once more."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        delivery = delivery_to_read(session, visitor, parse_uuid(delivery_id))
        endpoint = endpoint_to_change(session, visitor, delivery.endpoint_id)
        made = resending.one(session, visitor, endpoint, delivery.activity_id)
    return flash.done(f"{HERE}/deliveries/{made}", tenant, sentence("It is sent again."))


def _done(request: Request[Any, Any, Any], endpoint_id: str, do: Any, said: str, *, to: str | None = None) -> Redirect:
    """Do something with an endpoint and lead on."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        do(session, visitor, endpoint_to_change(session, visitor, parse_uuid(endpoint_id)))
    return flash.done(to or f"{HERE}/{endpoint_id}", tenant, said)


handlers = [
    list_endpoints, make, show, change, rotate, try_out, switch_off, switch_on, remove, replay, show_delivery,
    send_again,
]  # fmt: skip
