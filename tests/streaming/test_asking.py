"""Renditions are found missing by themselves, made once, and made anew when the master or the excerpt is another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.catalog.errors import RecordingUnknown
from app.catalog.models import Recording
from app.identity.errors import PermissionMissing
from app.identity.models import Member
from app.identity.policies import Visitor, permissions_of
from app.kernel import clock, db, files, ids
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.kernel.files.service import verify_link
from app.streaming import service
from app.streaming.errors import PreviewUnusable
from app.streaming.models import Rendition
from app.streaming.rules import excerpts
from app.streaming.service import rendering
from tests.factories.labels import a_label
from tests.kernel.jobs.work import eventually
from tests.media import wav
from tests.streaming.mastering import mastered, music, out, recordings_of, renditions, work


@pytest.fixture
def mine(connected):
    return a_label()


def visitor(tenant, role="owner"):
    member = Member(id=ids.new_id(), name="Vi", role=role, custom_role=None, imprints=[], artists=[])
    actor = Actor("member", member.id, tenant, "Vi")
    return Visitor(member, ids.new_id(), actor, permissions_of(member), member.scope)


def quiet(seed=1, seconds=1.5):
    return music(seconds, channels=1, seed=seed)


def looked(tenant):
    """Have what is missing found, as every five minutes, and made; gives which recordings were."""
    with db.tenant_work(tenant) as session:
        service.ask_missing(session)
    return [UUID(args["recording"]) for _, args in work(tenant)]


def rows(tenant):
    with db.tenant_read(tenant) as session:
        return session.scalar(select(func.count()).select_from(Rendition))


def test_what_is_missing_is_found_and_made_once(mine):
    _, (first, second) = out(mine, sounds=[quiet(1), quiet(2)], bits=16)
    assert set(looked(mine)) == {first, second}
    assert looked(mine) == []
    assert rows(mine) == 14
    with db.tenant_read(mine) as session:
        assert service.has_renditions(session, [first, second]) == {first, second}
        assert service.has_renditions(session, [first], "preview") == {first}


def test_what_is_asked_for_twice_before_it_is_done_is_asked_for_once(mine):
    out(mine, sounds=[quiet()], bits=16)
    with db.tenant_work(mine) as session:
        assert service.ask_missing(session) == 1
        assert service.ask_missing(session) == 1
    assert len(work(mine)) == 1


def test_a_task_that_is_done_twice_makes_nothing_twice(mine):
    _, (recording_id,) = out(mine, sounds=[quiet()], bits=16)
    rendering.render(mine, recording_id)
    before = {one.id for one in renditions(mine, recording_id).values()}
    rendering.render(mine, recording_id)
    assert {one.id for one in renditions(mine, recording_id).values()} == before
    assert rows(mine) == 7


def test_another_master_makes_others_and_the_old_ones_stay_for_a_day(mine):
    _, (recording_id,) = out(mine, sounds=[quiet(1)], bits=16)
    looked(mine)
    old = renditions(mine, recording_id)["aac-128"]
    mastered(mine, recording_id, wav(quiet(2), bits=16))
    assert looked(mine) == [recording_id]
    new = renditions(mine, recording_id)["aac-128"]
    assert new.source != old.source
    link = files.url(mine, old.file_id).rpartition("/")[2]
    assert verify_link(mine, link)[0].id == old.file_id, "somebody may be in the middle of it"
    with clock.frozen_at(clock.now() + timedelta(hours=25)), db.tenant_work(mine) as session:
        rendering.sweep(session)
    assert rows(mine) == 7
    with pytest.raises(files.FileUnknown):
        verify_link(mine, link)
    assert verify_link(mine, files.url(mine, new.file_id).rpartition("/")[2])


def test_a_master_that_came_back_is_rendered_again(mine):
    _, (recording_id,) = out(mine, sounds=[quiet(1)], bits=16)
    looked(mine)
    for seed in (2, 1):
        mastered(mine, recording_id, wav(quiet(seed), bits=16))
        assert looked(mine) == [recording_id]
    assert rows(mine) == 21


def test_what_was_made_of_a_master_that_changed_meanwhile_is_not_kept(mine):
    """Somebody replaces the master and commits only when the old one's renditions wait to be kept."""
    _, (first, second) = out(mine, sounds=[quiet(1), quiet(2)], bits=16)
    with ThreadPoolExecutor(1) as threads:
        with db.tenant_work(mine) as session:
            other = session.get_one(Recording, second).audio_id
            session.get_one(Recording, first).change({"audio_id": other}, clock.now())
            session.flush()
            rendering_it = threads.submit(rendering.render, mine, first)
            assert eventually(_somebody_waits)
        rendering_it.result()
    assert rows(mine) == 0
    assert set(looked(mine)) == {first, second}
    assert rows(mine) == 14


