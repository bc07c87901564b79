"""The home page leads through the first steps, and no longer through those that were taken."""

from __future__ import annotations

from tests.factories.labels import a_label

STEPS = ("Make it yours", "Add your first artist", "Bring your people", "Use your own address")


def offered(client) -> list[str]:
    page = client.get("/portal").text
    return [step for step in STEPS if step in page]


def test_a_step_that_was_taken_is_offered_no_more(client_as):
    owner = client_as(a_label())
    assert offered(owner) == list(STEPS)
    assert owner.post("/portal/artists", data={"name": "Lumen Vale", "kind": "solo"}).status_code == 303
    assert owner.post("/portal/settings/brand/drafts", data={"preset": "editorial"}).status_code == 303
    assert offered(owner) == ["Make it yours", "Bring your people", "Use your own address"], "a draft is no look yet"
