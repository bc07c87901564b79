"""The label itself: its name and languages, its web addresses, what everybody did, and what somebody should hear of."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.api.rest.conventions import UNSET, Answer, Body, Call, Resource, Section, UnsetType, View, heeding
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.numbered import PAGES, asked, page_by_key
from app.api.rest.conventions.schemas import Id, Moment, Name
from app.api.rest.money_parts import Currency
from app.identity.policies import Visitor, require
from app.identity.service import news
from app.kernel.activity import Activity
from tenants import billing
from tenants.hosts import service as hosts
from tenants.hosts.errors import HostUnknown
from tenants.lifecycle.service import change_details
from tenants.registry.models import HostRow

SECTION = Section("Label", "The label itself: its details, its web addresses, the log of activity, and news.")
Language = Annotated[str, Meta(min_length=2, max_length=20, examples=["de"])]


class LabelView(View):
    """What the label is called and how it speaks; the first language leads."""

    name: str
    slug: str
    languages: list[str]
    time_zone: Annotated[str, Meta(examples=["Europe/Berlin"])]
    currency: Currency


class LabelChange(Body, frozen=True):
    """What is to be otherwise about the label."""

    name: Name | UnsetType = UNSET
    languages: Annotated[list[Language], Meta(min_length=1, max_length=20)] | UnsetType = UNSET
    time_zone: Annotated[str, Meta(max_length=60, examples=["Europe/Berlin"])] | UnsetType = UNSET


class HostView(View):
    """A web address of the label's. While it waits, `record` is to say `proof` in the DNS."""

    id: Id
    host: Annotated[str, Meta(examples=["shop.example.com"])]
    state: str
    surface: str | None
    is_primary: bool
    record: str
    proof: str | None


class Hosts(View):
    """The label's web addresses."""

    items: list[HostView]


class NewHost(Body, frozen=True):
    """A web address that the label wants, and the only surface that it is to show."""

    host: Annotated[str, Meta(min_length=1, max_length=253, examples=["shop.example.com"])]
    surface: Literal["storefront", "portal", "artist"] | None = None


class HostSurface(Body, frozen=True):
    """The only surface that a web address shows; null: everything."""

    surface: Literal["storefront", "portal", "artist"] | None


class ActivityView(View):
    """Something that somebody did, with what was so before and after."""

    id: Id
    at: Moment
    action: Annotated[str, Meta(examples=["release.changed"])]
    actor_kind: str
    actor_id: Id | None
    actor_name: str | None
    on_behalf_of: Id | None
    client_id: Id | None
    subject_type: str | None
    subject_id: Id | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str | None


class NewsView(View):
    """Something that the person behind the token should hear of."""

    id: Id
    at: Moment
    action: str
    actor_name: str | None
    subject_type: str | None
    subject_id: Id | None
    is_read: bool


class NewsPage(View):
    """News, the newest first."""

    items: list[NewsView]
    next: str | None


class Readings(Body, frozen=True):
    """News that were read, or are put away."""

    ids: Annotated[list[Id], Meta(min_length=1, max_length=200)]
    is_archived: bool = False


def _log(visitor: Visitor) -> ColumnElement[bool]:
    require(visitor, "activity.view")
    return news.may_see(visitor)


ACTIVITY = Resource(
    name="activity",
    view=ActivityView,
    model=Activity,
    visible=_log,
    filters={
        "action": by.text(Activity.action, "What was done.", "release.changed"),
        "actor_id": by.ident(Activity.actor_id, "By whom."),
        "client_id": by.ident(Activity.client_id, "Through which program."),
        "subject_type": by.text(Activity.subject_type, "To what kind of thing.", "release"),
        "subject_id": by.ident(Activity.subject_id, "To which."),
        "since": by.since(Activity.at, "At this moment or later."),
        "until": by.until(Activity.at, "Before this moment."),
    },
    sorts={"at": Activity.at},
    version=None,
)


@SECTION.get("/label", scope="label:read", gives=LabelView)
def read_label(call: Call, session: Session) -> Answer:  # noqa: ARG001 it is known without asking
    """Read the label. Its name, languages, time zone and currency."""
    asked(call, {})
    return Answer({name: getattr(call.tenant, name) for name in LabelView.__struct_fields__})


@SECTION.apart("/label/changes", scope="label:write", takes=LabelChange, gives=LabelView)
def change_label(call: Call, body: LabelChange) -> Answer:
    """Change the label. Only what is sent becomes otherwise; its currency stays what it is."""
    require(call.visitor, "label.settings")
    tenant = call.tenant
    said = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not UNSET}
    wanted = {"name": tenant.name, "languages": tenant.languages, "time_zone": tenant.time_zone, **said}
    wanted["languages"] = tuple(wanted["languages"])
    changed = change_details(tenant.id, by=call.actor, **wanted)
    return Answer({name: getattr(changed, name) for name in LabelView.__struct_fields__}, 201)


def _host(row: Any) -> dict[str, Any]:
    waits = row.state == "pending"
    told = {name: getattr(row, name) for name in ("id", "host", "state", "surface", "is_primary")}
    return told | {"record": hosts.record_of(row.host), "proof": row.proof if waits else None}


