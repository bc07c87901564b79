"""Whether a release is ready: what rules find, when they look again, and what is put right in one click."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import OperationalError

from app.catalog import tasks
from app.catalog.models import Finding, Recording, Release, Track
from app.catalog.service import fixing
from app.catalog.service.creating import create
from app.kernel import clock, db
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.kernel.jobs.outbox import OutboxRow
from tests.factories.catalog import a_release, narrowed
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member

RELEASES, ARTISTS = "/portal/releases", "/portal/artists"


TASKS = {"catalog.check": tasks.check, "catalog.fix": tasks.fix, "catalog.recheck": tasks.recheck}


@pytest.fixture
def mine(connected):
    return a_label()


def work(tenant):
    """Let the worker do what was asked for, and tell how many tasks that were."""
    done = 0
    while True:
        with db.platform_work() as session:
            mine = (OutboxRow.label == tenant.id, OutboxRow.task.like("catalog.%"), OutboxRow.done_at.is_(None))
            waiting = session.scalars(select(OutboxRow).where(*mine)).all()
            asked = [(row.task, row.args) for row in waiting]
            for row in waiting:
                row.done_at = clock.now()
        if not asked:
            return done
        for task, args in asked:
            done += 1
            with db.tenant_work(tenant) as session:
                TASKS[task](session, tenant, **args)


def rules(tenant, release_id):
    with db.tenant_read(tenant) as session:
        return sorted(session.scalars(select(Finding.rule).where(Finding.release_id == release_id)))


def forms(page):
    """What the forms of a release's readiness would send: rule to fields; the one for all under an empty rule."""
    found = {}
    for form in re.findall(r'<form method="post" action="[^"]+/fixes">(.*?)</form>', page, re.DOTALL):
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        found.setdefault(fields.get("rule", ""), []).append(fields)
    return found


def fixed(client, release, rule=""):
    """Take what the page offers for a rule, or all of it."""
    said = forms(client.get(f"{RELEASES}/{release}").text)[rule][0]
    return client.post(f"{RELEASES}/{release}/fixes", data=said)


def kept(tenant, model, row_id):
    with db.tenant_read(tenant) as session:
        return session.get_one(model, row_id)


def a_dirty_release(tenant, **details):
    """A release with two things to put right of itself and one of its only track."""
    said = {"genre": "electronic", "p_owner": "(P) 2026 Halden", "p_year": 2026, "kind": "single"}
    return a_release(tenant, "Nachtwerk", tracks=1, **(said | details))


def test_what_rules_find_stands_on_the_page_once_the_worker_has_looked(client_as, mine):
    client = client_as(mine)
    release = a_dirty_release(mine)
    before = client.get(f"{RELEASES}/{release}").text
    assert "Checking" in before
    assert 'hx-trigger="every 2s"' in before
    work(mine)
    after = client.get(f"{RELEASES}/{release}").text
    assert "Blocked" in after
    assert "Stores do not know this genre." in after
    assert "every 2s" not in after
    assert "There is no artwork yet." in client.get(f"{RELEASES}/{release}/readiness").text
    assert kept(mine, Release, release).checked_at is not None


def test_what_all_tracks_lack_alike_is_said_once_and_the_rest_track_by_track(client_as, mine):
    release = a_release(mine, "Album", tracks=3)
    with db.tenant_work(mine) as session:
        first = session.scalars(select(Track).where(Track.release_id == release).order_by(Track.number)).first()
        session.get_one(Recording, first.recording_id).title = "Sea  Song"
    work(mine)
    assert rules(mine, release).count("FI01") == 1
    assert rules(mine, release).count("ID04") == 1
    page = client_as(mine).get(f"{RELEASES}/{release}").text
    assert re.search(r"There is no audio yet\..*?All tracks", page)
    assert re.search(r"<summary[^>]*>1 track<.*?1\. Sea  Song.*?<b><bdi>Sea Song</bdi></b>", page, re.DOTALL)


def test_one_finding_is_put_right_and_taken_back(client_as, mine):
    client = client_as(mine)
    release = a_dirty_release(mine)
    work(mine)
    assert fixed(client, release, "GE01").status_code == 303
    assert kept(mine, Release, release).genre == "Electronic"
    assert kept(mine, Release, release).p_owner == "(P) 2026 Halden"
    assert kept(mine, Release, release).checked_at is None
    work(mine)
    assert "GE01" not in rules(mine, release)
    undo = re.search(rf'action="({RELEASES}/{release}/restorations/[^"]+)"', client.get(f"{RELEASES}/{release}").text)
    assert undo, "the toast offers the way back"
    assert client.post(undo[1]).status_code == 303
    assert kept(mine, Release, release).genre == "electronic"


