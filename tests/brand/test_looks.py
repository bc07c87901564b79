"""How a version looks, beside its form and beside another version."""

from __future__ import annotations

import re

from app.brand.models import ThemeVersion
from app.kernel import db
from tests.brand.test_pages import BRAND, a_draft
from tests.brand.test_themes import drafted, published

SHEET = re.compile(r'href="(/theme/[0-9a-f]+\.css)"')


def worn(client, page) -> str:
    """The stylesheet that a page wears."""
    found = SHEET.search(page.text)
    assert found is not None, page.text[:600]
    return client.get(found[1]).text


def test_what_is_typed_is_shown_and_kept_nowhere(client_as, label):
    client = client_as(label)
    look = f"{a_draft(client)}/look"
    kept = client.get(look)
    assert kept.text.count('data-scheme="') >= 2, "in light and in dark"
    assert "#14553f" in worn(client, kept)
    typed = client.post(look, data={"color.brand": "#aa3300", "type.scale": "1.3"})
    assert typed.status_code in (200, 201)
    assert "#aa3300" in worn(client, typed)
    assert "#aa3300" not in worn(client, client.get(look))
    with db.tenant_read(label) as session:
        assert "#aa3300" not in {row.said.color.brand for row in session.query(ThemeVersion)}


def test_what_cannot_be_used_is_not_shown(client_as, label):
    client = client_as(label)
    look = f"{a_draft(client)}/look"
    assert client.post(look, data={"shape.radius": "99"}).status_code == 422
    assert client.post(look, data={"state": "live"}).status_code in (400, 422)


def test_a_look_is_framed_by_its_own_host_alone(client_as, label):
    client = client_as(label)
    draft = a_draft(client)
    look, editor = client.get(f"{draft}/look"), client.get(draft)
    assert "frame-ancestors 'self'" in look.headers["content-security-policy"]
    assert look.headers["x-frame-options"] == "SAMEORIGIN"
    assert '<script type="module"' not in look.text, "it is looked at only"
    assert "frame-src 'self'" in editor.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in editor.headers["content-security-policy"]
    assert editor.headers["x-frame-options"] == "DENY"


def test_a_rival_and_who_may_not_change_the_brand_imagine_nothing(client_as, label, rival):
    look = f"{a_draft(client_as(label))}/look"
    wish = {"color.brand": "#aa3300"}
    assert client_as(rival).get(look).status_code == 404
    assert client_as(rival).post(look, data=wish).status_code == 404
    assert client_as(label, role="read_only").post(look, data=wish).status_code == 403
    assert client_as(label, role="artist").get(look).status_code in (403, 404)


def test_a_difference_shows_both_looks_side_by_side(client_as, label):
    client = client_as(label)
    one, other = published(label, preset="editorial"), drafted(label, preset="voltage")
    page = client.get(f"{BRAND}/difference", params={"old": str(one.id), "new": str(other.id)}).text
    looks = [f"{BRAND}/drafts/{version.id}/look" for version in (one, other)]
    assert [look for look in looks if f'src="{look}"' in page] == looks
    worn_by = [worn(client, client.get(look)) for look in looks]
    assert "#14553f" in worn_by[0]
    assert "#c6f432" in worn_by[1]
