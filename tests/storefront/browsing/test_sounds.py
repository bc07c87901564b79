"""What a player is told of a release: what there is to hear, and what of it can be bought by itself."""

from __future__ import annotations

from sqlalchemy import select

from app.catalog.models import Track
from app.kernel.db import tenant_work
from app.storefront.rules.slugs import slug
from tests.factories.labels import a_label
from tests.factories.shop import a_variant, an_open_shop
from tests.streaming.mastering import music, out, rendered


def test_what_is_heard_can_be_bought_where_it_is_sold_by_itself(connected, client_of):
    label = a_label(languages=("en", "de"))
    an_open_shop(label)
    release, heard = out(label, title="Tides", sounds=[music(8, channels=1)] * 3)
    rendered(label, *heard)
    sold = [a_variant(label, recording_id=each, price=1_290_000) for each in heard[:2]]
    with tenant_work(label) as session:
        session.scalars(select(Track).where(Track.recording_id == heard[1])).one().is_preorder_only = True
    fan = client_of(f"{label.slug}.localhost")
    fan.headers["accept-language"] = "en-DE"
    told = {
        language: fan.get(f"/{language}/releases/{slug('Tides', release)}/sounds").json() for language in ("en", "de")
    }
    assert [row["id"] for row in told["en"]] == [str(each) for each in heard]
    assert [row["buy"] for row in told["en"]] == [{"variant": str(sold[0].id), "price": "€1.29"}, None, None]
    assert told["de"][0]["buy"]["price"] == "1,29\N{NO-BREAK SPACE}€"
