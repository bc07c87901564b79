"""The activity log: filters, pages, saved views, export."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from app.kernel import clock, db, ids
from app.kernel.activity import record
from app.kernel.actor import Actor
from app.lists.rules import asked_of
from app.portal.rules import ActivityFilter, activity_filter
from tests.factories.api import api_of
from tests.factories.catalog import narrowed
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member

LOG = "/portal/settings/activity"


@pytest.fixture
def mine(connected):
    return a_label(time_zone="Asia/Tokyo", languages=("en", "ja"))


def happen(tenant, action, count=1, **more):
    with db.tenant_work(tenant) as session:
        for _ in range(count):
            record(session, Actor.system(tenant), action, **more)


def views(client):
    return re.search(r'<nav class="views".*?</nav>', client.get(LOG).text, re.DOTALL)[0]


def shown(page):
    return re.findall(r"<time datetime=\"([^\"]+)\"", page.text)


def test_a_filter_shows_what_it_says_and_nothing_else(client_as, mine):
    client = client_as(mine)
    happen(mine, "file.stored", 3)
    happen(mine, "file.renamed", 2)
    assert len(shown(client.get(f"{LOG}?action=file.stored"))) == 3
    assert len(shown(client.get(f"{LOG}?action=file.stored&action=file.renamed"))) == 5
    assert "Nothing fits" in client.get(f"{LOG}?action=host.removed").text


def test_a_row_names_whom_and_what_it_is_about_in_the_readers_words(client_as, mine):
    client = client_as(mine)
    other = a_member(mine, role="store", name="Kofi Mensah")
    happen(mine, "member.disabled", subject_type="member", subject_id=other.id)
    with db.tenant_work(mine) as session:
        record(session, Actor(kind="fan", id=ids.new_id(), tenant=mine, name="Fan"), "file.stored")
    page = client.get(f"{LOG}?action=member.disabled").text
    assert f'href="/portal/settings/team/{other.id}"><bdi>Kofi Mensah</bdi>' in page
    assert ">Fan<" in client.get(f"{LOG}?action=file.stored").text
    japanese = client.get(f"{LOG}?action=file.stored", headers={"accept-language": "ja"}).text
    assert ">ファン<" in japanese


def test_days_are_the_labels_own(client_as, mine):
    client = client_as(mine)
    tokyo = clock.now() + timedelta(hours=9)
    happen(mine, "file.stored")
    today, tomorrow = tokyo.date().isoformat(), (tokyo.date() + timedelta(days=1)).isoformat()
    assert len(shown(client.get(f"{LOG}?action=file.stored&from={today}&to={today}"))) == 1
    assert shown(client.get(f"{LOG}?action=file.stored&from={tomorrow}")) == []


def test_pages_neither_skip_nor_repeat(client_as, mine):
    client = client_as(mine)
    happen(mine, "file.stored", 120)
    seen, address = [], f"{LOG}?action=file.stored"
    while address:
        page = client.get(address)
        seen += shown(page)
        following = re.search(r'href="([^"]+after=[^"]+)"', page.text)
        address = following[1].replace("&amp;", "&") if following else None
    assert len(seen) == len(set(seen)) == 120
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    "query",
    ["action=no.such", "actor=x", "from=yesterday", "to=9999-12-31", "from=0001-01-01", "after=forged", "action=" + "x" * 2000,
     "&".join(["action=file.stored"] * 60), urlencode({"action": "file.stored'; DROP TABLE activity"})],
)  # fmt: skip
def test_a_filter_that_is_none_is_refused_in_a_sentence(client_as, mine, query):
    answer = client_as(mine).get(f"{LOG}?{query}")
    assert answer.status_code in (400, 422)
    assert "Traceback" not in answer.text


def test_a_view_is_kept_shared_and_removed_by_whoever_made_it(client_as, mine):
    client, other = client_as(mine), client_as(mine)
    client.post(f"{LOG}/views", data={"name": "Uploads", "query": "action=file.stored", "shared": "1"})
    client.post(f"{LOG}/views", data={"name": "Only mine", "query": "action=file.renamed"})
    assert "Uploads" in views(other)
    assert "Only mine" not in views(other)
    with db.tenant_read(mine) as session:
        view = session.execute(text("SELECT id FROM saved_views WHERE is_shared")).scalar_one()
    assert other.post(f"{LOG}/views/{view}/removal").status_code == 404
    assert client.post(f"{LOG}/views/{view}/removal").status_code == 303
    assert "Uploads" not in views(other)


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_view_needs_a_name(client_as, mine, name):
    assert client_as(mine).post(f"{LOG}/views", data={"name": name, "query": ""}).status_code == 422


def test_an_export_holds_every_row_and_is_itself_noted(client_as, mine):
    client = client_as(mine)
    happen(mine, "file.stored", 60, after={"name": "=HYPERLINK(1)"})
    answer = client.get(f"{LOG}/export?action=file.stored")
    table = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(table) == 60
    assert "attachment" in answer.headers["content-disposition"]
    as_json = json.loads(client.get(f"{LOG}/export?as=json&action=file.stored").content)
    assert [row["action"] for row in as_json] == ["file.stored"] * 60
    assert len(shown(client.get(f"{LOG}?action=activity.exported"))) == 2


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])
def test_no_cell_of_an_export_is_a_formula(client_as, mine, name):
    client = client_as(mine)
    with db.tenant_work(mine) as session:
        record(session, Actor(kind="system", id=None, tenant=mine, name=name), "file.stored")
    lines = client.get(f"{LOG}/export?action=file.stored").content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(lines))
    assert row["actor_name"] == f"'{name}"


def test_who_may_not_see_the_log_is_told_so(client_as, mine):
    artist = client_as(mine, role="artist")
    assert artist.get(LOG).status_code == 403
    assert artist.get(f"{LOG}/export").status_code == 403


def test_a_filter_comes_back_from_its_own_address():
    known = {"file.stored": None, "file.renamed": None}
    query = "action=file.stored&action=file.renamed&from=2026-01-02&to=2026-02-03"
    chosen = activity_filter(asked_of(query), known=known)
    assert chosen.query == query
    assert activity_filter(asked_of(chosen.without("action", "file.stored")), known=known).actions == ("file.renamed",)
    assert ActivityFilter().query == ""


def test_everybody_is_told_of_what_they_may_see_and_nobody_of_more(client_as, client_of, label):
    with db.tenant_work(label) as session:
        for subject in ("payout", "contract", "statement", "order", "member"):
            about = {"subject_type": subject, "subject_id": ids.new_id(), "after": {"amount": f"7{subject}7"}}
            record(session, Actor.system(label), f"{subject}.changed", **about)
    shown = {
        "owner": {"payout", "contract", "statement", "order", "member"},
        "store": {"order", "member"},
        "royalties": {"payout", "contract", "statement", "member"},
        "finance_approver": {"payout", "contract", "statement", "member"},
    }
    everything = {f"7{subject}7": subject for subject in shown["owner"]}
    for role, subjects in shown.items():
        browser = client_as(label, role)
        told = browser.get(LOG).text
        assert {subject for text, subject in everything.items() if text in told} == subjects, role
    program = api_of(client_of, label, scopes="activity:read store:read")
    told = program.get("/api/v1/activity", params={"sort": "-id"}).text
    assert {subject for text, subject in everything.items() if text in told} == {"order", "member"}


def test_who_is_narrowed_is_told_of_what_they_did_themselves(client_as, client_of, label):
    member = a_member(label, role="admin")
    narrowed(label, member, imprints=["one"])
    with db.tenant_work(label) as session:
        about = {"subject_type": "release", "subject_id": ids.new_id()}
        record(session, Actor.system(label), "release.changed", after={"title": "Somebody else's"}, **about)
        mine = Actor("member", member.id, label, member.name)
        record(session, mine, "release.changed", after={"title": "Mine alone"}, **about)
    browser = client_of(f"{label.slug}.localhost")
    browser.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    for page in (LOG, "/portal/settings/activity/export?as=json"):
        told = browser.get(page).text
        assert "Mine alone" in told
        assert "Somebody else" not in told
    assert browser.get("/portal/events").status_code == 403
    program = api_of(client_of, label, imprints=("one",))
    assert program.get("/api/v1/activity").json()["items"] == []
