"""Releases through the portal: found, edited, restored, given codes."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from app.catalog.models import IssuedCode, Recording, Release, Track
from app.catalog.rules.identifiers import is_gtin
from app.catalog.service.issuing import next_isrc, next_upc
from app.kernel import db
from app.kernel.activity import Activity
from app.roster.models import Imprint
from tests.factories.catalog import a_release, an_imprint, narrowed
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member

RELEASES = "/portal/releases"


@pytest.fixture
def mine(connected):
    return a_label()


def titles(page):
    return re.findall(r'<a href="/portal/releases/[^"]+"><bdi>([^<]+)</bdi>', page.text)


def recordings(tenant, release):
    query = select(Recording).join(Track, Track.recording_id == Recording.id).where(Track.release_id == release)
    with db.tenant_read(tenant) as session:
        return list(session.scalars(query.order_by(Track.number)))


def test_a_list_is_walked_page_by_page_without_a_gap_or_twin(client_as, mine):
    client = client_as(mine)
    for number in range(107):
        a_release(mine, f"R{number:03}", tracks=0, release_date=f"{1990 + number % 9}")
    seen, address = [], f"{RELEASES}?sort=-date"
    while address:
        page = client.get(address)
        seen += titles(page)
        more = re.search(r'href="([^"]*after=[^"]*)"', page.text)
        address = more[1].replace("&amp;", "&") if more else None
    assert len(seen) == 107
    assert sorted(seen) == [f"R{number:03}" for number in range(107)]


def test_a_release_is_found_by_a_slip_a_number_and_a_filter(client_as, mine):
    client = client_as(mine)
    a_release(mine, "Nattverk", artists=["Signe Aaltonen"], upc="0724384960650", kind="ep", release_date="2026-11-14")
    a_release(mine, "Lavvann", artists=["Kaia"], label="Dawn", release_date="2025")
    for query in ("q=natverk", "q=724384960650", "q=aaltonen", "kind=ep", "year=2026", "imprint=nightjar"):
        assert titles(client.get(f"{RELEASES}?{query}")) == ["Nattverk"], query
    assert titles(client.get(f"{RELEASES}?problems=some")) == []


def test_a_release_is_created_with_artists_and_tracks(client_as, mine):
    client = client_as(mine)
    imprint = an_imprint(mine, "Nightjar", p_owner="Nightjar Ltd")
    said = {"title": "New", "artists": "Ada、Eve", "imprint": str(imprint.id), "kind": "single", "tracks": "One\nTwo\n"}
    answer = client.post(RELEASES, data=said)
    assert answer.status_code == 303, answer.text
    page = client.get(answer.headers["location"]).text
    for word in ("Ada", "Eve", "One", "Two", "Nightjar Ltd"):
        assert word in page
    assert client.post(RELEASES, data=said | {"title": " "}).status_code == 422


def edit(client, release, **details):
    return client.post(f"{RELEASES}/{release}", data={"match": "1"} | details)


def test_two_editors_do_not_overwrite_each_other(client_as, mine):
    client, release = client_as(mine), a_release(mine, "Nattverk")
    assert edit(client, release, title="Nattverk I").status_code == 303
    late = edit(client, release, title="Nattverk II")
    assert late.status_code == 412
    assert "Nattverk I<" in late.text
    assert 'value="Nattverk II"' in late.text
    assert titles(client.get(RELEASES)) == ["Nattverk I"]


def test_a_value_that_cannot_be_is_named_at_its_field(client_as, mine):
    client, release = client_as(mine), a_release(mine)
    bad = {"title": "", "upc": "0724384960651", "release_date": "2026-13", "p_year": "26", "kind": "opera"}
    answer = edit(client, release, **bad)
    assert answer.status_code == 422
    for name in ("title", "upc", "release_date", "p_year"):
        assert f'id="{name}-problem"' in answer.text


def test_a_barcode_of_another_release_is_not_taken(client_as, mine):
    client = client_as(mine)
    a_release(mine, upc="0724384960650")
    answer = edit(client, a_release(mine), upc="724384960650")
    assert answer.status_code == 422
    assert 'id="upc-problem"' in answer.text


def test_a_field_and_a_whole_release_come_back(client_as, mine):
    client, release = client_as(mine), a_release(mine, "First", tracks=1, territories=["DE", "AT"])
    recording = recordings(mine, release)[0]
    edit(client, release, title="Second", genre="Jazz", territories="DE, CH")
    edit(client, release, match="2", title="Third", genre="Pop")
    cell = client.post(f"{RELEASES}/{release}/recordings/{recording.id}/title", data={"value": "Other"})
    assert cell.status_code == 303
    with db.tenant_read(mine) as session:
        changes = list(
            session.scalars(
                select(Activity)
                .where(Activity.subject_id == release, Activity.action == "release.changed")
                .order_by(Activity.seq)
            )
        )
    assert changes[1].before == {"title": "Second", "genre": "Jazz"}
    one = client.post(f"{RELEASES}/{release}/restorations", data={"activity": str(changes[1].id), "field": "title"})
    assert one.status_code == 303

    def held():
        with db.tenant_read(mine) as session:
            return session.get(Release, release)

    assert (held().title, held().genre) == ("Second", "Pop")
    assert client.post(f"{RELEASES}/{release}/restorations", data={"activity": str(changes[0].id)}).status_code == 303
    assert (held().title, held().genre, held().territories) == ("First", None, ["DE", "AT"])
    assert recordings(mine, release)[0].title == recording.title
    assert titles(client.get(f"{RELEASES}?q=first")) == ["First"]


def test_a_change_of_another_release_restores_nothing(client_as, mine):
    client, one, two = client_as(mine), a_release(mine), a_release(mine)
    edit(client, one, title="Changed")
    with db.tenant_read(mine) as session:
        change = session.scalar(
            select(Activity.id).where(Activity.subject_id == one, Activity.action == "release.changed")
        )
    assert client.post(f"{RELEASES}/{two}/restorations", data={"activity": str(change)}).status_code == 404


def save(client, release, *rows):
    return client.post(
        f"{RELEASES}/{release}/tracks", json={"rows": list(rows)}, headers={"accept": "application/json"}
    )


def cells(recording, before=None, **changed):
    was = {name: str(getattr(recording, name) or "") for name in changed} | (before or {})
    return {"id": str(recording.id), "cells": changed, "before": was}


def test_the_grid_saves_all_or_nothing_and_is_taken_back_whole(client_as, mine):
    client, release = client_as(mine), a_release(mine, tracks=3)
    one, two, three = recordings(mine, release)
    length = {"duration_ms": "3:21"}
    bad = save(client, release, cells(one, title="Good"), cells(two, isrc="nonsense"))
    assert bad.status_code == 422
    assert set(bad.json()["cells"]) == {str(two.id)}
    assert [row.title for row in recordings(mine, release)] == [one.title, two.title, three.title]
    good = save(client, release, cells(one, length, title="Uno", duration_ms="4:05"), cells(two, title="Due"))
    assert good.status_code == 200, good.text
    now = recordings(mine, release)
    assert [row.title for row in now] == ["Uno", "Due", three.title]
    assert now[0].duration_ms == 245_000
    undo = re.search(r'action="([^"]+/restorations/[^"]+)"', client.get(f"{RELEASES}/{release}").text)[1]
    assert client.post(undo).status_code == 303
    assert [row.title for row in recordings(mine, release)] == [one.title, two.title, three.title]


def test_a_cell_that_somebody_else_changed_is_shown_and_not_overwritten(client_as, mine):
    client, release = client_as(mine), a_release(mine, tracks=1)
    (one,) = recordings(mine, release)
    save(client, release, cells(one, title="Theirs"))
    late = save(client, release, cells(one, title="Mine"))
    assert late.status_code == 412
    assert late.json()["cells"] == {str(one.id): {"title": "Theirs"}}
    other = save(client, release, cells(one, genre="Jazz"))
    assert other.status_code == 200
    assert recordings(mine, release)[0].title == "Theirs"


def test_the_grid_takes_no_recording_of_another_release(client_as, mine):
    client, release, other = client_as(mine), a_release(mine), a_release(mine)
    assert save(client, release, cells(recordings(mine, other)[0], title="Stolen")).status_code == 404


def test_missing_codes_are_issued_once(client_as, mine):
    client = client_as(mine)
    imprint = an_imprint(mine, "Nightjar", isrc_prefix="DEA01", upc_prefix="426000")
    release = a_release(mine, tracks=2)
    assert client.post(f"{RELEASES}/{release}/codes").status_code == 303
    codes = [row.isrc for row in recordings(mine, release)]
    assert [code[7:] for code in codes] == ["00001", "00002"]
    with db.tenant_read(mine) as session:
        upc = session.get(Release, release).upc
        assert session.get(Imprint, imprint.id).upc_prefix == "426000"
    assert is_gtin(upc)
    assert upc.startswith("0426000")
    client.post(f"{RELEASES}/{release}/codes")
    assert [row.isrc for row in recordings(mine, release)] == codes


def test_without_a_prefix_nothing_is_issued(client_as, mine):
    client, release = client_as(mine), a_release(mine)
    assert client.post(f"{RELEASES}/{release}/codes").status_code == 422


def test_codes_have_no_gap_and_no_twin_however_many_ask_and_give_up(mine):
    imprint = an_imprint(mine, "Nightjar", isrc_prefix="DEA01", upc_prefix="42600000")
    release = a_release(mine, tracks=1)
    (recording,) = recordings(mine, release)

    class GivesUp(Exception):
        pass

    def ask(number):
        try:
            with db.tenant_work(mine) as session:
                codes = (
                    next_isrc(session, imprint, recording, year=2026),
                    next_upc(session, imprint, Release(id=release)),
                )
                if number % 3 == 0:
                    raise GivesUp
                return codes
        except GivesUp:
            return None

    with ThreadPoolExecutor(8) as threads:
        given = [codes for codes in threads.map(ask, range(60)) if codes]
    isrcs, upcs = sorted(codes[0] for codes in given), sorted(codes[1] for codes in given)
    assert isrcs == [f"DEA0126{number:05}" for number in range(1, 41)]
    assert [upc[9:12] for upc in upcs] == [f"{number:03}" for number in range(40)]
    assert all(is_gtin(upc) for upc in upcs)
    with db.tenant_read(mine) as session:
        assert len(set(session.scalars(select(IssuedCode.code)))) == 80


def test_a_code_that_came_in_is_never_issued(mine):
    imprint = an_imprint(mine, "Nightjar", isrc_prefix="DEA01")
    release = a_release(mine, tracks=2)
    one, two = recordings(mine, release)
    with db.tenant_work(mine) as session:
        session.add(IssuedCode(kind="isrc", code="DEA012600001", subject_id=two.id))
    with db.tenant_work(mine) as session:
        assert next_isrc(session, imprint, one, year=2026) == "DEA012600002"


def test_whoever_may_only_look_or_is_narrowed_changes_nothing_else(client_as, client_of, mine):
    one = a_release(mine, "One", artists=["Ada"], label="Nightjar")
    two = a_release(mine, "Two", artists=["Eve"], label="Dawn")
    reader = client_as(mine, "read_only")
    assert sorted(titles(reader.get(RELEASES))) == ["One", "Two"]
    assert edit(reader, one, title="X").status_code == 403
    assert reader.get(f"{RELEASES}/{one}/tracks").status_code == 403
    assert reader.post(f"{RELEASES}/{one}/codes").status_code == 403
    for narrow in ({"imprints": ["nightjar"]}, {"artists": ["ada"]}):
        member = a_member(mine, role="product")
        narrowed(mine, member, **narrow)
        client = client_of(f"{mine.slug}.localhost")
        client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
        assert titles(client.get(RELEASES)) == ["One"]
        assert client.get(f"{RELEASES}/{two}").status_code == 404
        assert edit(client, two, title="X").status_code == 404
        assert save(client, two, cells(recordings(mine, two)[0], title="X")).status_code == 404
        assert "Two" not in client.get("/portal/search?q=Two").text


def test_a_rival_finds_no_release(client_as, label, rival):
    release = a_release(label, "Only the canary's")
    other = client_as(rival)
    assert other.get(f"{RELEASES}/{release}").status_code == 404
    assert edit(other, release, title="X").status_code == 404
    assert other.post(f"{RELEASES}/{release}/codes").status_code == 404
    assert (
        "canary"
        not in other.get(f"{RELEASES}?q=canary")
        .text.replace('value="canary"', "")
        .lower()
        .split("<main")[1]
        .split("chips")[0]
    )
    assert "Only the" not in other.get("/portal/search?q=Only the canary").text


def test_the_palette_finds_artists_releases_and_recordings(client_as, mine):
    a_release(mine, "Nattverk", artists=["Signe Aaltonen"], tracks=1)
    client = client_as(mine)
    assert "Signe Aaltonen" in client.get("/portal/search?q=signe alto").text
    found = client.get("/portal/search?q=natverk").text
    assert "Nattverk 1" in found
    assert "<bdi>Nattverk</bdi>" in found
