"""The shop's menus, its front page, pictures and codes on cards, as programs arrange them."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.api.held import held
from tests.factories.labels import a_label
from tests.factories.shop import a_product, a_shop


@pytest.fixture
def label(connected):
    made = a_label(languages=("en", "de"))
    a_shop(made)
    return made


@pytest.fixture
def api(client_of, label):
    return held(client_of, label)


def a_picture(edge=640):
    kept = io.BytesIO()
    Image.new("RGB", (edge, edge), "#336699").save(kept, "PNG")
    return kept.getvalue()


def sent(api, path, body, kind="image/png", **headers):
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.client.put(f"/api/v1{path}", content=body, headers={"content-type": kind, **told})


def test_a_menu_is_arranged_in_one_language_and_keeps_its_names_in_the_others(api):
    entries = [{"target": "releases", "name": "Music"}, {"target": "https://band.example/tour", "name": "Tour"}]
    made = api("PUT", "/menus/head", {"language": "en", "entries": entries})
    assert [each["names"] for each in made["head"]] == [{"en": "Music"}, {"en": "Tour"}]
    kept = [{"id": each["id"], "target": each["target"]} for each in reversed(made["head"])]
    kept[0]["name"] = "Auf Tour"
    german = api("PUT", "/menus/head", {"language": "de", "entries": kept})
    assert [each["names"] for each in german["head"]] == [{"en": "Tour", "de": "Auf Tour"}, {"en": "Music"}]
    assert api("GET", "/menus") == german
    assert german["foot"] == []
    assert api("PUT", "/menus/foot", {"language": "en", "entries": [{"target": "home"}]})["head"] == german["head"]
    api.refused("PUT", "/menus/head", 422, {"language": "en", "entries": [{"target": "javascript:alert(1)"}]})
    api.refused("PUT", "/menus/head", 422, {"language": "fr", "entries": []})
    api.refused("PUT", "/menus/head", 422, {"language": "en", "entries": [{"target": "home", "menu": "foot"}]})
    assert api("GET", "/menus")["head"] == german["head"]


def test_the_front_page_is_arranged_in_the_draft_that_was_seen(api):
    before = api.raw("GET", "/front-page")
    assert before.json()["state"] == "usual"
    tag = before.headers["etag"]
    wish = {
        "sections": [
            {"kind": "text", "titles": {"de": "Hallo"}, "bodies": {"en": "<p>Hi</p><script>alert(1)</script>"}},
            {"kind": "releases", "count": 4},
            {"kind": "text", "bodies": {"de": "Nacht"}},
        ]
    }
    api.refused("PUT", "/front-page", 428, wish)
    made = api("PUT", "/front-page", wish, if_match=tag)
    assert made["state"] == "draft"
    assert [(each["kind"], each["count"]) for each in made["sections"]] == [
        ("text", None),
        ("releases", 4),
        ("text", None),
    ]
    first, _, last = made["sections"]
    assert (first["titles"], last["bodies"]) == ({"de": "Hallo"}, {"de": "<p>Nacht</p>"})
    assert first["bodies"]["en"].startswith("<p>Hi</p>")
    assert "script" not in first["bodies"]["en"]
    api.refused("PUT", "/front-page", 412, wish, if_match=tag)
    assert api("GET", "/front-page") == made
    twice = {"sections": [{"kind": "merch"}, {"kind": "merch"}]}
    api.refused("PUT", "/front-page", 422, twice, if_match="*")
    api.refused("PUT", "/front-page", 422, {"sections": [{"kind": "merch", "titles": {"fr": "x"}}]}, if_match="*")
    api.refused("PUT", "/front-page", 422, {"sections": [{"kind": "merch", "html": "x"}]}, if_match="*")
    assert api("PUT", f"/themes/{made['version_id']}/publication")["state"] == "live"
    assert api("GET", "/front-page")["state"] == "live"


def test_the_front_page_needs_the_shop_and_the_brand(client_of, label):
    wish = {"sections": [{"kind": "merch"}]}
    held(client_of, label, "store:read store:write").refused("PUT", "/front-page", 403, wish, if_match="*")
    held(client_of, label, "brand:read brand:write").refused("PUT", "/front-page", 403, wish, if_match="*")
    both = held(client_of, label, "store:write brand:write")
    assert both("PUT", "/front-page", wish, if_match="*")["state"] == "draft"


@pytest.mark.parametrize("kind", ["product", "page"])
def test_a_picture_is_set_seen_and_removed_by_whoever_saw_the_newest_version(api, label, kind):
    if kind == "product":
        path = f"/products/{a_product(label, 'physical', in_stock=1).id}"
    else:
        path = f"/store-pages/{api('POST', '/store-pages', {'kind': 'page', 'title': 'About'})['id']}"
    tag = api.raw("GET", path).headers["etag"]
    assert sent(api, f"{path}/picture", a_picture()).status_code == 428
    shown = sent(api, f"{path}/picture", a_picture(), if_match=tag)
    assert shown.status_code == 200, shown.text
    picture = shown.json()["picture_id"]
    assert picture
    assert api("GET", path)["picture_id"] == picture
    assert sent(api, f"{path}/picture", a_picture(), if_match=tag).status_code == 412
    assert sent(api, f"{path}/picture", b"GIF89a", "image/gif", if_match="*").status_code == 415
    assert sent(api, f"{path}/picture", b"\x89PNG not one", if_match="*").status_code == 422
    assert sent(api, f"{path}/picture", a_picture(200), if_match="*").status_code == 422  # too small
    assert api("GET", path)["picture_id"] == picture
    api.refused("DELETE", f"{path}/picture", 428)
    assert api("DELETE", f"{path}/picture", if_match="*")["picture_id"] is None


def test_download_codes_are_told_once(api, label):
    product = a_product(label)
    path = f"/products/{product.id}/download-codes"
    made = api("POST", path, {"count": 3, "batch": "Tour"}, idempotency_key="tour")
    assert (made["batch"], made["count"], len(set(made["codes"]))) == ("Tour", 3, 3)
    assert api("POST", path, {"count": 3, "batch": "Tour"}, idempotency_key="tour") == made
    listed = api.raw("GET", f"/download-codes?product_id={product.id}&is_used=false")
    assert len(listed.json()["items"]) == 3
    assert not [code for code in made["codes"] if code in listed.text]
    api.refused("POST", path, 422, {"count": 0})
    api.refused("POST", path, 422, {"count": 1, "code": "MINE"})
    shirt = a_product(label, "physical", in_stock=1)
    api.refused("POST", f"/products/{shirt.id}/download-codes", 422, {"count": 1})


CHANGES = [
    ("PUT", "/menus/head", {"language": "en", "entries": []}),
    ("PUT", "/menus/foot", {"language": "en", "entries": []}),
    ("POST", "/products/1/download-codes", {"count": 1}),
    ("DELETE", "/products/1/picture", None),
    ("DELETE", "/store-pages/1/picture", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_whoever_may_only_look_arranges_nothing(client_of, label, method, path, body):
    api = held(client_of, label, "store:read")
    assert "store:write" in api.refused(method, path, 403, body)["detail"]


@pytest.mark.parametrize(
    ("path", "scope"), [("/menus", "store"), ("/download-codes", "store"), ("/front-page", "brand")]
)
def test_without_the_scope_nothing_of_it_is_shown(client_of, label, path, scope):
    assert f"{scope}:read" in held(client_of, label, "catalog:read").refused("GET", path, 403)["detail"]