def test_all_of_a_release_is_put_right_at_once(client_as, mine):
    client = client_as(mine)
    release = a_dirty_release(mine)
    work(mine)
    assert fixed(client, release).status_code == 303
    held = kept(mine, Release, release)
    assert (held.genre, held.p_owner) == ("Electronic", "Halden")
    work(mine)
    assert not forms(client.get(f"{RELEASES}/{release}").text)


def test_what_somebody_else_changed_since_is_not_written_over(client_as, mine):
    one, other = client_as(mine), client_as(mine)
    release = a_dirty_release(mine)
    work(mine)
    said = forms(one.get(f"{RELEASES}/{release}").text)
    version = kept(mine, Release, release).version
    other.post(f"{RELEASES}/{release}", data={"genre": "jazz", "match": str(version)})
    late = one.post(f"{RELEASES}/{release}/fixes", data=said["GE01"][0])
    assert late.status_code == 412
    assert "changed in the meantime" in late.text
    assert kept(mine, Release, release).genre == "jazz"
    again = one.post(f"{RELEASES}/{release}/fixes", data=said[""][0])
    assert again.status_code == 412
    assert one.post(f"{RELEASES}/{release}/fixes", data={}).status_code == 412
    assert kept(mine, Release, release).p_owner == "(P) 2026 Halden"


def test_two_who_take_the_same_suggestion_change_it_once(client_as, mine):
    client = client_as(mine)
    release = a_dirty_release(mine)
    work(mine)
    said = forms(client.get(f"{RELEASES}/{release}").text)["GE01"][0]
    assert client.post(f"{RELEASES}/{release}/fixes", data=said).status_code == 303
    assert client.post(f"{RELEASES}/{release}/fixes", data=said).status_code == 412
    assert kept(mine, Release, release).version == 2


def test_a_title_that_says_explicit_gives_it_to_its_field_and_back(client_as, mine):
    client = client_as(mine)
    release = a_release(mine, "Night (Explicit)", tracks=1, kind="single")
    work(mine)
    assert fixed(client, release, "TI09").status_code == 303
    held = kept(mine, Release, release)
    assert (held.title, held.parental) == ("Night", "explicit")
    undo = re.search(rf'action="({RELEASES}/{release}/restorations/[^"]+)"', client.get(f"{RELEASES}/{release}").text)
    assert "explicit" not in held.folded, "it is found by what it is called now"
    assert client.post(undo[1]).status_code == 303
    held = kept(mine, Release, release)
    assert (held.title, held.parental) == ("Night (Explicit)", "none")


def test_an_edit_is_looked_at_again_and_nothing_is_asked_for_in_vain(client_as, mine):
    client = client_as(mine)
    release = a_dirty_release(mine)
    assert work(mine) == 1
    version = str(kept(mine, Release, release).version)
    client.post(f"{RELEASES}/{release}", data={"genre": "Jazz", "match": version})
    assert "Checking" in client.get(f"{RELEASES}/{release}").text
    assert work(mine) == 1
    assert "GE01" not in rules(mine, release)
    version = str(kept(mine, Release, release).version)
    client.post(f"{RELEASES}/{release}", data={"genre": "Jazz", "match": version})
    assert work(mine) == 0


def test_a_recording_on_two_releases_lets_both_be_looked_at_again(client_as, mine):
    client = client_as(mine)
    album, single = a_release(mine, "Album", tracks=1), a_release(mine, "Single", tracks=1)
    with db.tenant_work(mine) as session:
        place = session.scalars(select(Track).where(Track.release_id == single)).one()
        place.recording_id = shared = session.scalar(select(Track.recording_id).where(Track.release_id == album))
    work(mine)
    client.post(f"{RELEASES}/{album}/recordings/{shared}/title", data={"value": "Sea (feat. Nobody)", "match": ""})
    assert [kept(mine, Release, one).checked_at for one in (album, single)] == [None, None]
    assert work(mine) == 1
    assert "TI06" in rules(mine, album)
    assert "TI06" in rules(mine, single)


def test_what_is_put_on_a_release_by_hand_is_looked_at_too(client_as, mine):
    client = client_as(mine)
    release = a_release(mine, tracks=1)
    work(mine)
    assert (
        client.post(f"{RELEASES}/{release}/places", data={"title": "Sea (feat. Nobody)", "recording": ""}).status_code
        == 303
    )
    assert kept(mine, Release, release).checked_at is None
    work(mine)
    assert "TI06" in rules(mine, release)


