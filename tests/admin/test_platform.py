"""The console's fleet, tasks, incidents, mail and operators; and who may see none of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import text

import admin
from admin.console import activity
from admin.console.models import Incident, OperatorActivity
from admin.console.queries import BOOKS_FROZEN, BOOKS_LIFTED
from app.kernel import cache, db
from app.kernel.jobs import ask
from app.kernel.jobs.outbox import OutboxRow
from migrations.compiled import label_history
from tests.admin.conftest import cells, said
from tests.factories.labels import a_label
from tests.identity.post import forget_waiting, mails_to

ADMIN = Path(admin.__file__).parent
LABELS = ADMIN / "console/pages/labels.py"
PAGES = (
    "/admin",
    "/admin/labels/new",
    "/admin/fleet",
    "/admin/tasks",
    "/admin/incidents",
    "/admin/mail",
    "/admin/operators",
)
DEEDS = (
    ("/admin/labels", {"slug": "x", "name": "x", "owner_email": "a@b.test", "request_key": "x"}),
    ("/admin/fleet/runs", {}),
    ("/admin/tasks/01a20f9b-fa1d-7691-8615-625beae027f6/retry", {"cell": "home"}),
    ("/admin/incidents", {"text": "Nothing works", "level": "danger"}),
    ("/admin/incidents/01a20f9b-fa1d-7691-8615-625beae027f6/end", {}),
)
JSON = {"accept": "application/json"}


def noted(action):
    with db.platform_read() as session:
        return session.query(OperatorActivity).filter_by(action=action).order_by(OperatorActivity.at.desc()).all()


@pytest.fixture
def quiet(connected):
    """No incident of another test, in the table or in anybody's memory."""

    def quiet():
        with db.platform_work() as session:
            session.execute(text("UPDATE shared.incidents SET ended_at = now() WHERE ended_at IS NULL"))
        forget()

    quiet()
    yield
    quiet()


def forget():
    cache.shared().delete("incidents:home")


def test_nothing_of_the_console_is_there_for_strangers_and_members(client_of, client_as, mine):
    stranger, member = client_of("admin.localhost"), client_as(mine)
    for path in PAGES:
        assert stranger.get(path, headers=JSON).status_code == 404, path
        assert member.get(path, headers=JSON).status_code == 404, path
    for path, form in DEEDS:
        assert stranger.post(path, data=form, headers=JSON).status_code == 404, path
        assert member.post(path, data=form, headers=JSON).status_code == 404, path


def test_no_deed_of_the_console_is_done_for_another_site(console):
    for path, form in DEEDS:
        answer = console.post(path, data=form, headers={"origin": "https://admin.localhost.evil.test"})
        assert answer.status_code == 403, path


def test_the_fleet_shows_every_revision_and_how_many_labels_are_there(console, mine):
    history = label_history()
    with db.platform_read() as session:
        counts = dict(
            session.execute(
                text(
                    "SELECT schema_revision, count(*) FROM shared.tenants"
                    " WHERE state NOT IN ('closed', 'provisioning') GROUP BY 1"
                )
            ).all()
        )
    page = console.get("/admin/fleet")
    held = [each.id for each in reversed(history) if each == history[-1] or counts.get(each.id)]
    assert [row[0].split()[0] for row in cells(page, titled="Where labels are")] == held
    shown = cells(page, titled="All revisions")
    assert [row[0].split()[0] for row in shown] == [each.id for each in reversed(history)]
    assert shown[0][0].endswith("Head")
    assert [row[-1] for row in shown] == [f"{counts.get(each.id, 0):,}" for each in reversed(history)]


def test_a_label_in_quarantine_is_named_with_its_reason_where_operators_look(console, mine):
    reason = "l0009: lock timeout"
    assert "Nobody is in quarantine" in console.get("/admin/fleet").text
    with db.platform_work() as session:
        session.execute(text("UPDATE shared.tenants SET quarantine = :r WHERE id = :i"), {"r": reason, "i": mine.id})
    try:
        assert [mine.name, reason] in cells(console.get("/admin/fleet"), titled="Quarantine")
        assert reason in console.get(f"/admin/labels/{mine.id}").text
        assert "Quarantine" in cells(console.get(f"/admin?q={mine.slug}"), titled="Labels")[0][1]
    finally:
        with db.platform_work() as session:
            session.execute(text("UPDATE shared.tenants SET quarantine = NULL WHERE id = :i"), {"i": mine.id})


def test_bringing_the_fleet_to_head_is_a_task_and_is_noted(operator):
    email, console = operator()
    forget_waiting()
    assert console.post("/admin/fleet/runs").status_code == 303
    with db.platform_read() as session:
        (row,) = session.query(OutboxRow).all()
    assert (row.task, row.args) == ("fleet.migrate", {"retry_failed": True})
    assert noted("fleet.retried")[0].operator == email
    forget_waiting()


