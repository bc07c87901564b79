"""From where in a track its preview begins is chosen in the portal, track by track."""

from __future__ import annotations

import re

from sqlalchemy import select

from app.kernel import db
from app.streaming.models import PreviewChoice
from tests.streaming.mastering import music, out, rendered

PLACE = "/portal/store/previews"


def chosen(label):
    with db.tenant_read(label) as session:
        return {row.recording_id: (row.start_ms, row.length_ms) for row in session.scalars(select(PreviewChoice))}


def test_a_preview_begins_where_the_label_says_and_is_made_anew(client_as, shop, rival):
    release, (long, short) = out(shop, sounds=[music(70, channels=1), music(12, channels=1)])
    client, place = client_as(shop), f"{PLACE}/{release}"
    page = client.get(place).text
    assert str(long) in page
    assert str(short) not in page, "too short to choose of"
    assert "By loudness" in page
    form = {"recording": str(long), "start": "0:21", "length": "40"}
    assert client.post(place, data=form).status_code == 303
    assert chosen(shop) == {long: (21_000, 40_000)}
    again = client.get(place).text
    assert 'value="0:21"' in again
    assert "Being made" in again
    rendered(shop, long)
    assert "Being made" not in client.get(place).text
    for wrong in ({"length": "29"}, {"length": "91"}, {"start": "0:31"}, {"start": "x"}, {"start": ""}, {"length": "-1"},
                  {"recording": str(short)}, {"recording": "x"}):  # fmt: skip
        refused = client.post(place, data=form | wrong)
        assert refused.status_code == 422, wrong
    assert chosen(shop) == {long: (21_000, 40_000)}
    assert client.post(place, data=form | {"start": "25"}).status_code == 303
    assert chosen(shop)[long] == (25_000, 40_000)
    assert client_as(rival).get(place).status_code == 404
    assert client_as(rival).post(place, data=form).status_code in (403, 404)
    assert client_as(shop, role="artist").post(place, data=form).status_code == 403
    assert re.search("Previews", client.get(place).text)
