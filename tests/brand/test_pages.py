"""The brand's pages: what everybody loads, what the team may do, and what a rival never sees."""

from __future__ import annotations

import re

import pytest

from app.brand import service
from app.kernel import db, ids
from app.kernel.actor import Actor
from tests.brand.conftest import states
from tests.brand.test_intake import SHAPE, a_font, svg
from tests.brand.test_themes import drafted, published

BRAND = "/portal/settings/brand"
HOST, RIVAL = "canary.localhost", "rival.localhost"


def test_a_stylesheet_is_the_labels_alone_and_may_be_kept_for_ever(client_of, label, rival):
    version = published(label, preset="voltage")
    answer = client_of(HOST).get(f"/theme/{version.sha256}.css")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    assert "#c6f432" in answer.text
    assert client_of(RIVAL).get(f"/theme/{version.sha256}.css").status_code == 404
    for name in (f"{version.sha256}", "x.css", f"{version.sha256}x.css", "0" * 64 + ".css", "..%2f.css"):
        assert client_of(HOST).get(f"/theme/{name}").status_code == 404, name


def test_everybody_loads_icons_manifest_and_card(client_of, label):
    published(label, preset="editorial")
    client = client_of(HOST)
    manifest = client.get("/manifest.webmanifest")
    assert manifest.headers["content-type"] == "application/manifest+json"
    for icon in manifest.json()["icons"]:
        answer = client.get(icon["src"])
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(icon["type"])
    assert client.get("/icons/apple-touch.png").status_code == 200
    assert client.get("/og.png").content.startswith(b"\x89PNG")
    for name in ("193.png", "192", "192.svg", "..%2f192.png"):
        assert client.get(f"/icons/{name}").status_code == 404
    text = manifest.text + str(manifest.headers) + client.get("/favicon.svg").text
    assert "boptone" not in text.lower()


def test_a_logo_is_shown_as_a_picture_and_never_as_a_page(client_of, label, rival):
    logo = service.add_logo(Actor.system(label), "mark", svg(SHAPE), flat=service.live_theme(label).flat).logo
    answer = client_of(HOST).get(f"/theme/logos/{logo.id}")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert client_of(RIVAL).get(f"/theme/logos/{logo.id}").status_code == 404
    assert client_of(HOST).get(f"/theme/fonts/{logo.id}.woff2").status_code == 404
    assert client_of(HOST).get("/theme/logos/nothing").status_code == 404


def a_draft(client) -> str:
    answer = client.post(f"{BRAND}/drafts", data={"preset": "editorial"})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_a_member_drafts_checks_publishes_and_goes_back(client_as, label):
    client = client_as(label)
    assert "Nothing is published yet" in client.get(BRAND).text
    draft = a_draft(client)
    page = client.get(draft)
    assert page.status_code == 200
    assert 'value="#14553f"' in page.text
    form = {
        "color.brand": "#aa3300",
        "shape.radius": "12",
        "identity.email_name": "Silver",
        "note": "Autumn",
        "color.accent": "",
    }
    assert client.post(draft, data=form).status_code == 303
    assert "#aa3300" in client.get(draft).text
    assert "Silver" in client.get(draft).text
    checks = client.get(f"{draft}/checks")
    assert "can be read on every background" in checks.text
    assert client.post(f"{draft}/publication").status_code == 303
    assert service.live_theme(label).flat["light"]["accent"] == "#aa3300"
    second = a_draft(client)
    client.post(f"{second}/publication")
    overview = client.get(BRAND).text
    assert "Autumn" in overview
    assert client.post(f"{BRAND}/restorations").status_code == 303
    assert service.live_theme(label).flat["light"]["accent"] == "#aa3300"
    assert sorted(states(label).values()) == ["live", "retired"]


def test_what_is_wrong_is_said_beside_its_field(client_as, label):
    client = client_as(label)
    draft = a_draft(client)
    answer = client.post(draft, data={"shape.radius": "99"})
    assert answer.status_code == 422
    assert "Corners may be rounded by 0 to 24 pixels." in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert client.post(draft, data={"shape.nothing": "1"}).status_code in (400, 422)
    assert client.post(draft, data={"state": "live"}).status_code in (400, 422)
    assert client.post(draft, data={"shape.radius": "much"}).status_code in (400, 422)


def test_a_difference_shows_both_sides(client_as, label):
    client = client_as(label)
    one, other = published(label, preset="editorial"), drafted(label, preset="voltage")
    page = client.get(f"{BRAND}/difference", params={"old": str(one.id), "new": str(other.id)})
    assert page.status_code == 200
    assert "Brand colour" in page.text
    assert "#14553f" in page.text
    assert "#c6f432" in page.text
    assert client.get(f"{BRAND}/difference", params={"old": str(one.id), "new": str(ids.new_id())}).status_code == 404
    assert client.get(f"{BRAND}/difference", params={"old": str(one.id)}).status_code == 404


def test_a_preview_link_is_the_teams_and_leads_to_this_label_only(client_as, client_of, label, rival):
    client = client_as(label)
    draft = a_draft(client)
    page = client.post(f"{draft}/preview")
    link = re.search(rf'value="https://{HOST}({BRAND}/previews/[^"]+)"', page.text)
    assert link is not None
    opened = client.get(link[1])
    assert opened.status_code == 303
    assert "theme-preview=" in opened.headers["set-cookie"]
    assert "HttpOnly" in opened.headers["set-cookie"]
    assert client_as(rival).get(link[1]).status_code == 404
    assert client_of(HOST).get(link[1], headers={"accept": "application/json"}).status_code == 404


