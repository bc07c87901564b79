"""Blocks of a label's own on its front page and its sign-in: theirs by plan, versioned with the brand, and tame."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from app.brand import service
from app.brand.models import ThemeVersion
from app.kernel import cache, db
from app.kernel.actor import Actor
from tenants.lifecycle.service import set_plan
from tests.brand.test_themes import published
from tests.kernel.jobs.work import eventually
from themes.engine.inputs import LONGEST_BLOCK

BRAND = "/portal/settings/brand"
HOSTILE = (
    "<script>alert(1)</script><p onclick='alert(1)'>Hello</p><img src='//evil.example/x.png'><img src=x onerror=alert(1)>"
    "<a href='javascript:alert(1)'>here</a><style>body{display:none}</style><form action='/portal/sign-out'><button>x"
    "</button></form><div hx-get='/portal' style='position:fixed'>there</div><iframe src='/'></iframe>{{ label.name }}"
)


def with_plan(tenant, plan):
    return set_plan(tenant.id, by=Actor.system(None), plan=plan, flags=[])


@pytest.fixture
def entitled(label):
    yield with_plan(label, "enterprise")
    with_plan(label, label.plan)


def a_draft(client, *, has_slots=True):
    """A new draft, once the web process has heard of the label's plan."""
    draft = client.post(f"{BRAND}/drafts", data={"preset": "voltage"}).headers["location"]
    assert eventually(lambda: ('name="blocks.footer"' in client.get(draft).text) is has_slots)
    return draft


def test_a_block_is_drafted_previewed_published_and_taken_back(client_as, client_of, entitled):
    client = client_as(entitled)
    published(entitled, preset="voltage")
    draft = a_draft(client)
    said = {"blocks.landing": "<h2>{{ label.name | upcase }}</h2>", "blocks.sign_in": "<p>Ask {{ language }}</p>"}
    assert client.post(draft, data=said).status_code == 303
    assert "<h2>" not in client.get("/").text
    link = re.search(rf'value="https://[^/]+({BRAND}/previews/[^"]+)"', client.post(f"{draft}/preview").text)
    assert link is not None
    client.get(link[1])
    heading = f"<h2>{entitled.name.upper()}</h2>"
    assert heading in client.get("/").text
    assert "You are looking at a draft" in client.get("/").text
    stranger = client_of(f"{entitled.slug}.localhost")
    assert heading not in stranger.get("/").text
    client.post(f"{BRAND}/previews/end")
    assert client.post(f"{draft}/publication").status_code == 303
    assert heading in stranger.get("/").text
    assert "<p>Ask en</p>" in stranger.get("/portal/sign-in").text
    client.post(f"{BRAND}/restorations")
    assert heading not in stranger.get("/").text


def test_a_block_brings_nothing_that_runs_loads_or_asks(client_as, client_of, entitled):
    client = client_as(entitled)
    draft = a_draft(client)
    slots = dict.fromkeys(("blocks.announcement", "blocks.landing", "blocks.footer", "blocks.sign_in"), HOSTILE)
    assert client.post(draft, data=slots).status_code == 303
    assert client.post(f"{draft}/publication").status_code == 303
    stranger = client_of(f"{entitled.slug}.localhost")
    for path, times in (("/", 3), ("/portal/sign-in", 1)):
        answer = stranger.get(path)
        assert answer.text.count("<p>Hello</p>") == times
        for word in (
            "alert(1)",
            "evil.example",
            "onerror",
            "onclick",
            "javascript:",
            "hx-get",
            "display:none",
            "<iframe",
        ):
            assert word not in answer.text, (path, word)
        assert 'action="/portal/sign-out"' not in answer.text
        assert "script-src 'self' 'nonce-" in answer.headers["content-security-policy"]
    editor = client.get(client.post(f"{BRAND}/drafts").headers["location"]).text
    assert "<script>alert" not in editor
    assert "&lt;script&gt;alert" in editor


@pytest.mark.parametrize("source", ["{% for %}", "{{ label.name | safe }}", "{% for i in (1..99999) %}x{% endfor %}"])
def test_what_cannot_be_shown_is_said_beside_the_block_and_kept_in_its_field(client_as, entitled, source):
    client = client_as(entitled)
    draft = a_draft(client)
    answer = client.post(draft, data={"blocks.footer": source, "blocks.landing": "<p>fine</p>"})
    assert answer.status_code == 422
    assert 'id="blocks.footer-problem"' in answer.text
    assert 'id="blocks.landing-problem"' not in answer.text
    assert "fine" in answer.text
    assert client.post(draft, data={"blocks.footer": "x" * (LONGEST_BLOCK + 1)}).status_code == 422
    assert "fine" not in client.get(draft).text


def test_a_block_comes_with_a_plan_and_leaves_with_it(client_as, client_of, label):
    client = client_as(with_plan(label, "standard"))
    draft = a_draft(client, has_slots=False)
    assert "come with the plan Enterprise" in client.get(draft).text
    answer = client.post(draft, data={"blocks.footer": "<p>canary</p>"}, headers={"accept": "text/html"})
    assert answer.status_code == 402
    assert "It comes with Enterprise." in answer.text
    with_plan(label, "enterprise")
    assert eventually(lambda: 'name="blocks.footer"' in client.get(draft).text)
    assert client.post(draft, data={"blocks.footer": "<p>canary</p>"}).status_code == 303
    assert client.post(f"{draft}/publication").status_code == 303
    assert "<p>canary</p>" in client_of(f"{label.slug}.localhost").get("/").text
    with_plan(label, "standard")
    stranger = client_of(f"{label.slug}.localhost")
    assert eventually(lambda: "canary" not in stranger.get("/").text)
    lowered = client.post(f"{BRAND}/drafts").headers["location"]
    assert client.post(lowered, data={"shape.radius": "3"}).status_code == 303
    assert client.post(lowered, data={"blocks.footer": "<p>other</p>"}).status_code == 402
    assert client.post(lowered, data={"blocks.footer": ""}).status_code == 303


def test_a_block_that_fails_stands_in_the_way_of_publishing(client_as, entitled):
    draft = published(entitled, preset="plain", blocks={"footer": "<p>{{ label.name }}</p>"})
    assert draft.said.blocks.footer
    client = client_as(entitled)
    later = client.post(f"{BRAND}/drafts").headers["location"].rpartition("/")[2]
    with db.tenant_work(entitled) as session:
        version = session.get_one(ThemeVersion, later)
        version.inputs = version.inputs | {"blocks": version.inputs["blocks"] | {"footer": "{{ label.name | gone }}"}}
    checks = client.get(f"{BRAND}/drafts/{later}/checks").text
    assert "Your block “footer” cannot be understood" in checks
    assert client.post(f"{BRAND}/drafts/{later}/publication").status_code == 422


def test_a_rival_is_shown_none_of_it(client_of, entitled, rival):
    published(entitled, preset="plain", blocks={"landing": "<p>canary-block</p>"})
    own = client_of(f"{entitled.slug}.localhost")
    assert eventually(lambda: "canary-block" in own.get("/").text)
    assert "canary-block" not in client_of(f"{rival.slug}.localhost").get("/").text


def test_a_renamed_label_is_called_by_its_new_name(entitled):
    published(entitled, preset="plain", blocks={"footer": "{{ label.name }}"})
    theme = service.live_theme(entitled)
    assert service.block_html(entitled, theme, "footer", "en") == entitled.name
    assert service.block_html(replace(entitled, name="New Name"), theme, "footer", "en") == "New Name"
    assert cache.of(entitled).get(f"brand.block:{theme.sha}:footer:en:New Name", str) == "New Name"
