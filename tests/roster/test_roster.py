"""The roster: who is on it, who may see whom, and what is done with many at once."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.identity.models import Member
from app.kernel import clock, db
from app.roster.models import Artist, Imprint
from tests.factories.catalog import a_release, an_imprint, narrowed
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member

ROSTER = "/portal/artists"


@pytest.fixture
def mine(connected):
    return a_label()


def named(client, query=""):
    return re.findall(
        r'<div class="two"><a href="/portal/artists/[^"]+"><bdi>([^<]+)</bdi>', client.get(f"{ROSTER}{query}").text
    )


def add(client, name, kind="solo"):
    answer = client.post(ROSTER, data={"name": name, "kind": kind})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2]


def signed_in(client_of, tenant, member):
    client = client_of(f"{tenant.slug}.localhost")
    assert client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD}).status_code == 303
    return client


def test_artists_are_sorted_as_lists_are_and_found_with_a_slip(client_as, mine):
    client = client_as(mine)
    for name in ("The Nordlys Trio", "Ólafur Björk", "Signe Aaltonen"):
        add(client, name)
    assert named(client) == ["The Nordlys Trio", "Ólafur Björk", "Signe Aaltonen"]
    assert named(client, "?sort=-name") == ["Signe Aaltonen", "Ólafur Björk", "The Nordlys Trio"]
    assert named(client, "?q=olafur bjork") == ["Ólafur Björk"]
    assert named(client, "?q=nordlis") == ["The Nordlys Trio"]
    assert named(client, "?q=zzzzzz") == []


def test_names_of_every_script_stand_in_the_order_of_their_sounds(client_as, mine):
    client = client_as(mine)
    for name in (
        "张三",
        "李四",
        "阿杜",
        "さくら",
        "カエデ",
        "ガク",
        "Zoe",
        "ｱｵｲ",
        "Ólafur",
        "周杰伦",
        "山田",
        "ＡＢＣ",
    ):
        add(client, name)
    with db.tenant_work(mine) as session:
        session.scalars(select(Artist).where(Artist.name == "山田")).one().sort_name = "やまだ"
    in_order = ["ＡＢＣ", "Ólafur", "Zoe", "ｱｵｲ", "カエデ", "ガク", "さくら", "山田", "阿杜", "李四", "张三", "周杰伦"]
    assert named(client) == in_order
    assert named(client, "?sort=-name") == in_order[::-1]


def test_a_column_that_nobody_fills_is_not_shown_and_none_is_made_up(client_as, mine):
    client = client_as(mine)
    add(client, "Ada")
    page = client.get(ROSTER).text
    row = re.search(r"<tbody>(.*?)</tbody>", page, re.DOTALL)[1]
    assert len(re.findall(r'none">—</td>', row)) == 4  # no manager and no release, and no contract or balance yet
    assert row.count('none">0</td>') == 1
    heads = re.search(r"<thead>(.*?)</thead>", page, re.DOTALL)[1]
    assert heads.count("<th ") == len(re.findall("<td|<th", row)), "every column that is shown has its cells"
    assert "28-day streams" not in page
    assert "28-day streams" not in client.get(f"{ROSTER}/export?as=csv").text


def test_a_name_is_never_markup(client_as, mine):
    client = client_as(mine)
    add(client, "<img src=x onerror=alert(1)>\"'")
    page = client.get(ROSTER).text
    assert "<img src=x" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;&#34;&#39;") == 3


def test_the_next_release_stands_beside_its_artist_and_a_view_finds_it(client_as, mine):
    client = client_as(mine)
    soon = (clock.now() + timedelta(days=12)).date().isoformat()
    a_release(mine, "Nattverk", artists=["Signe"], release_date=soon)
    a_release(mine, "Long ago", artists=["Okre"], release_date="1999-01-01")
    assert "Nattverk" in client.get(ROSTER).text
    assert "Long ago" not in client.get(ROSTER).text
    assert named(client, "?next=soon") == ["Signe"]
    assert named(client, "?sort=next") == ["Signe", "Okre"]


def test_what_cannot_be_asked_is_refused(client_as, mine):
    client = client_as(mine)
    for query in ("?status=sleeping", "?sort=shoe-size", "?colour=red"):
        assert client.get(f"{ROSTER}{query}").status_code == 422


def test_many_are_paused_at_once_and_one_in_its_place(client_as, mine):
    client = client_as(mine)
    first, second, third = (add(client, name) for name in ("A", "B", "C"))
    assert client.post(f"{ROSTER}/status", data={"id": [first, second], "status": "paused"}).status_code == 303
    assert named(client, "?status=paused") == ["A", "B"]
    cell = client.get(f"{ROSTER}/{third}/status")
    assert 'name="status"' in cell.text
    tag = re.search(r'hx-headers=\'{"If-Match": "\\"(\w+)\\""}\'', cell.text)[1]
    part = {"hx-request-type": "partial", "if-match": f'"{tag}"'}
    assert client.post(f"{ROSTER}/{third}/status", data={"status": "paused"}, headers=part).status_code == 200
    late = client.post(f"{ROSTER}/{third}/status", data={"status": "active"}, headers=part)
    assert late.status_code == 412
    assert "Paused" in late.text


def way_back(client):
    return re.search(rf'action="({ROSTER}/status/restorations/[^"]+)"', client.get(ROSTER).text)[1]


def test_what_was_paused_together_is_taken_back_together_and_nothing_that_changed_since(client_as, client_of, mine):
    client = client_as(mine)
    resting, busy, other = (add(client, name) for name in ("A", "B", "C"))
    client.post(f"{ROSTER}/status", data={"id": resting, "status": "paused"})
    client.post(f"{ROSTER}/status", data={"id": [resting, busy, other], "status": "paused"})
    back = way_back(client)
    client.post(f"{ROSTER}/{other}/departure", data={"day": "2026-01-31"})
    reader, member = client_as(mine, "read_only"), a_member(mine, role="product")
    narrowed(mine, member, artists=["a"])
    assert reader.post(back).status_code == 403
    assert signed_in(client_of, mine, member).post(back).status_code == 404
    assert client.post(f"{ROSTER}/status/restorations/{busy}").status_code == 404
    assert client.post(back).status_code == 303
    for _ in range(2):
        assert named(client, "?status=paused") == ["A"]
        assert named(client, "?status=left") == ["C"]
        assert client.post(back).status_code == 303, "a second time changes nothing"


def test_a_former_artist_who_was_made_active_by_mistake_is_a_former_one_again(client_as, client_of, mine):
    client = client_as(mine)
    artist = add(client, "Ada")
    client.post(f"{ROSTER}/{artist}/departure", data={"day": "2026-01-31"})
    client.post(f"{ROSTER}/status", data={"id": artist, "status": "active"})
    back = way_back(client)
    assert named(client, "?status=left") == []
    singer = a_member(mine, role="artist")
    narrowed(mine, singer, artists=["ada"])
    assert named(signed_in(client_of, mine, singer)) == ["Ada"]
    client.post(back)
    assert named(client, "?status=left") == ["Ada"]
    assert named(signed_in(client_of, mine, singer)) == [], "whom they let in meanwhile is out, as when they left"


def test_many_are_paused_with_no_query_for_each(client_as, mine, statements):
    client = client_as(mine)
    few, many = (
        [add(client, f"{kind} {number}") for number in range(size)] for kind, size in (("few", 2), ("many", 40))
    )
    with statements() as of_few:
        client.post(f"{ROSTER}/status", data={"id": few, "status": "paused"})
    with statements() as of_many:
        client.post(f"{ROSTER}/status", data={"id": many, "status": "paused"})
    assert len(of_many) == len(of_few)


def test_an_export_holds_the_list_and_no_formula(client_as, mine):
    client = client_as(mine)
    add(client, "=HYPERLINK(1)")
    chosen = add(client, "Ada")
    rows = list(csv.reader(io.StringIO(client.get(f"{ROSTER}/export?as=csv").content.decode("utf-8-sig"))))
    assert [row[0] for row in rows] == ["Artist", "'=HYPERLINK(1)", "Ada"]
    taken = client.post(f"{ROSTER}/export", data={"id": [chosen]})
    assert taken.status_code == 200
    assert "HYPERLINK" not in taken.text
    book = client.get(f"{ROSTER}/export?as=xlsx").content
    from python_calamine import CalamineWorkbook

    cells = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert cells[1][0] == "=HYPERLINK(1)"


def test_a_view_is_saved_and_only_what_the_list_knows(client_as, mine):
    client = client_as(mine)
    saved = client.post(f"{ROSTER}/views", data={"name": "Quiet ones", "query": "status=paused"})
    assert saved.status_code == 303
    assert "Quiet ones" in client.get(ROSTER).text
    assert client.post(f"{ROSTER}/views", data={"name": "x", "query": "colour=red"}).status_code == 422


def test_whoever_may_only_look_changes_nothing(client_as, mine):
    artist = add(client_as(mine), "Ada")
    reader = client_as(mine, "read_only")
    assert named(reader) == ["Ada"]
    assert reader.post(ROSTER, data={"name": "Eve"}).status_code == 403
    assert reader.get(f"{ROSTER}/{artist}/edit").status_code == 403
    assert reader.post(f"{ROSTER}/status", data={"id": artist, "status": "paused"}).status_code == 403


def test_a_member_narrowed_to_an_artist_or_imprint_sees_no_other(client_as, client_of, mine):
    a_release(mine, "One", artists=["Ada"], label="Nightjar")
    a_release(mine, "Two", artists=["Eve"], label="Dawn")
    with db.tenant_read(mine) as session:
        eve = str(session.scalar(select(Artist.id).where(Artist.name == "Eve")))
    for narrow in ({"artists": ["ada"]}, {"imprints": ["nightjar"]}):
        member = a_member(mine, role="product")
        narrowed(mine, member, **narrow)
        client = signed_in(client_of, mine, member)
        assert named(client) == ["Ada"]
        assert client.get(f"{ROSTER}/{eve}").status_code == 404
        assert client.post(f"{ROSTER}/status", data={"id": eve, "status": "paused"}).status_code == 404
        assert client.post(ROSTER, data={"name": "New"}).status_code == 403


def test_an_artist_sees_nobody_until_they_are_given_somebody(client_as, client_of, mine):
    add(client_as(mine), "Ada")
    assert named(signed_in(client_of, mine, a_member(mine, role="artist"))) == []


def test_a_rival_finds_no_artist(client_as, label, rival):
    artist = add(client_as(label), "Only the canary's")
    other = client_as(rival)
    assert other.get(f"{ROSTER}/{artist}").status_code == 404
    assert other.post(f"{ROSTER}/{artist}/departure", data={"day": "2030-01-01"}).status_code == 404
    assert "Only the canary" not in other.get(ROSTER).text


def form(**details):
    return {"name": "Ada", "sort_name": "", "kind": "solo", "match": "1"} | details


def test_two_editors_do_not_overwrite_each_other(client_as, mine):
    client = client_as(mine)
    artist = add(client, "Ada")
    first = client.post(f"{ROSTER}/{artist}", data=form(name="Ada L.", names="ja: エイダ"))
    assert first.status_code == 303
    second = client.post(f"{ROSTER}/{artist}", data=form(name="Adah"))
    assert second.status_code == 412
    assert "Adah" in second.text
    assert "Ada L." in second.text
    page = client.get(f"{ROSTER}/{artist}").text
    assert "エイダ" in page
    assert "Adah" not in page


def test_a_mistyped_code_is_named_at_its_field(client_as, mine):
    client = client_as(mine)
    artist = add(client, "Ada")
    answer = client.post(f"{ROSTER}/{artist}", data=form(isni="0000 0001 2103 2684", names="no colon here"))
    assert answer.status_code == 422
    assert 'id="isni-problem"' in answer.text
    assert 'id="names-problem"' in answer.text
    assert client.post(f"{ROSTER}/{artist}", data=form(isni="0000 0001 2103 2683")).status_code == 303


def test_who_leaves_keeps_their_past_and_reaches_nothing(client_as, client_of, mine):
    client = client_as(mine)
    a_release(mine, "One", artists=["Ada"])
    with db.tenant_read(mine) as session:
        artist = session.scalar(select(Artist).where(Artist.name == "Ada"))
    singer, staff = a_member(mine, role="artist", name="Ada herself"), a_member(mine, role="product", name="Pat")
    for member in (singer, staff):
        narrowed(mine, member, artists=["ada"])
    page = client.get(f"{ROSTER}/{artist.id}").text
    assert "Ada herself" in page
    day = clock.now().date() - timedelta(days=1)
    assert client.post(f"{ROSTER}/{artist.id}/departure", data={"day": day.isoformat()}).status_code == 303
    assert client.post(f"{ROSTER}/{artist.id}/departure", data={"day": day.isoformat()}).status_code == 409
    assert named(signed_in(client_of, mine, singer)) == []
    assert named(signed_in(client_of, mine, staff)) == ["Ada"]
    assert "One" in client.get(f"{ROSTER}/{artist.id}").text
    with db.tenant_read(mine) as session:
        assert session.get(Member, staff.id).artists == ["ada"]


def test_a_day_to_come_ends_access_on_that_day(client_as, mine):
    from app.roster.tasks import end_departures

    client = client_as(mine)
    artist = add(client, "Ada")
    later = clock.now() + timedelta(days=3)
    client.post(f"{ROSTER}/{artist}/departure", data={"day": later.date().isoformat()})
    assert named(client, "?status=left") == []
    with clock.frozen_at(later + timedelta(days=1)), db.tenant_work(mine) as session:
        end_departures(session, mine)
    assert named(client, "?status=left") == ["Ada"]


def test_imprints_lie_three_deep_and_no_deeper(client_as, mine):
    client = client_as(mine)

    def imprint(name, parent=""):
        client.post(f"{ROSTER}/imprints", data={"name": name, "parent": parent})
        with db.tenant_read(mine) as session:
            return session.scalar(select(Imprint).where(Imprint.name == name))

    top = imprint("Top")
    middle = imprint("Middle", str(top.id))
    low = imprint("Low", str(middle.id))
    assert low.depth == 3
    assert imprint("Too low", str(low.id)) is None
    changed = {"name": "Top", "match": "1", "parent": str(low.id)}
    assert client.post(f"{ROSTER}/imprints/{top.id}", data=changed).status_code == 422
    bad = {"name": "Low", "match": "1", "parent": str(middle.id), "isrc_prefix": "12345"}
    assert client.post(f"{ROSTER}/imprints/{low.id}", data=bad).status_code == 422
    good = bad | {"isrc_prefix": "de-a01", "upc_prefix": "4260000"}
    assert client.post(f"{ROSTER}/imprints/{low.id}", data=good).status_code == 303
    assert client.post(f"{ROSTER}/imprints/{low.id}", data=good).status_code == 412
    assert "DEA01" in client.get(f"{ROSTER}/imprints").text


def test_a_band_names_its_members(client_as, mine):
    client = client_as(mine)
    band, singer = add(client, "The Rest", "band"), add(client, "Ada")
    answer = client.post(f"{ROSTER}/{band}/members", data={"artist": singer, "part": "Voice", "since": "2019"})
    assert answer.status_code == 303
    assert "Voice" in client.get(f"{ROSTER}/{band}").text
    assert client.post(f"{ROSTER}/{band}/members", data={"artist": band}).status_code == 404
    ended = {"artist": "ada", "part": "Voice", "since": "2019", "until": "2021-05"}
    assert client.post(f"{ROSTER}/{band}/members", data=ended).status_code == 303
    assert "2019–2021-05" in client.get(f"{ROSTER}/{band}").text
    for wrong in ({"since": "May"}, {"since": "2021", "until": "2019"}):
        answer = client.post(f"{ROSTER}/{band}/members", data={"artist": "ada"} | wrong)
        assert answer.status_code == 422
        assert "Write since when and until when" in answer.text
    assert client.post(f"{ROSTER}/{band}/members/{band}/removal").status_code == 404
    assert client.post(f"{ROSTER}/{band}/members/{singer}/removal").status_code == 303
    assert "Nobody yet" in client.get(f"{ROSTER}/{band}").text


def test_an_imprint_is_removed_when_nothing_belongs_to_it_and_else_says_what_does(client_as, client_of, mine):
    client = client_as(mine)
    a_release(mine, "One", artists=["Ada"], label="Nightjar")
    empty, under = an_imprint(mine, "Empty"), an_imprint(mine, "Upper")
    client.post(f"{ROSTER}/imprints", data={"name": "Lower", "parent": str(under.id)})
    scoped = a_member(mine, role="product")
    narrowed(mine, scoped, imprints=["empty"])
    with db.tenant_read(mine) as session:
        used = session.scalar(select(Imprint).where(Imprint.name == "Nightjar"))

    def removed(imprint, client=client):
        return client.post(f"{ROSTER}/imprints/{imprint.id}/removal")

    for imprint, sentence in ((used, "Releases: 1"), (under, "Imprints: 1"), (empty, "People: 1")):
        answer = removed(imprint)
        assert answer.status_code == 409
        assert sentence in answer.text
    assert removed(empty, signed_in(client_of, mine, scoped)).status_code == 403
    assert removed(empty, client_as(mine, "read_only")).status_code == 403
    narrowed(mine, scoped)
    assert removed(empty).status_code == 303
    assert removed(empty).status_code == 404
    assert "An imprint was removed" in client.get("/portal/settings/activity").text


def test_who_is_let_go_sees_first_what_still_refers_to_them(client_as, mine):
    client = client_as(mine)
    artist, band = add(client, "Ada"), add(client, "The Rest", "band")
    client.post(f"{ROSTER}/{band}/members", data={"artist": artist})
    client.post(f"{ROSTER}/{artist}/grants", data={"email": "max@agency.test", "rights": "page"})
    party = client.post("/portal/parties", data={"legal_name": "Ada Ruiz"}).headers["location"]
    client.post(f"{party}/artists", data={"artist": "ada"})
    client.post(f"{party}/payees", data={"currency": "EUR"})
    page = client.get(f"{ROSTER}/{artist}").text.partition("Let the artist go")[2]
    for what in ("Managers", "Payees", "Bands"):
        assert f"<dt>{what}</dt><dd>1</dd>" in page
