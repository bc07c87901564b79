"""Who may hear what: by country, by day, for as long as was said, at one label alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.kernel import clock, crypto, db, ids
from app.kernel.actor import Actor
from app.kernel.crypto import SignatureRefused
from app.streaming import service
from app.streaming.errors import NothingToHear, NotInThisCountry, NotOutYet
from app.streaming.rules.rights import Offer, has_come, verdict
from tenants.lifecycle.service import suspend
from tests.factories.catalog import a_release
from tests.factories.labels import a_label
from tests.kernel.jobs.work import eventually
from tests.streaming.mastering import changed, granted, music, out, recordings_of, rendered

TODAY = date(2026, 3, 10)
_made = {}


@pytest.fixture
def song(label):
    """A release of one short recording with its renditions, as it was before each test."""
    if "song" not in _made:
        release_id, (recording_id, *_) = out(label, sounds=[music(2.0, channels=1)], bits=16)
        rendered(label, recording_id)
        _made["song"] = release_id, recording_id
    changed(
        label, _made["song"][0], territories=["Worldwide"], excluded_territories=[], release_date="2020-05-01",
        preorder_date=None,
    )  # fmt: skip
    return _made["song"]


@pytest.fixture
def listener(client_of, label):
    return client_of(f"{label.slug}.localhost")


def offer(*, territories=("Worldwide",), excluded=(), out="2020-01-01", preorder=None, at_once=False):
    return Offer(territories, excluded, out, preorder, at_once)


@pytest.mark.parametrize(
    ("held", "country", "kind", "said"),
    [
        ([offer()], "DE", "full", "fine"),
        ([offer()], None, "full", "fine"),
        ([offer(excluded=("DE",))], "DE", "preview", "elsewhere"),
        ([offer(excluded=("DE",))], "FR", "full", "fine"),
        ([offer(excluded=("DE",))], None, "full", "elsewhere"),
        ([offer(territories=("US", "CA"))], "US", "full", "fine"),
        ([offer(territories=("US", "CA"))], "DE", "full", "elsewhere"),
        ([offer(territories=("US", "CA"))], None, "full", "elsewhere"),
        ([offer(out="2026-03-10")], "DE", "full", "fine"),
        ([offer(out="2026-03-11")], "DE", "preview", "early"),
        ([offer(out="2026-03-11", preorder="2026-03-01")], "DE", "preview", "fine"),
        ([offer(out="2026-03-11", preorder="2026-03-01")], "DE", "full", "early"),
        ([offer(out="2026-03-11", preorder="2026-03-01", at_once=True)], "DE", "full", "fine"),
        ([offer(out="2026-03-11", preorder="2026-03-11", at_once=True)], "DE", "full", "early"),
        ([offer(out=None)], "DE", "preview", "early"),
        ([], "DE", "preview", "nowhere"),
        ([offer(out="2026-04-01"), offer()], "DE", "full", "fine"),
        ([offer(out="2026-04-01"), offer(territories=("US",))], "DE", "full", "early"),
    ],
)
def test_a_recording_is_heard_where_and_when_one_of_its_releases_lets_it(held, country, kind, said):
    assert verdict(held, kind=kind, country=country, today=TODAY) == said


@pytest.mark.parametrize(
    ("partial", "there"),
    [
        ("2025", True), ("2026", False), ("2026-02", True), ("2026-03", False), ("2026-03-10", True),
        ("2026-02-31", True), ("", False), (None, False),
    ],
)  # fmt: skip
def test_a_partial_date_has_come_when_its_last_day_has(partial, there):
    assert has_come(partial, TODAY) is there


def test_a_grant_is_refused_where_the_release_is_not_sold(label, song):
    changed(label, song[0], territories=["US"])
    with pytest.raises(NotInThisCountry):
        granted(label, song[1], country="DE")
    assert granted(label, song[1], country="US")


def test_a_release_comes_out_at_the_midnight_of_the_label(label, song):
    """The label of the test is in Berlin, an hour before UTC in March."""
    changed(label, song[0], release_date="2026-03-10")
    with clock.frozen_at(datetime(2026, 3, 9, 22, 59, tzinfo=UTC)), pytest.raises(NotOutYet):
        granted(label, song[1])
    with clock.frozen_at(datetime(2026, 3, 9, 23, 1, tzinfo=UTC)):
        assert granted(label, song[1])


def test_nothing_is_granted_that_is_not_there(label):
    with pytest.raises(NothingToHear):
        granted(label, ids.new_id())
    mute = recordings_of(label, a_release(label, release_date="2020-01-01"))[0]
    with pytest.raises(NothingToHear):
        granted(label, mute)


def test_a_grant_opens_playlists_and_no_other_kind_than_it_says(label, song, listener):
    full, preview = granted(label, song[1]), granted(label, song[1], kind="preview")
    answer = listener.get(service.stream_url(full))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    assert "no-store" in answer.headers["cache-control"]
    assert "flac.m3u8" in answer.text
    assert "flac" not in listener.get(service.stream_url(preview)).text
    assert listener.get(f"/stream/{preview}/flac.m3u8").status_code == 404
    assert listener.get(f"/stream/{full}/aac-129.m3u8").status_code == 404
    assert listener.get(f"/stream/{full}/master").status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"territories": ["US"]}, 451),
        ({"excluded_territories": ["DE"]}, 451),
        ({"release_date": "2999-01-01"}, 403),
    ],
)
def test_what_is_withdrawn_is_refused_to_a_grant_that_was_made_before(label, song, listener, change, status):
    token = granted(label, song[1])
    changed(label, song[0], **change)
    for name in ("master.m3u8", "aac-128.m3u8"):
        assert listener.get(f"/stream/{token}/{name}").status_code == status
    assert listener.get(f"/stream/{token}").status_code == status


def test_a_grant_ends(label, song, listener):
    token = granted(label, song[1])
    with clock.frozen_at(clock.now() + timedelta(minutes=61)):
        assert listener.get(service.stream_url(token)).status_code == 404
    forever = granted(label, song[1], hours=24 * 400)
    with clock.frozen_at(clock.now() + timedelta(hours=13)), pytest.raises(SignatureRefused):
        service.opened(label, forever)


def test_a_changed_grant_opens_nothing(label, song, listener):
    token = granted(label, song[1], kind="preview")
    for changed_token in (
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token[:10] + "x" + token[11:],
        "x",
        token * 2,
    ):
        assert listener.get(f"/stream/{changed_token}/master.m3u8").status_code == 404
        assert listener.get(f"/stream/{changed_token}").status_code == 404


def test_a_rival_finds_nothing_behind_a_grant(label, rival, song, client_of):
    token, there = granted(label, song[1]), client_of(f"{rival.slug}.localhost")
    for name in ("master.m3u8", "aac-64.m3u8"):
        assert there.get(f"/stream/{token}/{name}").status_code == 404
    with pytest.raises(NothingToHear):
        granted(rival, song[1])
    with db.tenant_read(rival) as session:
        assert service.has_renditions(session, [song[1]]) == set()


def test_links_in_a_playlist_end_after_the_sound_and_a_margin(label, song, listener):
    text = listener.get(f"/stream/{granted(label, song[1])}/aac-64.m3u8").text
    address = next(line for line in text.splitlines() if line.startswith("/files/"))
    with clock.frozen_at(clock.now() + timedelta(minutes=9)):
        assert listener.get(address, headers={"range": "bytes=0-9"}).status_code == 206
    with clock.frozen_at(clock.now() + timedelta(minutes=11)):
        assert listener.get(address, headers={"range": "bytes=0-9"}).status_code == 404


def test_grants_for_a_page_leave_out_what_may_not_be_heard(label, song):
    late, _ = out(label, sounds=[], release_date="2999-01-01")
    mute = recordings_of(label, late)
    with db.tenant_read(label) as session:
        fan, until = ids.new_id(), clock.now() + timedelta(hours=1)
        found = service.grants(session, label, [song[1], *mute], kind="preview", country="DE", until=until, fan_id=fan)
        assert service.has_renditions(session, [song[1], *mute]) == {song[1]}
    assert set(found) == {song[1]}
    assert service.opened(label, found[song[1]]).fan_id == fan


def test_a_label_that_is_suspended_plays_nothing(client_of, product):
    """Its shop is closed, and with it what the shop's visitors hear."""
    mine = a_label()
    token = crypto.sign("stream", mine, [str(ids.new_id()), "full", "DE", None], expires_in=timedelta(hours=1))
    there, address = client_of(f"{mine.slug}.localhost"), f"/stream/{token}/master.m3u8"
    assert eventually(lambda: there.get("/portal/sign-in").status_code == 200), "the registry knows it"
    assert there.get(address).status_code == 404
    suspend(mine.id, by=Actor.system(None), reason="a test")
    assert eventually(lambda: there.get(address).status_code == 503)