def test_what_was_measured_of_audio_and_artwork_is_looked_at(mine):
    release = a_release(mine, tracks=1)
    sound = {"codec": "mp3", "bits": 16, "rate": 44_100, "channels": 2, "duration_ms": 240_000, "lossy_source": True,
             "intact": True, "waveform": "AAAA", "md5": "0" * 32}  # fmt: skip
    picture = {"format": "jpeg", "width": 1400, "height": 1400, "mode": "rgb", "alpha": False, "sharpness": 90.0}
    with db.tenant_work(mine) as session:
        session.get_one(Release, release).artwork = picture
        place = session.scalars(select(Track).where(Track.release_id == release)).one()
        session.get_one(Recording, place.recording_id).audio = sound
    work(mine)
    found = rules(mine, release)
    assert {"AU01", "AU08", "AW01"} <= set(found)
    assert "AW01.missing" not in found
    with db.tenant_work(mine) as session:
        fixing.fix_held(session, Actor.system(mine), mine, [release])
    assert kept(mine, Recording, place.recording_id).duration_ms == 240_000


def test_a_batch_is_looked_at_after_it_was_applied_and_leaves_nothing_when_it_is_taken_back(client_as, mine):
    from tests.uploads.test_batches import applied
    from tests.uploads.test_batches import work as upload_work

    client = client_as(mine)
    head = "Albumtitel,Interpret,Label,Genre,Erscheinungsdatum,Nr,Titel\n"
    batch = applied(client, mine, head + "Meer,Kite,Halden,electronic,2025-11-02,1,Flut\n")
    with db.tenant_read(mine) as session:
        release = session.scalars(select(Release)).one()
        assert release.checked_at is None
    assert work(mine) == 1
    assert "Stores do not know this genre." in client.get(f"{RELEASES}/{release.id}").text
    client.post(f"{batch}/undo")
    upload_work(mine)
    work(mine)
    with db.tenant_read(mine) as session:
        assert session.scalar(select(func.count()).select_from(Finding)) == 0


def test_a_list_is_filtered_and_sorted_by_readiness(client_as, mine):
    client = client_as(mine)
    a_release(mine, "Checked")
    work(mine)
    a_release(mine, "Waiting")

    def titles(query):
        return re.findall(r'<a href="/portal/releases/[0-9a-f-]+"><bdi>([^<]+)', client.get(RELEASES + query).text)

    assert titles("?readiness=blocked") == ["Checked"]
    assert titles("?readiness=checking") == ["Waiting"]
    assert titles("?readiness=ready") == []
    assert titles("?sort=readiness") == ["Waiting", "Checked"]
    assert titles("?sort=-readiness") == ["Checked", "Waiting"]
    assert client.get(f"{RELEASES}?readiness=shiny").status_code == 422


def test_those_chosen_or_all_of_a_list_are_put_right_in_the_name_of_whoever_asked(client_as, mine):
    client = client_as(mine)
    first, second, third = (a_dirty_release(mine, catalog_number=f"HLD-{n}") for n in range(3))
    work(mine)
    assert client.post(f"{RELEASES}/fixes", data={"id": [str(first)], "query": "kind=single"}).status_code == 303
    assert [kept(mine, Release, one).genre for one in (first, second)] == ["Electronic", "electronic"]
    work(mine)
    page = client.get(RELEASES).text
    assert 'id="fix-all"' in page
    answer = client.post(f"{RELEASES}/fixes", data={"all": "1", "query": "kind=single"})
    assert answer.headers["location"] == f"{RELEASES}?kind=single"
    work(mine)
    assert {kept(mine, Release, one).genre for one in (first, second, third)} == {"Electronic"}
    with db.tenant_read(mine) as session:
        changes = session.scalars(select(Activity).where(Activity.action == "release.changed")).all()
    assert [row.actor_kind for row in changes] == ["member"] * 3
    assert 'id="fix-all"' not in client.get(RELEASES).text


