"""The shop's pages as fans see them."""

from __future__ import annotations

import pytest

from tests.factories.labels import a_label
from tests.factories.store import an_open_shop


@pytest.fixture
def shop(connected):
    label = a_label(languages=("de", "en", "ar"))
    an_open_shop(label)
    return label


def test_the_root_leads_into_the_shop_once_it_is_open(client_of, shop, rival):
    fan = client_of(f"{shop.slug}.localhost")
    answer = fan.get("/", headers={"accept-language": "ar-AE,ar;q=0.9"})
    assert (answer.status_code, answer.headers["location"]) == (302, "/ar")
    page = fan.get("/ar", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert 'dir="rtl"' in page.text
    assert client_of(f"{rival.slug}.localhost").get("/").status_code == 200
