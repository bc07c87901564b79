"""The home page leads through the first steps, and no longer through those that were taken."""

from __future__ import annotations

import re

from tests.factories.labels import a_label

STEPS = ("Make it yours", "Add your first artist", "Bring your people", "Use your own address")


EMPTY = (
    "/portal/artists", "/portal/artists/imprints", "/portal/releases", "/portal/parties", "/portal/contracts",
    "/portal/royalties", "/portal/royalties/rates", "/portal/royalties/reports", "/portal/payouts/runs",
    "/portal/uploads", "/portal/files", "/portal/settings/api", "/portal/settings/api/webhooks",
)  # fmt: skip


def test_an_empty_page_does_the_first_step(client_as, connected):
    client = client_as(a_label())
    for path in EMPTY:
        page = client.get(path).text
        found = re.search(r'<div class="empty">.*?</div>', page, re.DOTALL)
        assert found is not None, path
        step = re.search(r'data-show="#([\w-]+)"|<a class="btn[^"]*" href="[^"]+"|<form method="post"', found[0])
        assert step is not None, path
        assert not step[1] or f'<dialog id="{step[1]}"' in page, f"{path}: the button opens nothing"


def offered(client) -> list[str]:
    page = client.get("/portal").text
    return [step for step in STEPS if step in page]


def test_a_step_that_was_taken_is_offered_no_more(client_as):
    owner = client_as(a_label())
    assert offered(owner) == list(STEPS)
    assert owner.post("/portal/artists", data={"name": "Lumen Vale", "kind": "solo"}).status_code == 303
    assert owner.post("/portal/settings/brand/drafts", data={"preset": "editorial"}).status_code == 303
    assert offered(owner) == ["Make it yours", "Bring your people", "Use your own address"], "a draft is no look yet"