def test_tokens_and_a_sample_statement_can_be_taken_along(client_as, label):
    client = client_as(label)
    draft = a_draft(client)
    assert client.get(f"{draft}/tokens.json").json()["$schema"].endswith("2025.10/format.json")
    assert client.get(f"{draft}/statement.pdf").content.startswith(b"%PDF")


def test_a_logo_and_a_font_come_in_through_the_form(client_as, label):
    client = client_as(label)
    draft = a_draft(client)
    draft_id = draft.rpartition("/")[2]
    files = {"file": ("logo.svg", svg("<script>alert(1)</script>" + SHAPE), "image/svg+xml")}
    assert client.post(f"{BRAND}/logos", data={"kind": "wordmark", "draft": draft_id}, files=files).status_code == 303
    page = client.get(draft).text
    address = re.search(r'src="(/theme/logos/[^"]+)"', page)
    assert address is not None
    assert "script" not in client.get(address[1]).text
    assert client.post(f"{draft}/publication").status_code == 303
    assert set(service.live_theme(label).logos) == {"wordmark", "mono"}
    font = {"file": ("own.ttf", a_font(), "font/ttf")}
    assert client.post(f"{BRAND}/fonts", data={}, files=font).status_code == 422
    assert client.post(f"{BRAND}/fonts", data={"licence": "yes"}, files=font).status_code == 303
    for kind, body in (("card", svg(SHAPE)), ("mark", b""), ("mark", b"GIF89a"), ("nothing", svg(SHAPE))):
        bad = {"file": ("x", body, "image/png")}
        assert client.post(f"{BRAND}/logos", data={"kind": kind}, files=bad).status_code == 422
    extra = {"kind": "mark", "created_by": "me"}
    assert client.post(f"{BRAND}/logos", data=extra, files=files).status_code == 422


def test_what_people_write_is_shown_as_text(client_as, label):
    client = client_as(label)
    draft = a_draft(client)
    script = '"><svg onload=alert(1)>'
    form = {"identity.legal_name": script, "note": script, "identity.email_name": script}
    assert client.post(draft, data=form).status_code == 303
    for address in (draft, BRAND, f"{draft}/checks"):
        text = client.get(address).text
        assert "<svg onload" not in text
        assert "style=" not in text
        assert "<script" not in text.replace("<script src", "").replace("<script type", "") or address
    assert client.post(f"{draft}/publication").status_code == 303
    for address in ("/", "/portal", "/portal/sign-in"):
        assert "<svg onload" not in client.get(address).text


@pytest.mark.parametrize("role", ["artist"])
def test_who_may_not_change_the_brand_is_refused(client_as, label, role):
    client = client_as(label, role)
    version = drafted(label, preset="plain")
    for method, address in (
        ("POST", f"{BRAND}/drafts"),
        ("POST", f"{BRAND}/drafts/{version.id}"),
        ("POST", f"{BRAND}/drafts/{version.id}/publication"),
        ("POST", f"{BRAND}/drafts/{version.id}/deletion"),
        ("POST", f"{BRAND}/drafts/{version.id}/schedule/cancellation"),
        ("POST", f"{BRAND}/drafts/{version.id}/preview"),
        ("POST", f"{BRAND}/restorations"),
    ):
        assert client.request(method, address, data={}).status_code == 403, address
    files = {"file": ("logo.svg", svg(SHAPE), "image/svg+xml")}
    assert client.post(f"{BRAND}/logos", data={"kind": "mark"}, files=files).status_code == 403
    assert states(label) == {version.number: "draft"}


def test_a_rivals_draft_is_not_found_on_any_page(client_as, label, rival):
    theirs = drafted(rival, preset="voltage")
    client = client_as(label)
    for method, address in (
        ("GET", ""), ("POST", ""), ("GET", "/checks"), ("POST", "/publication"), ("POST", "/deletion"),
        ("POST", "/preview"), ("POST", "/schedule/cancellation"), ("GET", "/tokens.json"), ("GET", "/statement.pdf"),
    ):  # fmt: skip
        answer = client.request(method, f"{BRAND}/drafts/{theirs.id}{address}", data={} if method == "POST" else None)
        assert answer.status_code == 404, address
    assert client.post(f"{BRAND}/restorations", data={"version": str(theirs.id)}).status_code == 404
    assert client.post(f"{BRAND}/drafts", data={"base": str(theirs.id)}).status_code == 404


def test_an_empty_post_is_an_answer_and_never_a_fault(client_as, label):
    client = client_as(label)
    draft = a_draft(client)
    for address in ("logos", "fonts", "restorations", "drafts", "previews/end"):
        assert client.post(f"{BRAND}/{address}").status_code in (303, 400, 409, 422), address
    for address in ("", "/schedule", "/schedule/cancellation", "/preview", "/publication", "/deletion"):
        assert client.post(f"{draft}{address}").status_code in (200, 303, 400, 409), address


def test_a_suspended_label_changes_nothing(label):
    from dataclasses import replace

    from app.kernel.tenant import LabelSuspended, TenantState

    version = drafted(label, preset="plain")
    asleep = replace(label, state=TenantState.SUSPENDED)
    with pytest.raises(LabelSuspended), db.tenant_work(asleep) as session:
        service.publish(session, Actor.system(asleep), asleep, version.id)
    assert service.drawn(asleep, service.live_theme(asleep), "card").startswith(b"\x89PNG")


def test_a_page_costs_no_query_for_its_theme(label, statements):
    version = published(label, preset="editorial")
    service.live_theme(label)
    service.stylesheet(label, version.sha256)
    with statements() as asked:
        assert service.live_theme(label).sha == version.sha256
        assert service.stylesheet(label, version.sha256) == version.css
    assert asked == []