def test_a_parked_task_is_shown_with_its_reason_and_gets_another_chance(operator, mine):
    email, console = operator()
    forget_waiting()
    with db.tenant_work(mine) as session:
        ask(session, "usage.measure", {})
        ask(session, "usage.measure", {})
    with db.platform_work() as session:
        first, second = session.query(OutboxRow).order_by(OutboxRow.id).all()
        first.parked_at, first.problem = first.run_at, "Gave up: <b>no route</b>"
        parked, waiting = first.id, second.id
    page = console.get("/admin/tasks")
    (row,) = cells(page, titled="Parked tasks")
    assert row[0] == "usage.measure"
    assert row[1].startswith(mine.id[:10])
    assert "&lt;b&gt;no route" in page.text
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd.*?>(?:<bdi>)?(.*?)<", page.text))
    assert (facts["Cell"], facts["Waiting"], facts["Parked"]) == ("home", "1", "1")
    assert console.post(f"/admin/tasks/{waiting}/retry", data={"cell": "home"}).status_code == 404
    assert console.post(f"/admin/tasks/{parked}/retry", data={"cell": "nowhere"}).status_code == 404
    assert console.post(f"/admin/tasks/{parked}/retry", data={"cell": "home"}).status_code == 303
    assert "Nothing is parked" in console.get("/admin/tasks").text
    assert (noted("task.retried")[0].operator, noted("task.retried")[0].facts) == (email, {"task": str(parked)})
    forget_waiting()


def test_an_incident_stands_over_every_page_of_every_label_until_it_ends(console, mine, client_as, quiet):
    client, other = client_as(mine), client_as(a_label())
    told = "Uploads are <slow> today"
    assert console.post("/admin/incidents", data={"text": f"  {told} ", "level": "danger"}).status_code == 303
    forget()
    for reader in (client, other):
        for path in ("/portal", "/portal/files", "/portal/settings/team"):
            assert (
                '<p class="notice danger" role="status"><bdi>Uploads are &lt;slow&gt; today</bdi>'
                in reader.get(path).text
            )
    with db.platform_read() as session:
        (row,) = session.query(Incident).filter(Incident.ended_at.is_(None)).all()
    assert console.post(f"/admin/incidents/{row.id}/end").status_code == 303
    forget()
    assert "Uploads are" not in client.get("/portal").text
    assert "Labels are told of nothing" in console.get("/admin/incidents").text
    assert [len(noted(action)) >= 1 for action in ("incident.announced", "incident.ended")] == [True, True]


def test_an_incident_of_another_cell_concerns_nobody_here(console, mine, client_as, quiet):
    console.post("/admin/incidents", data={"text": "Elsewhere", "cell": "elsewhere"})
    forget()
    assert "Elsewhere" not in client_as(mine).get("/portal").text
    assert "Elsewhere" in console.get("/admin/incidents").text


@pytest.mark.parametrize("form", [{"text": "  "}, {"text": "x" * 301}, {"text": "x", "level": "worst"}])
def test_an_incident_without_words_or_of_no_known_kind_is_not_told(console, quiet, form):
    assert console.post("/admin/incidents", data=form).status_code == 422
    assert "Labels are told of nothing" in console.get("/admin/incidents").text


@pytest.mark.parametrize("made_up", ["01a20f9b-fa1d-7691-8615-625beae027f6", "nonsense"])
def test_an_incident_that_is_none_cannot_end(console, made_up):
    assert console.post(f"/admin/incidents/{made_up}/end").status_code == 404


def test_mail_that_was_kept_is_shown_with_its_words_and_no_markup_of_theirs(console, mine, client_as, settings):
    forget_waiting()
    client = client_as(mine)
    client.post("/portal/settings/team/invitations", data={"email": "new@person.test", "role": "artist"})
    (mail,) = mails_to(settings, mine, "new@person.test")
    page = console.get("/admin/mail").text
    shown = next(body for body in re.findall(r"<article.*?</article>", page, re.DOTALL) if "new@person.test" in body)
    assert said(shown).startswith(mail.subject)
    assert mail.text.strip().splitlines()[0] in shown


def test_operators_are_listed_and_what_they_did_is_newest_first(operator, mine):
    email, console = operator()
    console.post(f"/admin/labels/{mine.id}/plan", data={"plan": "starter"})
    console.post(f"/admin/labels/{mine.id}/plan", data={"plan": "enterprise"})
    page = console.get("/admin/operators")
    assert [email, "Active"] in [row[:2] for row in cells(page, titled="Operators")]
    latest = cells(page, titled="What operators did")[:2]
    assert [(row[0], row[1]) for row in latest] == [(email, "Changed the plan or the features")] * 2
    assert f"<bdi>{email}</bdi> · Changed the plan or the features<" in console.get(f"/admin/labels/{mine.id}").text
    assert ["plan enterprise" in latest[0][3], "plan starter" in latest[1][3]] == [True, True]


def test_everything_that_operators_do_has_a_sentence():
    noted = {f"label.{what}" for what in re.findall(r'data\.what == "(\w+)"', LABELS.read_text())}
    for path in ADMIN.rglob("*.py"):
        noted |= set(re.findall(r'\b(?:note|record|hear)\(\w+, (?:\w+, )?"([a-z_.]+)"', path.read_text()))
    assert {"label.close", "label.opened", "support.entered", "operator.disabled"} <= noted
    assert noted | {BOOKS_FROZEN, BOOKS_LIFTED} == set(activity.SENTENCES)
    assert activity.said("sentence.of.nobody") == "sentence.of.nobody"


def test_what_is_not_found_is_told_within_the_console(console, client_of):
    page = console.get("/admin/nothing-here", headers={"accept": "text/html"})
    assert page.status_code == 404
    assert 'id="side"' in page.text
    assert 'href="/admin/fleet"' in page.text
    stranger = client_of("admin.localhost").get("/admin/nothing-here", headers={"accept": "text/html"})
    assert stranger.status_code == 404
    assert 'id="side"' not in stranger.text
