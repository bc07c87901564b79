"""Nothing that a label's people ever receive names the operator, or another label."""

from __future__ import annotations

import re

import pytest

from app.kernel import db, jobs
from app.kernel.jobs import run
from app.kernel.jobs.relay import Relay
from app.kernel.mail import Mail, caught
from app.kernel.mail.outgoing import compose
from app.settings import Settings
from tenants.registry.queries import fresh_tenant
from tests.brand.test_themes import published
from tests.factories.labels import a_label
from tests.test_walls import ROUTES

NAMES = re.compile(r"boptone|\brival", re.IGNORECASE)  # "arrival" is nobody's name
PAGES = sorted(
    {path for method, path in ROUTES if method == "GET" and "{" not in path and not path.startswith("/admin")}
)
BY_MACHINES = ("/metrics", "/internal/tls-ask", "/portal/events")


def leaks(answer) -> list[str]:
    """What an answer says that it must not: in its body, its headers, its cookies."""
    said = answer.content.decode(errors="replace") + str(dict(answer.headers)) + str(dict(answer.cookies))
    return [said[max(0, found.start() - 60) : found.end() + 40] for found in NAMES.finditer(said)]


@pytest.fixture
def mine(connected):
    return a_label(name="Silver Pines", languages=("en", "de", "ar"))


def test_no_page_header_or_cookie_names_anybody_else(client_as, mine):
    client = client_as(mine)
    found = {}
    for path in PAGES:
        if path not in BY_MACHINES:
            answer = client.get(path, headers={"accept": "text/html"})
            if said := leaks(answer):
                found[path] = said
    assert found == {}


@pytest.mark.parametrize("path", ["/portal/nowhere", "/portal/files/x", "/admin", "/.git/config", "/portal/kit/%00"])
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_no_error_names_anybody_else(client_as, mine, path, accept):
    assert leaks(client_as(mine).get(path, headers={"accept": accept})) == []


def test_no_refusal_of_a_form_names_anybody_else(client_as, mine):
    client = client_as(mine)
    for method, path in ROUTES:
        if method == "POST" and "{" not in path and not path.startswith("/admin"):
            assert leaks(client.post(path, data={"unknown": "field"}, headers={"accept": "text/html"})) == [], path


def test_no_mail_names_anybody_else(connected: Settings, mine):
    class Rows:
        def tenant(self, tenant_id):
            return fresh_tenant(tenant_id)

    sent = []
    relay = Relay("home", lambda message, **_: sent.append(message), lease_seconds=30)
    with db.tenant_work(mine) as session:
        jobs.ask(session, "activity.seal", {})
    relay.run_once()
    for message in sent:
        run.run(message, Rows(), lease_seconds=30)
    mails = caught(connected, mine.id)
    assert mails
    for mail in mails:
        everything = f"{mail.sender} {mail.to} {mail.subject} {mail.text}"
        assert not NAMES.search(everything), everything
        assert "Silver Pines" in mail.sender
    for file in (connected.data / "mail" / mine.id).glob("*.eml"):
        assert not NAMES.search(file.read_text())


def test_the_operator_is_named_where_a_label_says_so_and_in_no_other_place(
    connected: Settings, client_as, client_of, mine
):
    stranger = client_of(f"{mine.slug}.localhost")
    surfaces = {"/": stranger, "/portal/sign-in": stranger, "/portal": client_as(mine)}
    said = f"Powered by {connected.operator_name}"
    letter = Mail(to="a@example.com", subject="Hello", text="Come in", language="en")
    assert [path for path, client in surfaces.items() if said in client.get(path).text] == []
    assert not NAMES.search(compose(mine, letter, number="1").as_string())
    published(mine, preset="plain", identity={"powered_by": True})
    for path, client in surfaces.items():
        page = client.get(path).text
        assert page.count(said) == 1, path
        assert not NAMES.search(page.replace(said, "")), path
    html = compose(mine, letter, number="1").get_body(("html",)).get_content()
    assert html.count(said) == 1
    assert not NAMES.search(html.replace(said, ""))
    published(mine, identity={"powered_by": False})
    assert [path for path, client in surfaces.items() if said in client.get(path).text] == []
