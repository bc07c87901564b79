"""A suspended label changes nothing, and its people keep what is theirs: their sessions and their own security."""

from __future__ import annotations

import re

import pyotp
import pytest
from sqlalchemy import select

from admin.service import add_operator
from app.identity.models import CustomRole, SupportGrant
from app.kernel import clock, db
from app.kernel.actor import Actor
from tenants.lifecycle.service import close, suspend
from tenants.registry.queries import fresh_tenant
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member
from tests.identity.authenticator import Authenticator
from tests.identity.post import forget_waiting, mails_to
from tests.kernel.jobs.work import eventually

JSON = {"accept": "application/json"}
SECURITY = "/portal/settings/security"
US = Actor.system(None)
REASON = "Ticket 4711: a statement does not open"


@pytest.fixture(params=["suspended", "closing"])
def quiet(request, client_of, connected, product):
    """A label in which nothing may be changed: the label, a member, and their browser."""
    tenant = a_label()
    member, client = a_member(tenant), client_of(f"{tenant.slug}.localhost")
    client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    stop(tenant, request.param, client)
    return fresh_tenant(tenant.id), member, client


def stop(tenant, state, client):
    suspend(tenant.slug, by=US, reason="unpaid") if state == "suspended" else close(tenant.slug, by=US)
    files = {"file": ("a.txt", b"x", "text/plain")}
    assert eventually(lambda: client.post("/portal/files", files=files, headers=JSON).status_code == 403)


def came_in(client_of, tenant, member, password=PASSWORD):
    client = client_of(f"{tenant.slug}.localhost")
    assert client.post("/portal/sign-in", data={"email": member.email, "password": password}).status_code == 303
    return client


def test_members_end_their_own_sessions(client_of, quiet):
    tenant, member, client = quiet
    first, second = (came_in(client_of, tenant, member) for _ in range(2))
    assert second.post(f"{SECURITY}/sessions/end-others").status_code == 303
    assert [each.get("/portal", headers=JSON).status_code for each in (client, first, second)] == [404, 404, 200]
    third = came_in(client_of, tenant, member)
    for address in reversed(re.findall(rf"{SECURITY}/sessions/[0-9a-f-]+/end", third.get(SECURITY).text)):
        third.post(address)
    assert [each.get("/portal", headers=JSON).status_code for each in (second, third)] == [404, 404]


def test_members_change_their_own_security_and_are_told(client_of, quiet, settings):
    tenant, member, client = quiet
    forget_waiting()
    assert client.post(f"{SECURITY}/password", data={"password": "another battery staple"}).status_code == 303
    client = came_in(client_of, tenant, member, "another battery staple")
    client.post(f"{SECURITY}/app")
    secret = re.search(r"<code dir=\"ltr\">([A-Z2-7]+)</code>", client.get(f"{SECURITY}/app").text)[1]
    code = pyotp.TOTP(secret).at(clock.now())
    assert "<code>" in client.post(f"{SECURITY}/app/confirm", data={"code": code}).text
    host = f"{tenant.slug}.localhost"
    device = Authenticator(f"https://{host}", host)
    options = client.post(f"{SECURITY}/passkeys/options").json()
    assert client.post(f"{SECURITY}/passkeys", json=device.make(options)).status_code == 200
    assert client.post(f"{SECURITY}/codes").status_code == 200
    assert client.post(f"{SECURITY}/app/remove").status_code == 303
    assert len(mails_to(settings, tenant, member.email)) == 5


def test_what_is_the_labels_stays_as_it_is(client_of, quiet):
    tenant, _, client = quiet
    rules = {"idle_minutes": "15", "absolute_hours": "12"}
    assert client.post(f"{SECURITY}/policy", data=rules, headers=JSON).status_code == 403
    assert client.post("/portal/settings/roles", data={"name": "R", "permissions": "team.view"}).status_code == 403
    invite = {"email": "x@else.test", "role": "store"}
    assert client.post("/portal/settings/team/invitations", data=invite, headers=JSON).status_code == 403
    with db.tenant_read(tenant) as session:
        assert session.scalars(select(CustomRole)).all() == []


def test_support_looks_at_a_suspended_label_with_leave_and_changes_nothing(client_of, connected, product):
    tenant = a_label()
    member, owner, console = a_member(tenant), client_of(f"{tenant.slug}.localhost"), client_of("admin.localhost")
    email = f"support-{tenant.slug}@house.test"
    with db.platform_work() as session:
        add_operator(session, email=email, password=PASSWORD)
    console.post("/admin/sign-in", data={"email": email, "password": PASSWORD})
    owner.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    stop(tenant, "suspended", owner)
    support = f"/admin/labels/{tenant.id}/support"
    assert support in console.get(f"/admin/labels/{tenant.id}").text
    assert console.post(support, data={"reason": REASON, "hours": "2"}).status_code == 303
    with db.tenant_read(fresh_tenant(tenant.id)) as session:
        grant = session.scalars(select(SupportGrant)).one()
    assert owner.post(f"{SECURITY}/support/{grant.id}/allow", data={"may_change": "true"}).status_code == 303
    way_in = re.search(r"/portal/support/[\w-]+", console.post(f"{support}/{grant.id}/enter").text)[0]
    browser = client_of(f"{tenant.slug}.localhost")
    assert browser.post(way_in).headers["location"] == "/portal"
    assert REASON in browser.get("/portal").text
    files = {"file": ("a.txt", b"x", "text/plain")}
    assert browser.post("/portal/files", files=files, headers=JSON).status_code == 403
    assert owner.post(f"{SECURITY}/support/{grant.id}/end").status_code == 303
    assert browser.get("/portal", headers=JSON).status_code == 404


def test_support_is_not_offered_for_a_label_that_is_closing(client_of, connected, product):
    tenant, console = a_label(), client_of("admin.localhost")
    email = f"support-{tenant.slug}@house.test"
    with db.platform_work() as session:
        add_operator(session, email=email, password=PASSWORD)
    console.post("/admin/sign-in", data={"email": email, "password": PASSWORD})
    close(tenant.slug, by=US)
    assert f"/admin/labels/{tenant.id}/support" not in console.get(f"/admin/labels/{tenant.id}").text