def _somebody_waits():
    with db.owner_work() as owner:
        return owner.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()[0] > 0


def test_what_cannot_be_rendered_says_why_and_is_not_tried_for_ever(mine):
    _, (recording_id,) = out(mine, sounds=[quiet()], bits=16)
    good = _file_of(mine, recording_id)
    broken = files.store_stream(Actor.system(mine), [wav(quiet(), bits=16)[:40]], name="x.wav", media_type="audio/wav")
    _give(mine, recording_id, broken.id)
    assert looked(mine) == [recording_id]
    assert looked(mine) == []
    failed = renditions(mine, recording_id)
    assert {(one.state, one.problem) for one in failed.values()} == {("failed", "corrupt")}
    with db.tenant_work(mine) as session:
        assert session.scalar(select(Activity.subject_id).where(Activity.action == "recording.not_rendered"))
        assert service.has_renditions(session, [recording_id]) == set()
        service.ask_renditions(session, [recording_id])
    assert len(work(mine)) == 1
    assert renditions(mine, recording_id)["flac"].id != failed["flac"].id, "whoever asks has it tried again"
    _give(mine, recording_id, good)
    assert looked(mine) == [recording_id]
    assert {one.state for one in renditions(mine, recording_id).values()} == {"made"}


def _file_of(tenant, recording_id):
    with db.tenant_read(tenant) as session:
        return session.get_one(Recording, recording_id).audio_id


def _give(tenant, recording_id, file_id):
    with db.tenant_work(tenant) as session:
        session.get_one(Recording, recording_id).change({"audio_id": file_id}, clock.now())


def test_a_recording_without_a_master_is_left_alone(mine):
    release_id, _ = out(mine)
    found = recordings_of(mine, release_id)
    with db.tenant_work(mine) as session:
        service.ask_renditions(session, found)
    assert work(mine) == []
    assert looked(mine) == []


def test_somebody_who_edits_the_catalogue_chooses_the_preview(mine):
    _, (recording_id,) = out(mine, sounds=[quiet(seconds=32.0)], bits=16)
    looked(mine)
    full = renditions(mine, recording_id)["flac"].id
    owner = visitor(mine)
    with db.tenant_work(mine) as session:
        service.choose_preview(session, owner, recording_id, start_ms=1_000, length_ms=30_000)
    assert len(work(mine)) == 1
    preview = renditions(mine, recording_id, "preview")["aac-64"]
    assert preview.frames == 30 * 44_100
    assert renditions(mine, recording_id)["flac"].id == full, "what nobody changed stays"
    assert looked(mine) == []
    for start_ms, length_ms in ((-1, 30_000), (0, 29_999), (0, 90_001), (3_000, 30_000)):
        with pytest.raises(PreviewUnusable), db.tenant_work(mine) as session:
            service.choose_preview(session, owner, recording_id, start_ms=start_ms, length_ms=length_ms)


def test_who_only_looks_or_is_of_another_label_chooses_no_preview(mine, rival):
    _, (recording_id,) = out(mine, sounds=[quiet()], bits=16)
    viewer, stranger = visitor(mine, "read_only"), visitor(rival)
    for tenant, who, refusal in ((mine, viewer, PermissionMissing), (rival, stranger, RecordingUnknown)):
        with pytest.raises(refusal), db.tenant_work(tenant) as session:
            service.choose_preview(session, who, recording_id, start_ms=0, length_ms=30_000)


def test_the_usual_preview_is_the_loudest_stretch_or_begins_at_a_third():
    loud = [(-10, 10)] * 60 + [(-90, 90)] * 20 + [(-10, 10)] * 20
    start, length = excerpts.usual(150_000, loud)
    assert length == 30_000
    assert start == 90_000
    assert excerpts.usual(150_000, []) == (50_000, 30_000)
    assert excerpts.usual(20_000, loud)[1] == 10_000, "at most half of it is given away"
    assert excerpts.usual(0, []) == (0, 0)
    assert excerpts.chosen(100_000, 60_000, 90_000) == (30_000, 60_000)


def test_peaks_are_what_was_measured(mine):
    _, (recording_id,) = out(mine, sounds=[quiet()], bits=16)
    with db.tenant_read(mine) as session:
        recording = session.get_one(Recording, recording_id)
    found = excerpts.peaks(recording.audio)
    assert 0 < len(found) <= 1_800
    assert all(-127 <= low <= high <= 127 for low, high in found)
    assert max(high for _, high in found) > 40
    assert excerpts.peaks(None) == []
    assert excerpts.peaks({"waveform": "?"}) == []