def test_five_hundred_releases_take_about_as_many_statements_as_fifty(client_as, mine, statements):
    def asked(count):
        with db.tenant_work(mine) as session:
            said = {"artists": ["Ada"], "label": "Halden", "kind": "single", "genre": "electronic"}
            releases = [said | {"release": n, "title": f"Night {count} {n}"} for n in range(count)]
            rows = [{"release": n, "row": 1, "disc": 1, "number": 1, "title": f"Night {n}"} for n in range(count)]
            made = create(session, Actor.system(mine), releases, rows)
        with statements() as told:
            work(mine)
            with db.tenant_work(mine) as session:
                fixing.fix_held(session, Actor.system(mine), mine, made)
            work(mine)
        with db.tenant_read(mine) as session:
            assert set(session.scalars(select(Release.genre))) == {"Electronic"}
        return len(told)

    assert asked(500) <= asked(50) + 2


def test_a_rival_and_a_member_of_another_imprint_learn_nothing(client_as, client_of, mine, rival):
    mine_own, other = a_dirty_release(mine, label="Nightjar"), a_dirty_release(mine, label="Dawn", artists=["Eve"])
    work(mine)
    member = a_member(mine, role="product")
    narrowed(mine, member, imprints=["nightjar"])
    client = client_of(f"{mine.slug}.localhost")
    client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    assert client.get(f"{RELEASES}/{mine_own}/readiness").status_code == 200
    for asker in (client, client_as(rival)):
        assert asker.get(f"{RELEASES}/{other}/readiness").status_code == 404
        assert asker.post(f"{RELEASES}/{other}/fixes", data={"match": "x"}).status_code == 404
        assert asker.post(f"{RELEASES}/fixes", data={"id": [str(other)]}).status_code == 404
    client.post(f"{RELEASES}/fixes", data={"all": "1"})
    work(mine)
    assert [kept(mine, Release, one).genre for one in (mine_own, other)] == ["Electronic", "electronic"]
    reader = client_as(mine, "read_only")
    assert not forms(reader.get(f"{RELEASES}/{other}").text)
    assert reader.post(f"{RELEASES}/{other}/fixes", data={"match": "x"}).status_code == 403
    assert reader.post(f"{RELEASES}/fixes", data={"all": "1"}).status_code == 403


def test_an_artist_has_the_open_tasks_that_a_visitor_may_know_of(client_as, client_of, mine):
    client = client_as(mine)
    a_dirty_release(mine, artists=["Ada"], label="Nightjar")
    a_dirty_release(mine, artists=["Ada"], label="Dawn", catalog_number="D-1")
    assert "the number of open tasks may grow" in client.get(ARTISTS).text
    work(mine)
    page = client.get(ARTISTS).text
    assert "may grow" not in page
    member = a_member(mine, role="product")
    narrowed(mine, member, imprints=["nightjar"])
    narrow = client_of(f"{mine.slug}.localhost")
    narrow.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})

    def tasks_of(asker):
        return int(re.search(r'<td class="num"><bdi>(\d+)</bdi></td>', asker.get(f"{ARTISTS}?tasks=open").text)[1])

    assert 0 < tasks_of(narrow) < tasks_of(client)
    artist = re.search(r'href="(/portal/artists/[0-9a-f-]{36})"', page)[1]
    assert "Stores do not know this genre." in client.get(artist).text


def test_what_is_old_is_looked_at_again_by_itself(mine):
    soon = (clock.now() + timedelta(days=40)).date().isoformat()
    near, far = a_release(mine, release_date=soon), a_release(mine, release_date="1999")
    work(mine)
    old = clock.now() - timedelta(days=2)
    with db.tenant_work(mine) as session:
        session.execute(update(Release).values(checked_at=old))
    with db.tenant_work(mine) as session:
        tasks.recheck(session, mine)
    assert kept(mine, Release, near).checked_at > old
    assert kept(mine, Release, far).checked_at == old


def test_a_change_during_the_check_is_not_lost(mine):
    """The check holds what it looks at: whoever changes it waits, and is looked at afterwards."""
    release = a_release(mine)
    with db.tenant_work(mine) as session:
        tasks.check(session, mine, releases=[])
        with db.tenant_work(mine) as other, pytest.raises(OperationalError):
            other.execute(text("SET LOCAL lock_timeout = '50ms'"))
            other.execute(update(Release).where(Release.id == release).values(genre="x"))


def test_a_release_counts_what_waits_on_it(client_as, mine):
    release, found = a_dirty_release(mine), []
    there = select(func.count()).where(Finding.release_id == Release.id, Finding.severity != "info").scalar_subquery()
    for rule in ("GE01", None):
        work(mine)
        with db.tenant_read(mine) as session:
            found.append(tuple(session.execute(select(Release.open_findings, there)).one()))
        if rule:
            fixed(client_as(mine), release, rule)
    (said, counted), (then, fewer) = found
    assert said == counted > then == fewer
