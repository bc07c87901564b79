"""Logos and fonts, all that the label has, its programs, and news, as programs look after them."""

from __future__ import annotations

import pytest

from app.api.rest.trying import PICTURE
from app.kernel import activity, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from tenants.archive.importing import verified
from tests.api.held import held, lent
from tests.brand.test_intake import SHAPE, a_font, picture, svg
from tests.factories.api import a_client
from tests.factories.labels import a_label
from tests.factories.members import a_member
from tests.identity.post import forget_waiting, work


@pytest.fixture
def label(connected):
    forget_waiting()
    return a_label()


@pytest.fixture
def api(client_of, label):
    return held(client_of, label)


def sent(api, path, body, kind, **headers):
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.client.post(f"/api/v1{path}", content=body, headers={"content-type": kind, **told})


def test_a_logo_is_drawn_anew_once_and_shown_where_a_look_names_it(api, client_of, label, rival):
    logos = "/brand-assets/logos?kind=wordmark"
    made = sent(api, logos, svg(SHAPE), "image/svg+xml", idempotency_key="logo")
    assert made.status_code == 201, made.text
    logo = made.json()["logo"]
    assert (logo["kind"], logo["address"]) == ("wordmark", f"/theme/logos/{logo['id']}")
    assert sent(api, logos, svg(SHAPE), "image/svg+xml", idempotency_key="logo").json() == made.json()
    known = [logo["id"]] + ([made.json()["proposed"]["id"]] if made.json()["proposed"] else [])
    assert {each["id"] for each in api("GET", "/brand-assets")["items"]} == set(known)
    assert [each["id"] for each in api("GET", "/brand-assets?kind=wordmark")["items"]] == [logo["id"]]
    assert api.client.get(logo["address"]).headers["content-type"] == "image/svg+xml"
    theme = api("POST", "/themes", {})
    wish = {"inputs": {"logo": {"wordmark": logo["id"]}}}
    assert api("PUT", f"/themes/{theme['id']}/inputs", wish, if_match="*")["inputs"]["logo"]["wordmark"] == logo["id"]
    on_it = sent(api, f"/brand-assets/logos?kind=mark&version_id={theme['id']}", picture(), "image/png")
    assert on_it.status_code == 201, on_it.text
    stranger = held(client_of, rival)
    assert stranger.client.get(logo["address"]).status_code == 404
    theirs = sent(stranger, f"/brand-assets/logos?kind=mark&version_id={theme['id']}", picture(), "image/png")
    assert theirs.status_code == 404
    assert logo["id"] not in stranger.raw("GET", "/brand-assets?limit=200").text


@pytest.mark.parametrize(
    ("query", "body", "kind", "status"),
    [
        ("", svg(SHAPE), "image/svg+xml", 400),
        ("?kind=card", svg(SHAPE), "image/svg+xml", 400),
        ("?kind=mark&draft=1", svg(SHAPE), "image/svg+xml", 400),
        ("?kind=mark", b"", "image/png", 422),
        ("?kind=mark", PICTURE, "image/png", 422),
        ("?kind=mark", b"<svg><script/></svg>", "image/svg+xml", 422),
        ("?kind=mark", b"\x89PNG" + bytes(2_000_001), "image/png", 422),
        ("?kind=mark", b"GIF89a", "image/gif", 415),
        ("?kind=mark&version_id=1", svg(SHAPE), "image/svg+xml", 404),
    ],
)
def test_what_is_no_logo_is_kept_by_nobody(api, query, body, kind, status):
    answer = sent(api, f"/brand-assets/logos{query}", body, kind)
    assert answer.status_code == status, answer.text
    assert api("GET", "/brand-assets")["items"] == []


def test_a_font_is_taken_where_somebody_says_that_the_label_may_use_it(api, client_of, label):
    fonts, font = "/brand-assets/fonts", a_font()  # a font says when it was made: another one is another request
    assert sent(api, fonts, font, "font/ttf").status_code == 422
    assert sent(api, f"{fonts}?licence=no", font, "font/ttf").status_code == 400
    assert sent(api, f"{fonts}?licence=yes", b"OTTO no font", "font/otf").status_code == 422
    assert sent(api, f"{fonts}?licence=yes", b"", "font/otf").status_code == 422
    made = sent(api, f"{fonts}?licence=yes", font, "font/ttf", idempotency_key="font")
    assert made.status_code == 201, made.text
    assert sent(api, f"{fonts}?licence=yes", font, "font/ttf", idempotency_key="font").json() == made.json()
    kept = made.json()
    assert (kept["kind"], kept["facts"]["family"]) == ("font", "Canary Grotesk")
    assert api.client.get(kept["address"]).headers["content-type"] == "font/woff2"
    assert [each["id"] for each in api("GET", "/brand-assets?kind=font")["items"]] == [kept["id"]]
    assert sent(api, f"{fonts}?licence=yes", font, "application/octet-stream").status_code == 201
    weak = held(client_of, label, "brand:read")
    assert sent(weak, f"{fonts}?licence=yes", font, "font/ttf").status_code == 403
    assert sent(weak, "/brand-assets/logos?kind=mark", svg(SHAPE), "image/svg+xml").status_code == 403


