"""Audio and artwork of a batch find their rows, are said beforehand, arrive, and go back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.catalog.models import Recording, Release
from app.catalog.service.artwork import set_artwork
from app.kernel import db
from app.kernel.actor import Actor
from app.kernel.media import Fault
from app.uploads import queries, tasks
from app.uploads.models import Batch, BatchFile, BatchFinding, BatchItem
from tests.factories.labels import a_label
from tests.uploads.measured import brought, picture, really_measured, sound
from tests.uploads.test_batches import TABLE, mapping, stage, uploaded, work

ISRCS = """title,artist,label,catalog number,upc,track number,track title,isrc
Nachtwerk,Anna Blume,Halden,HLD-1,4006381333931,1,Erste Nacht,DEAB12600001
Nachtwerk,Anna Blume,Halden,HLD-1,4006381333931,2,Zweite Nacht,DEAB12600002
Meer,Kite & Drift,Halden,HLD-2,5901234123457,1,Flut,DEAB12600003
""".replace("title,artist", "album title,album artist", 1)

AUDIO = select(Recording.id, Recording.audio, Recording.audio_id, Recording.audio_md5).order_by(Recording.id)


@pytest.fixture
def mine(connected):
    return a_label()


def checked(client, tenant, *looked_at, table=ISRCS):
    """A batch with files that waits for a yes."""
    batch = uploaded(client, table)
    brought(tenant, batch, *looked_at)
    assert client.post(f"{batch}/columns", data=mapping(client.get(batch).text)).status_code == 303
    work(tenant)
    return batch


def applied(client, tenant, *looked_at, table=ISRCS):
    batch = checked(client, tenant, *looked_at, table=table)
    client.post(f"{batch}/approval")
    work(tenant)
    assert stage(tenant) == "done"
    return batch


def audio_of(tenant):
    """Which file each recording sounds as."""
    with db.tenant_read(tenant) as session:
        query = select(Recording.title, BatchFile.path).outerjoin(BatchFile, BatchFile.file_id == Recording.audio_id)
        return dict(session.execute(query).all())


def covers_of(tenant):
    with db.tenant_read(tenant) as session:
        query = select(Release.title, BatchFile.path).outerjoin(BatchFile, BatchFile.file_id == Release.artwork_id)
        return dict(session.execute(query).all())


def findings(tenant, batch, *rules):
    """Rule, row, file and value of what was found."""
    with db.tenant_read(tenant) as session:
        query = select(BatchFinding).where(BatchFinding.batch_id == batch.rpartition("/")[2])
        found = session.scalars(query.order_by(BatchFinding.number))
        return [(each.rule, each.row, each.file, each.value) for each in found if each.rule in rules]


def matches(tenant, batch):
    with db.tenant_read(tenant) as session:
        query = select(BatchFile).where(BatchFile.batch_id == batch.rpartition("/")[2])
        return {each.path: (each.item, each.row, each.match, each.is_doubtful) for each in session.scalars(query)}


FIRST, SECOND, THIRD = (sound(f"audio/DEAB1260000{number}.wav") for number in (1, 2, 3))
COVER = picture("4006381333931.jpg")


def test_a_yes_brings_audio_and_artwork_to_what_they_are_of(client_as, mine, tmp_path):
    real = really_measured(tmp_path, "audio/DEAB12600001.wav")
    applied(client_as(mine), mine, real, SECOND, COVER)
    assert audio_of(mine) == {"Erste Nacht": real[0], "Zweite Nacht": SECOND[0], "Flut": None}
    assert covers_of(mine) == {"Nachtwerk": COVER[0], "Meer": None}
    with db.tenant_read(mine) as session:
        first = session.scalars(select(Recording).where(Recording.title == "Erste Nacht")).one()
        release = session.scalars(select(Release).where(Release.title == "Nachtwerk")).one()
    assert first.audio_md5 == real[2].md5 == first.audio["md5"]
    assert first.duration_ms == real[2].duration_ms == 1200
    assert first.preview_id is not None
    assert (release.artwork["width"], release.artwork["format"]) == (3000, "jpeg")


def test_the_ways_to_a_row_are_told(client_as, mine):
    named = ISRCS.replace("track title,isrc", "track title,isrc,file").replace("DEAB12600003", "DEAB12600003,x/low.wav")
    batch = checked(client_as(mine), mine, FIRST, sound("4006381333931_01_002.flac"), sound("x/low.wav"),
                    picture("x/front.png"), COVER, sound("y/high tide.wav"), table=named)  # fmt: skip
    assert matches(mine, batch) == {
        FIRST[0]: (1, 2, "isrc", False),
        "4006381333931_01_002.flac": (1, 3, "place", False),
        "x/low.wav": (2, 4, "named", False),
        "x/front.png": (2, None, "folder", False),
        COVER[0]: (1, None, "cover", False),
        "y/high tide.wav": (None, None, None, False),
    }
    assert findings(mine, batch, "file_without_row") == [
        ("file_without_row", None, "y/high tide.wav", "y/high tide.wav")
    ]


def test_a_doubtful_match_waits_for_a_yes(client_as, mine):
    client = client_as(mine)
    batch = checked(client, mine, sound("01 Erste Nacht.wav"))
    assert matches(mine, batch) == {"01 Erste Nacht.wav": (1, 2, "likeness", True)}
    assert findings(mine, batch, "match_doubtful")[0][1:3] == (2, "01 Erste Nacht.wav")
    client.post(f"{batch}/corrections", data={"row": "2", "field": "track.file", "value": "01 Erste Nacht.wav"})
    work(mine)
    assert matches(mine, batch) == {"01 Erste Nacht.wav": (1, 2, "named", False)}
    client.post(f"{batch}/approval")
    work(mine)
    assert audio_of(mine)["Erste Nacht"] == "01 Erste Nacht.wav"


def test_without_a_yes_a_doubtful_file_stays_out(client_as, mine):
    applied(client_as(mine), mine, sound("01 Erste Nacht.wav"))
    assert set(audio_of(mine).values()) == {None}


def test_the_same_batch_again_changes_nothing(client_as, mine):
    client = client_as(mine)
    applied(client, mine, FIRST, COVER)
    with db.tenant_read(mine) as session:
        before = session.execute(select(Recording.audio_id, Recording.version).order_by(Recording.id)).all()
    again = applied(client, mine, FIRST, COVER)
    with db.tenant_read(mine) as session:
        assert session.execute(select(Recording.audio_id, Recording.version).order_by(Recording.id)).all() == before
        assert session.get(Batch, again.rpartition("/")[2]).counts["unchanged"] == 2


def test_other_audio_is_a_change_that_is_said_and_can_be_taken_back(client_as, mine):
    client = client_as(mine)
    applied(client, mine, FIRST, COVER)
    remastered = sound("audio/DEAB12600001.wav", of="remaster")
    batch = checked(client, mine, remastered, THIRD, picture("4006381333931.jpg", of="other"))
    with db.tenant_read(mine) as session:
        items = session.scalars(select(BatchItem).where(BatchItem.batch_id == batch.rpartition("/")[2])).all()
        said = {(change["kind"], change["field"]) for item in items for change in item.changes}
        old = session.execute(AUDIO).all()
        cover = session.execute(select(Release.title, Release.artwork, Release.artwork_id).order_by(Release.id)).all()
    assert {item.verdict for item in items} == {"change"}
    assert said == {*(("recording", name) for name in ("audio_id", "preview_id", "audio", "audio_md5", "duration_ms")),
                    ("release", "artwork_id"), ("release", "artwork")}  # fmt: skip
    client.post(f"{batch}/approval")
    work(mine)
    with db.tenant_read(mine) as session:
        first = session.scalars(select(Recording).where(Recording.title == "Erste Nacht")).one()
        assert first.audio_md5 == remastered[2].md5 == first.audio["md5"]
    client.post(f"{batch}/undo")
    work(mine)
    assert stage(mine) == "undone"
    with db.tenant_read(mine) as session:
        assert session.execute(AUDIO).all() == old
        assert (
            session.execute(select(Release.title, Release.artwork, Release.artwork_id).order_by(Release.id)).all()
            == cover
        )


def test_releases_look_again_as_they_did_before_a_batch_that_is_taken_back(client_as, mine):
    client = client_as(mine)
    applied(client, mine, FIRST)
    own = {"name": "by hand.jpg", "file": None, "facts": {"format": "jpeg", "sha256": "0" * 64}}
    with db.tenant_work(mine) as session:
        release = session.scalars(select(Release).where(Release.title == "Nachtwerk")).one()
        own["file"] = str(session.scalars(select(Recording.audio_id).where(Recording.audio_id.is_not(None))).one())
        set_artwork(session, Actor.system(mine), release, own)
    looks = select(Release.title, Release.artwork, Release.artwork_id).order_by(Release.id)
    with db.tenant_read(mine) as session:
        before = session.execute(looks).all()
    assert {row.title: row.artwork_id is not None for row in before} == {"Nachtwerk": True, "Meer": False}
    batch = applied(client, mine, COVER, picture("5901234123457.jpg", of="sea"))
    with db.tenant_read(mine) as session:
        assert all(row.artwork_id for row in session.execute(looks))
    client.post(f"{batch}/undo")
    work(mine)
    assert stage(mine) == "undone"
    with db.tenant_read(mine) as session:
        assert session.execute(looks).all() == before


def test_everything_that_a_first_batch_brought_can_go_with_its_files(client_as, mine):
    client = client_as(mine)
    batch = applied(client, mine, FIRST, SECOND, COVER)
    client.post(f"{batch}/undo")
    work(mine)
    assert stage(mine) == "undone"
    assert audio_of(mine) == {}


def test_a_refused_file_is_named_on_its_row_and_stops_nobody_else(client_as, mine):
    lossy = sound("audio/DEAB12600003.wav", fault=Fault.LOSSY, codec="mp3float")
    batch = checked(client_as(mine), mine, FIRST, lossy)
    assert findings(mine, batch, "file_lossy") == [("file_lossy", 4, "audio/DEAB12600003.wav", None)]
    with db.tenant_read(mine) as session:
        verdicts = dict(session.execute(select(BatchItem.title, BatchItem.verdict)).all())
        assert queries.findings(session, batch.rpartition("/")[2], limit=9)[0].rule == "file_lossy"
    assert verdicts == {"Nachtwerk": "create", "Meer": "refuse"}


def test_the_same_audio_twice_is_named(client_as, mine):
    client = client_as(mine)
    batch = checked(client, mine, sound("a/DEAB12600001.wav", of="one"), sound("b/DEAB12600003.wav", of="one"))
    assert findings(mine, batch, "audio_twice") == [
        ("audio_twice", 2, "a/DEAB12600001.wav", "b/DEAB12600003.wav"),
        ("audio_twice", 4, "b/DEAB12600003.wav", "a/DEAB12600001.wav"),
    ]


TWICE = ISRCS.replace("DEAB12600003", "DEAB12600001").replace("isrc\n", "isrc,file\n").replace("00001\n", "00001,{}\n")


def test_two_files_for_one_recording_wait_until_a_person_chose(client_as, mine):
    client = client_as(mine)
    first, second = sound("album/take 1.wav"), sound("meer/take 2.wav")
    table = TWICE.replace("{}", first[0], 1).replace("{}", second[0], 1)
    batch = checked(client, mine, first, second, table=table)
    assert findings(mine, batch, "recording_twice") == [
        ("recording_twice", 2, first[0], second[0]),
        ("recording_twice", 4, second[0], first[0]),
    ]
    page = client.get(batch).text
    assert "Another row has the same recording and another file." in page
    assert page.index(first[0]) < page.index(second[0])
    client.post(f"{batch}/approval")
    work(mine)
    assert audio_of(mine) == {}, "neither is taken unseen"
    batch = checked(client, mine, first, second, table=table)
    with db.tenant_read(mine) as session:
        one = session.scalar(
            select(BatchFile.id).where(BatchFile.path == first[0], BatchFile.batch_id == batch.rpartition("/")[2])
        )
    client.post(f"{batch}/files/{one}/removal")
    work(mine)
    assert findings(mine, batch, "recording_twice") == []
    client.post(f"{batch}/approval")
    work(mine)
    assert audio_of(mine)["Erste Nacht"] == second[0]


def test_the_same_sound_on_both_rows_of_a_recording_is_no_question(client_as, mine):
    table = TWICE.replace("{}", "a.wav", 1).replace("{}", "b.wav", 1)
    batch = checked(client_as(mine), mine, sound("a.wav", of="one"), sound("b.wav", of="one"), table=table)
    assert findings(mine, batch, "recording_twice", "audio_twice") == []


def test_audio_that_another_recording_has_is_named(client_as, mine):
    client = client_as(mine)
    applied(client, mine, FIRST)
    batch = checked(client, mine, sound("audio/DEAB12600002.wav", of=FIRST[0]))
    (found,) = findings(mine, batch, "audio_known")
    assert found[1:3] == (3, "audio/DEAB12600002.wav")
    assert "Erste Nacht" in found[3]


def test_what_is_measured_is_what_rules_look_at(client_as, mine):
    batch = checked(client_as(mine), mine, sound("audio/DEAB12600001.wav", upsampled=True, dual_mono=True),
                    picture("4006381333931.jpg", width=600, height=600))  # fmt: skip
    told = {rule for rule, *_ in findings(mine, batch, "AU02.upsampled", "AW01", "audio_dual_mono", "FI01")}
    assert told == {"AU02.upsampled", "AW01", "audio_dual_mono", "FI01"}


def test_a_file_that_comes_after_the_check_is_not_applied_unseen(client_as, mine):
    client = client_as(mine)
    batch = checked(client, mine, FIRST)
    brought(mine, batch, SECOND)
    client.post(f"{batch}/approval")
    work(mine)
    assert stage(mine) == "ready", "the plan is another one now, so it is shown first"
    client.post(f"{batch}/approval")
    work(mine)
    assert audio_of(mine)["Zweite Nacht"] == SECOND[0]


def test_an_applied_batch_is_not_applied_again(client_as, mine):
    batch = applied(client_as(mine), mine, FIRST, table=TABLE.replace("Zweite", "Dritte"))
    with db.tenant_work(mine) as session:
        tasks.apply(session, mine, batch=batch.rpartition("/")[2])
    assert len(audio_of(mine)) == 3