@SECTION.get("/hosts", scope="label:write", gives=Hosts)
def list_hosts(call: Call, session: Session) -> Answer:  # noqa: ARG001 they stand among all labels' hosts
    """List web addresses. With the record that proves each while it waits."""
    asked(call, {})
    require(call.visitor, "hosts.edit")
    return Answer({"items": [_host(row) for row in hosts.hosts_of(call.tenant)]})


@SECTION.get("/hosts/{host}", scope="label:write", gives=HostView)
def read_host(call: Call, session: Session) -> Answer:  # noqa: ARG001 it stands among all labels' hosts
    """Read a web address. With the record that proves it while it waits."""
    asked(call, {})
    require(call.visitor, "hosts.edit")
    return Answer(_host(_named(call)))


@SECTION.apart("/hosts", scope="label:write", takes=NewHost, gives=HostView)
def claim_host(call: Call, body: NewHost) -> Answer:
    """Claim a web address. It serves once its record is published and checked."""
    require(call.visitor, "hosts.edit")
    billing.require(call.tenant, "own_hosts")
    return Answer(_host(hosts.claim(call.tenant, body.host, surface=body.surface, by=call.actor)), 201)


@SECTION.apart("/hosts/{host}/check", scope="label:write", gives=HostView)
def check_host(call: Call) -> Answer:
    """Check a web address. It serves from now on if its record says what it must."""
    require(call.visitor, "hosts.edit")
    return Answer(_host(hosts.prove(call.tenant, call.word("host"), by=call.actor)), 201)


@SECTION.apart("/hosts/{host}/primary", scope="label:write", gives=Hosts)
def make_host_primary(call: Call) -> Answer:
    """Make a web address the primary one. Mails and links name it from now on."""
    require(call.visitor, "hosts.edit")
    hosts.make_primary(call.tenant, call.word("host"), by=call.actor)
    return Answer({"items": [_host(row) for row in hosts.hosts_of(call.tenant)]}, 201)


@SECTION.apart("/hosts/{host}/surface", scope="label:write", takes=HostSurface, gives=HostView)
@heeding
def bind_host(call: Call, body: HostSurface) -> Answer:
    """Bind a web address to a surface. The primary one, and the one that came with the label, show everything."""
    require(call.visitor, "hosts.edit")
    billing.require(call.tenant, "own_hosts")
    seen = _named(call)
    call.require_as_seen(Answer(_host(seen)))
    hosts.set_surface(call.tenant, seen.id, body.surface, by=call.actor)
    return Answer(_host(_named(call)), 201)


@SECTION.apart("/hosts/{host}/removal", scope="label:write", status=204)
def remove_host(call: Call) -> Answer:
    """Take a web address out of service. At once; it rests before another label may have it."""
    require(call.visitor, "hosts.edit")
    hosts.remove(call.tenant, call.word("host"), by=call.actor)
    return Answer(status=204)


def _named(call: Call) -> HostRow:
    found = next((row for row in hosts.hosts_of(call.tenant) if row.host == call.word("host").lower()), None)
    if found is None:
        raise HostUnknown(host=call.word("host")[:253])
    return found


@SECTION.listing("/activity", ACTIVITY, scope="activity:read")
def list_activity(call: Call, session: Session) -> Answer:
    """List what everybody did."""
    return ACTIVITY.page(call, session)


@SECTION.get("/news", scope="activity:read", gives=NewsPage, query=PAGES)
def list_news(call: Call, session: Session) -> Answer:
    """List news. Of the person behind the token; a program by itself has none."""
    call.require_somebody()

    def fetch(after: list[Any] | None, limit: int) -> list[tuple[dict[str, Any], list[Any]]]:
        query = news.news(call.visitor)
        if after is not None:
            at, last = datetime.fromisoformat(after[0]), UUID(after[1])
            query = query.where((Activity.at < at) | ((Activity.at == at) & (Activity.id < last)))
        found = session.execute(query.limit(limit))
        return [(_news(row, state), [row.at.isoformat(), str(row.id)]) for row, state in found]

    return page_by_key(call, {}, fetch)


def _news(row: Activity, state: Any) -> dict[str, Any]:
    kept = ("id", "at", "action", "actor_name", "subject_type", "subject_id")
    return {name: getattr(row, name) for name in kept} | {"is_read": bool(state and state.read_at)}


@SECTION.post("/news/readings", scope="activity:read", takes=Readings, gives=None, status=204)
def read_news(call: Call, session: Session, body: Readings) -> Answer:
    """Mark news as read. Or put them away."""
    call.require_somebody()
    wanted: list[UUID] = list(body.ids)
    news.mark_own(session, call.visitor, wanted, archive=body.is_archived)
    return Answer(status=204)


@SECTION.post("/news/readings/all", scope="activity:read", gives=None, status=204)
def read_all_news(call: Call, session: Session) -> Answer:
    """Mark all news as read. The newest five hundred at once."""
    call.require_somebody()
    news.mark_all_read(session, call.visitor)
    return Answer(status=204)


@SECTION.put("/news/{activity_id}/return", scope="activity:read", status=204)
def bring_news_back(call: Call, session: Session) -> Answer:
    """Bring news back that were put away."""
    call.require_somebody()
    news.bring_back(session, call.visitor, call.id("activity_id"))
    return Answer(status=204)
