"""So many requests a minute for each program and for all of a label's, exactly, and no word to the neighbours."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from app.kernel import clock
from app.kernel.tenant import Limits
from tests.factories.api import api_of
from tests.factories.labels import a_label

ARTISTS = "/api/v1/artists"


@pytest.fixture
def _one_minute():
    with clock.frozen_at(clock.now().replace(second=20)):
        yield


@pytest.mark.usefixtures("_one_minute")
def test_what_a_program_has_no_scope_for_counts_as_well(client_of, product):
    tight = a_label(limits=Limits(api_client_requests=2))
    product._directory.by_host(f"{tight.slug}.localhost")
    api = api_of(client_of, tight, scopes="files:read")
    answers = [api.get(ARTISTS) for _ in range(3)]
    assert [each.status_code for each in answers] == [403, 403, 429]
    assert answers[0].headers["ratelimit"].startswith('"client";r=1')


@pytest.mark.usefixtures("_one_minute")
def test_a_program_is_told_when_it_was_too_often_and_others_go_on(client_of, product):
    tight = a_label(limits=Limits(api_client_requests=5, api_requests=8))
    product._directory.by_host(f"{tight.slug}.localhost")
    one, other = api_of(client_of, tight), api_of(client_of, tight)
    left = [one.get(ARTISTS).headers["ratelimit"].partition(";t")[0] for _ in range(5)]
    assert left == [f'"client";r={number}' for number in (4, 3, 2, 1, 0)]
    refused = one.get(ARTISTS)
    assert refused.status_code == 429
    assert refused.json()["type"] == "/problems/too-often"
    assert refused.headers["retry-after"] == "40"
    assert refused.headers["ratelimit"] == '"client";r=0;t=40, "label";r=2;t=40'
    assert other.get(ARTISTS).status_code == 200
    assert other.get(ARTISTS).status_code == 200
    assert other.get(ARTISTS).status_code == 429  # of all programs of the label together
    with clock.frozen_at(clock.now().replace(second=20) + (datetime(2026, 1, 2, tzinfo=UTC) - datetime(2026, 1, 1, 23, 59, tzinfo=UTC))):  # fmt: skip
        assert one.get(ARTISTS).status_code == 200


@pytest.mark.usefixtures("_one_minute")
def test_many_at_once_are_counted_exactly(client_of, product):
    tight = a_label(limits=Limits(api_client_requests=20, api_requests=100))
    product._directory.by_host(f"{tight.slug}.localhost")
    one = api_of(client_of, tight)
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: one.get(ARTISTS).status_code, range(40)))
    assert statuses.count(200) == 20
    assert statuses.count(429) == 20