def test_other_tools_take_a_looks_tokens_and_see_how_it_prints(api, client_of, label, rival):
    path = f"/themes/{api('POST', '/themes', {'preset': 'voltage'})['id']}"
    assert "c6f432" in api.raw("GET", f"{path}/tokens").text.lower()
    paper = api.raw("GET", f"{path}/sample-statement")
    assert paper.content.startswith(b"%PDF")
    stranger, weak = held(client_of, rival), held(client_of, label, "catalog:read")
    for what in ("tokens", "sample-statement"):
        stranger.refused("GET", f"{path}/{what}", 404)
        assert "brand:read" in weak.refused("GET", f"{path}/{what}", 403)["detail"]
    weak.refused("GET", "/brand-assets", 403)


def test_everything_is_exported_by_a_worker_and_fetched_by_whoever_may(api, client_of, label, rival, tmp_path):
    api.refused("GET", "/label/exports/newest", 404)
    first = api.raw("POST", "/label/exports", idempotency_key="all")
    assert (first.status_code, first.json()["state"]) == (202, "making")
    again = api("POST", "/label/exports", idempotency_key="all")
    assert again == first.json()
    assert api("POST", "/label/exports")["id"] == again["id"]
    path = f"/label/exports/{again['id']}/file"
    assert first.headers["location"] == f"/api/v1{path}"
    api.refused("GET", path, 404)
    work()
    ready = api("GET", "/label/exports/newest")
    assert (ready["state"], ready["id"]) == ("ready", again["id"])
    answer = api.raw("GET", path)
    assert answer.headers["content-type"] == "application/x-tar"
    assert len(answer.content) == ready["size"]
    kept = tmp_path / "label.tar"
    kept.write_bytes(answer.content)
    assert verified(kept)
    assert len(api("GET", "/activity?action=label.exported")["items"]) == 1
    stranger = held(client_of, rival)
    stranger.refused("GET", path, 404)
    for scopes in ("label:write label:read", "files:read"):
        held(client_of, label, scopes).refused("GET", path, 403)
    few = held(client_of, label, artists=("mira-sol",))
    few.refused("GET", path, 403)
    few.refused("GET", "/label/exports/newest", 403)
    few.refused("POST", "/label/exports", 403)


def test_limits_and_usage_are_read(api, client_of, label):
    a_member(label)
    used = api("GET", "/label/usage")
    assert used["members"] >= 2
    assert used["limits"]["requests"] == label.limits.requests
    assert held(client_of, label, "label:read").refused("GET", "/label/usage", 403)["detail"]
    api.refused("GET", "/label/usage?since=1", 400)


def test_programs_are_seen_without_their_secrets_and_changed_by_people_alone(api, client_of, label, rival):
    made = a_client(label, scopes="catalog:read", name="Sheets")
    found = api("GET", f"/clients/{made.client_id}")
    assert (found["name"], found["scopes"], found["member_id"]) == ("Sheets", ["catalog:read"], str(made.member_id))
    listed = api.raw("GET", "/clients?sort=name")
    assert made.secret not in listed.text
    assert str(made.client_id) in [each["id"] for each in listed.json()["items"]]
    theirs = a_client(rival, scopes="catalog:read")
    api.refused("GET", f"/clients/{theirs.client_id}", 404)
    assert str(theirs.client_id) not in listed.text
    held(client_of, label, "catalog:read").refused("GET", "/clients", 403)
    for method in ("POST", "PATCH", "PUT", "DELETE"):
        assert api.raw(method, f"/clients/{made.client_id}", {} if method != "DELETE" else None).status_code in (
            404,
            405,
        )


def test_news_are_read_all_at_once_and_brought_back_by_whoever_put_them_away(api, client_of, label):
    hand = lent(client_of, label, a_member(label), "activity:read team:read")
    other = lent(client_of, label, a_member(label), "activity:read team:read")
    with tenant_work(label) as session:
        for _ in range(2):
            added = {"subject_type": "member", "subject_id": ids.new_id()}
            activity.record(session, Actor.system(label), "member.joined", **added)
    known = [each["id"] for each in hand("GET", "/news")["items"]]
    hand("POST", "/news/readings/all")
    assert all(each["is_read"] for each in hand("GET", "/news")["items"])
    assert not any(each["is_read"] for each in other("GET", "/news")["items"])
    hand("POST", "/news/readings", {"ids": known[:1], "is_archived": True})
    other.refused("PUT", f"/news/{known[0]}/return", 404)
    hand.refused("PUT", f"/news/{ids.new_id()}/return", 404)
    hand("PUT", f"/news/{known[0]}/return")
    assert [each["id"] for each in hand("GET", "/news")["items"]] == known
    api.refused("POST", "/news/readings/all", 403)
    api.refused("PUT", f"/news/{known[0]}/return", 403)
