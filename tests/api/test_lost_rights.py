"""Whoever loses rights loses them in all that was set up or asked for with them: webhooks, exports, jobs."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from app.api.models import ApiClient, BulkJob
from app.api.service import clients, endpoints, exporting
from app.api.service.callers import recalled
from app.identity.models import Member
from app.identity.service import kept
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from tests.factories.api import EVERYTHING, a_client, a_token
from tests.factories.catalog import a_release
from tests.factories.labels import a_label
from tests.factories.members import a_member
from tests.factories.webhooks import Hook, a_visitor, it_happens

EXPORTS, HOOKS = "/api/v1/exports", "/api/v1/webhooks"


@pytest.fixture
def tenant(connected):
    return a_label()


@pytest.fixture
def program(tenant):
    return a_client(tenant)


@pytest.fixture
def api(client_of, tenant, program):
    opened = client_of(f"{tenant.slug}.localhost")
    opened.headers.pop("origin", None)
    opened.headers["authorization"] = f"Bearer {a_token(tenant, program)}"
    return opened


def narrow(tenant, program, scopes=EVERYTHING, imprints=()):
    with tenant_work(tenant) as session:
        row, reach = session.get_one(ApiClient, program.client_id), (tuple(imprints), ())
        given = frozenset(scopes)
        clients.change(session, a_visitor(tenant), row, name="x", scopes=given, redirect_uris=(), reach=reach)


def revoke(tenant, program):
    with tenant_work(tenant) as session:
        clients.revoke(session, Actor.system(tenant), session.get_one(ApiClient, program.client_id))


def hook_of(api, tenant, there, *events):
    made = api.post(HOOKS, json={"url": there.url(), "events": list(events or ("*",))}).json()
    return Hook(tenant, made["id"], made["secret"])


def told(there):
    return [json.loads(each.body)["type"] for each in there.requests]


def test_a_program_that_was_stopped_is_sent_nothing(api, tenant, program, there):
    hook = hook_of(api, tenant, there)
    it_happens(tenant)
    hook.feed()  # on its way already
    revoke(tenant, program)
    it_happens(tenant)
    assert hook.deliver() == 0
    assert told(there) == []
    assert (hook.row.disabled_why, {each.state for each in hook.deliveries()}) == ("maker", {"given_up"})


def test_a_program_that_may_less_is_sent_less(api, tenant, program, there):
    hook = hook_of(api, tenant, there)
    it_happens(tenant, "order.paid")
    hook.feed()
    narrow(tenant, program, {"catalog:read", "webhooks:write"})
    it_happens(tenant)
    hook.deliver()
    assert told(there) == ["release.created"]
    assert [each.problem for each in hook.attempts() if each.problem] == ["beyond"]
    narrow(tenant, program, imprints=("one",))  # what happens is of the whole label
    it_happens(tenant)
    hook.deliver()
    assert (told(there), hook.row.disabled_why) == (["release.created"], "maker")


@pytest.mark.parametrize("lost", ["access", "role", "reach"])
def test_what_a_person_set_up_is_sent_no_more_than_they_may_hear(tenant, there, lost):
    member = a_member(tenant, role="admin")
    visitor = a_visitor(tenant)
    with tenant_work(tenant) as session:
        made = endpoints.make(session, tenant, visitor, endpoints.Wish(url=there.url(), filters=["order.*"]))
        hook = Hook(tenant, made.endpoint.id, made.secret)
        endpoint = session.get_one(type(made.endpoint), hook.id)
        endpoint.made_by = member.id
    it_happens(tenant, "order.paid")
    assert hook.deliver() == 1
    with tenant_work(tenant) as session:
        row = session.get_one(Member, member.id)
        if lost == "access":
            kept.disable(session, tenant, Actor.system(tenant), row)
        elif lost == "role":
            row.role = "store"
        else:
            row.imprints = ["one"]
    it_happens(tenant, "order.paid")
    assert hook.deliver() == 0
    assert hook.row.disabled_why == "maker"
    with tenant_work(tenant) as session:  # somebody who may takes it over
        endpoints.switch_on(session, tenant, visitor, session.get_one(type(endpoint), hook.id))
    it_happens(tenant, "order.paid")
    assert (hook.deliver(), hook.row.disabled_at) == (1, None)


def test_what_somebody_set_up_through_a_program_ends_with_their_leave(client_of, tenant, there, program_of):
    from tests.api.programs import a_site

    scopes = "openid webhooks:write events:read catalog:read"
    site = program_of(a_site(tenant, scopes=scopes), tenant=tenant)
    token = site.tokens(scope=scopes)["access_token"]
    site.machine.headers["authorization"] = f"Bearer {token}"
    hook = hook_of(site.machine, tenant, there, "release.*")
    it_happens(tenant)
    assert hook.deliver() == 1
    with tenant_work(tenant) as session:
        session.execute(text("UPDATE api_grants SET ended_at = now()"))
    it_happens(tenant)
    assert (hook.deliver(), hook.row.disabled_why) == (0, "maker")


def asked(api, tenant):
    export = api.post(EXPORTS, json={"kind": "releases"}).json()["id"]
    exporting.work(tenant, export)
    return f"{EXPORTS}/{export}"


def test_an_export_opens_for_whoever_still_sees_what_is_in_it(api, tenant, program):
    a_release(tenant, "Kept", label="One")
    place = asked(api, tenant)
    assert "Kept" in api.get(api.get(place).json()["url"]).text
    for scopes, imprints in (
        (EVERYTHING - {"catalog:read", "catalog:write", "uploads:write"}, ()),
        (EVERYTHING, ("one",)),
    ):
        narrow(tenant, program, scopes, imprints)
        assert api.get(place).json()["url"] is None
        assert [each["url"] for each in api.get(EXPORTS).json()["items"]] == [None]
    part = asked(api, tenant)
    assert "Kept" in api.get(api.get(part).json()["url"]).text
    narrow(tenant, program)
    assert all(each["url"] for each in api.get(EXPORTS).json()["items"])


def test_an_export_of_two_reaches_is_not_made(api, tenant, program):
    for number in range(3):
        a_release(tenant, f"Number {number}", label="One")
    export = api.post(EXPORTS, json={"kind": "releases"}).json()["id"]
    narrow(tenant, program, imprints=("one",))
    exporting.work(tenant, export)
    assert api.get(f"{EXPORTS}/{export}").json()["state"] == "failed"


def test_what_is_done_later_is_done_within_the_leave_of_that_moment(client_of, tenant, program_of):
    from tests.api.programs import a_site

    scopes = "openid bulk:write catalog:read catalog:write"
    site = program_of(a_site(tenant, scopes=scopes), tenant=tenant)
    token = site.tokens(scope=scopes)["access_token"]
    site.machine.headers["authorization"] = f"Bearer {token}"
    line = json.dumps({"method": "POST", "path": "/api/v1/artists", "body": {"name": "Late"}})
    headers = {"content-type": "application/jsonl"}
    job = site.machine.post("/api/v1/bulk", content=line, headers=headers).json()["id"]
    with tenant_work(tenant) as session:
        session.execute(text("UPDATE api_grants SET ended_at = now()"))
    site.tokens(scope="openid catalog:read")
    with tenant_read(tenant) as session:
        caller = recalled(session, tenant, session.get_one(BulkJob, job))
    assert caller.scopes == {"openid", "catalog:read"}
