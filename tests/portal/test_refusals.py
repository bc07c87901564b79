"""Who is signed in and gets lost, or may not, keeps the navigation around the refusal and a way on."""

from __future__ import annotations

import pytest

from app.kernel import ids
from tests.factories.labels import a_label

PAGE = {"accept": "text/html"}
AROUND = ('id="side"', 'href="/portal/inbox"', "data-palette", 'action="/portal/sign-out"')


def refused(client, address, status, *, method="GET"):
    """The page of a refusal."""
    answer = client.request(method, address, headers=PAGE, follow_redirects=False)
    assert answer.status_code == status, answer.text[:300]
    return answer.text


@pytest.mark.parametrize(
    "address", ["/portal/nothing-here", "/portal/artists/01a20f9b-fa1d-7691-8615-625beae027f6", "/portal/artists/x"]
)
def test_what_is_not_found_is_told_within_the_portal(client_as, address):
    page = refused(client_as(a_label()), address, 404)
    assert [piece for piece in AROUND if piece not in page] == []
    assert "<h1>" in page
    assert 'href="/portal">Home' in page


def test_what_one_may_not_is_told_within_the_portal(client_as):
    reader = client_as(a_label(), "read_only")
    page = refused(reader, "/portal/settings/brand/drafts", 405)
    assert [piece for piece in AROUND if piece not in page] == []
    page = refused(reader, "/portal/settings/export", 403)
    assert [piece for piece in AROUND if piece not in page] == []
    assert 'href="/portal/settings/hosts"' not in page, "what is not theirs is in no navigation of theirs"


def test_an_artist_is_told_within_their_app(client_as):
    label = a_label()
    for address in ("/artist/nothing-here", f"/artist/releases/{ids.new_id()}"):
        page = refused(client_as(label), address, 404)
        assert 'class="tabs"' in page, address
        assert 'href="/artist/money"' in page, address
        assert 'class="btn primary" href="/artist"' in page
        assert 'id="side"' not in page


def test_a_stranger_is_told_without_anybodys_navigation(client_of, client_as, rival):
    label = a_label()
    stranger = client_of(f"{label.slug}.localhost")
    page = refused(stranger, "/portal/nothing-here", 404)
    assert 'id="side"' not in page
    assert "/portal/inbox" not in page
    theirs = client_as(rival)
    theirs.headers["host"] = f"{label.slug}.localhost"
    assert 'id="side"' not in refused(theirs, "/portal/nothing-here", 404), "a session is good at its own label alone"


def test_a_program_is_told_in_its_own_form(client_as):
    answer = client_as(a_label()).get("/portal/nothing-here", headers={"accept": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_a_form_that_is_sent_after_one_was_signed_out_leads_to_the_door_and_back(client_of):
    label = a_label()
    stranger = client_of(f"{label.slug}.localhost")
    form = {"name": "New", "time_zone": "Europe/Paris", "language": ["en"]}
    came = PAGE | {"referer": f"https://{label.slug}.localhost/portal/settings/label?x=1"}
    sent = stranger.post("/portal/settings/label", data=form, headers=came)
    assert (sent.status_code, sent.headers["location"]) == (303, "/portal/sign-in?next=/portal/settings/label%3Fx%3D1")
    elsewhere = stranger.post("/portal/settings/label", data=form, headers=PAGE)
    assert elsewhere.headers["location"] == "/portal/sign-in?next=/portal"
    program = stranger.post("/portal/settings/label", data=form, headers={"accept": "application/json"})
    assert program.status_code == 404
