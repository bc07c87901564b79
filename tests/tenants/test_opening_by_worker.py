"""The console opens labels with no spare and no owner's address: a worker builds the schema, the page goes along."""

from __future__ import annotations

from itertools import count

import httpx
import pytest
from sqlalchemy import select, text

from admin.console.models import OperatorActivity
from admin.service import add_operator
from app.kernel import db
from app.kernel.tenant import TenantState
from tenants.provisioning.spares import drop_schema, fill_spares
from tenants.registry.models import TenantRow
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD
from tests.identity.post import forget_waiting, work
from tests.servers import serving

_numbers = count(1)


@pytest.fixture
def no_spares(connected):
    """No schema is ready anywhere."""
    forget_waiting()
    with db.platform_read() as session:
        spares = session.scalars(select(TenantRow.id).where(TenantRow.state == TenantState.SPARE)).all()
    for spare in spares:
        with db.owner_work() as owner:
            drop_schema(owner, spare)
        with db.platform_work() as session:
            session.get_one(TenantRow, spare).state = TenantState.CLOSED


def wish(**more):
    slug = f"by-worker-{next(_numbers)}"
    form = {"slug": slug, "name": "By Worker", "owner_email": "o@house.test", "request_key": f"key/{slug}"}
    return form | more


def an_operator():
    email = f"opens-{next(_numbers)}@house.test"
    with db.platform_work() as session:
        add_operator(session, email=email, password=PASSWORD)
    return email


@pytest.fixture
def console(client_of, connected):
    client = client_of("admin.localhost")
    client.post("/admin/sign-in", data={"email": an_operator(), "password": PASSWORD})
    return client


def test_a_worker_opens_what_the_console_asked_for_once(no_spares, console):
    form = wish()
    address = console.post("/admin/labels", data=form).headers["location"]
    assert address.startswith("/admin/openings?key=")
    assert "By Worker" in console.get(address).text
    assert console.post("/admin/labels", data=form).headers["location"] == address, "sent twice it opens once"
    work()
    arrived = console.get(address).headers["location"]
    assert "By Worker" in console.get(arrived).text
    with db.platform_read() as session:
        rows = session.scalars(select(OperatorActivity).where(OperatorActivity.action == "label.opened"))
        assert len([row for row in rows if row.facts["slug"] == form["slug"]]) == 1
        assert session.scalar(text("SELECT count(*) FROM shared.tenants WHERE slug = :s"), {"s": form["slug"]}) == 1


def test_an_opening_that_came_to_no_end_says_why(no_spares, console):
    first, second = wish(), wish()
    second["slug"] = first["slug"]
    addresses = [console.post("/admin/labels", data=form).headers["location"] for form in (first, second)]
    work()
    assert console.get(addresses[0]).status_code == 303
    assert "is taken" in console.get(addresses[1]).text


def test_what_cannot_be_is_refused_before_a_worker_hears_of_it(no_spares, console):
    assert console.post("/admin/labels", data=wish(slug="admin")).status_code == 422
    with db.platform_read() as session:
        assert session.scalar(text("SELECT count(*) FROM shared.outbox WHERE task = 'operators.open_label'")) == 0


def test_a_key_nobody_used_is_not_found(console):
    assert console.get("/admin/openings?key=unheard-of", headers={"accept": "application/json"}).status_code == 404


def test_a_spare_is_still_taken_at_once(console, connected):
    fill_spares(1)
    assert "/admin/labels/" in console.post("/admin/labels", data=wish()).headers["location"]


def test_a_web_process_without_the_owners_address_opens_and_exports(services, database_name, settings, no_spares):
    """Both are left to a worker, and the web process only asks."""
    from tests.factories.members import a_member

    label = a_label()  # one whose export no other test has asked for
    email, member = an_operator(), a_member(label)
    login = settings.login_urls["home"]
    with serving(services, database_name, DATABASE_URL="", DATABASE_LOGIN_URL=login) as (_, port):
        address = f"http://127.0.0.1:{port}"

        def browser(host, door, who):
            origin = {"host": host, "origin": f"http://{host}"}
            answer = httpx.post(address + door, data={"email": who, "password": PASSWORD}, headers=origin)
            assert answer.status_code == 303, answer.text
            return origin | {"cookie": answer.headers["set-cookie"].partition(";")[0]}

        us = browser("admin.localhost", "/admin/sign-in", email)
        asked = httpx.post(f"{address}/admin/labels", data=wish(), headers=us)
        assert asked.status_code == 303, asked.text
        they = browser(f"{label.slug}.localhost", "/portal/sign-in", member.email)
        assert httpx.post(f"{address}/portal/settings/export", headers=they).status_code == 303
        work()
        opened = httpx.get(address + asked.headers["location"], headers=us)
        assert "/admin/labels/" in opened.headers["location"]
        assert "Kept until" in httpx.get(f"{address}/portal/settings/export", headers=they).text
