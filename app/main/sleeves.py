"""What the demo labels' shops look and sound like: covers, half a minute of music, texts of their own."""

from __future__ import annotations

import io
import tempfile
import wave
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Recording, Release, Track
from app.catalog.service.artwork import make_thumbnails, set_artwork, taken
from app.kernel import activity, clock, files, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.media import audio
from app.kernel.tenant import Tenant
from app.main.covers import cover
from app.main.goods import drawn
from app.main.shops import THINGS
from app.storefront.models import Product, StorePage, StoreSettings
from app.storefront.service import pictures
from app.streaming.service.rendering import render

HEARD = 2
"""Releases of a label that have masters; each of them plays its first tracks."""

TRACKS = 2
SECONDS, RATE = 30, 44_100
FIRST = {"bluehour": 0, "kite": 4, "noor": 1}
"""Which drawing a label's first cover is."""

LEGAL = {
    "imprint": ({"en": "Imprint", "de": "Impressum", "ar": "بيانات الناشر"}, "{name}"),
    "shipping": ({"en": "Shipping and returns", "de": "Versand und Rückgabe", "ar": "الشحن والإرجاع"}, "{days}"),
}
POST = (
    {"en": "Listening all night", "de": "Eine Nacht lang hören", "ar": "ليلة من الاستماع"},
    {
        "en": "<p>We open the studio for a night and play what comes next, on the big speakers, until late.</p>",
        "de": "<p>Wir öffnen das Studio für eine Nacht und spielen, was als Nächstes kommt.</p>",
        "ar": "<p>نفتح الاستوديو ليلة واحدة ونشغّل ما سيصدر قريبًا، على السماعات الكبيرة، من الثامنة حتى وقت متأخر.</p>",
    },
)


def dress_shop(tenant: Tenant, slug: str, *, with_media: bool) -> None:
    """Give a label's shop its texts, once; with media its releases get covers, and the first of them masters."""
    with tenant_work(tenant) as session:
        if session.scalar(select(StorePage.id).limit(1)) is None:
            session.get_one(StoreSettings, 1).facts = {"listening": "full"}
            _texts(session, tenant)
        releases = list(session.scalars(select(Release).order_by(Release.id)))
        _order_early(releases)
        is_bare = all(release.artwork_id is None for release in releases)
    if with_media and is_bare:
        for number, release in enumerate(releases):
            _show(tenant, release.id, cover(slug, release.title, number + FIRST[slug]))
        for release in releases[:HEARD]:
            _sound(tenant, release)
        _show_things(tenant, slug)


def _order_early(releases: list[Release]) -> None:
    """What is to come may be ordered, and heard in part."""
    today = clock.now().date().isoformat()
    for release in releases:
        if (release.release_date or "") > today and release.preorder_date is None:
            release.preorder_date = today


def _texts(session: Session, tenant: Tenant) -> None:
    now = clock.now()
    said = {"name": f"<p>{tenant.name}</p>", "days": "<p>Everything can be sent back within 14 days.</p>"}
    for slug, (titles, form) in LEGAL.items():
        body = form.format(**said)
        session.add(_page("legal", slug, titles, dict.fromkeys(titles, body), now))
    session.add(_page("post", "listening-all-night", *POST, now))


def _page(kind: str, slug: str, titles: dict[str, str], bodies: dict[str, str], now: Any) -> StorePage:
    return StorePage(
        id=ids.new_id(), kind=kind, slug=slug, titles=titles, bodies=bodies, published_at=now, created_at=now,
        updated_at=now,
    )  # fmt: skip


def _show(tenant: Tenant, release_id: UUID, picture: bytes) -> None:
    """Give a release its cover, with the small copies that a worker would make; its things are shown by it, too."""
    actor = Actor.system(tenant)
    item = taken(actor, [picture], name="cover.jpg")
    with tenant_work(tenant) as session:
        set_artwork(session, actor, session.get_one(Release, release_id), item)
    with tenant_work(tenant) as session:
        make_thumbnails(session, tenant, release_id, UUID(str(item["file"])))
        release = session.get_one(Release, release_id)
        for product in session.scalars(select(Product).where(Product.release_id == release_id)):
            product.image_id, product.image = release.artwork_id, release.artwork


def _show_things(tenant: Tenant, slug: str) -> None:
    """Give things that are no release a picture."""
    actor, bare = Actor.system(tenant), select(Product).where(Product.image_id.is_(None), Product.kind != "digital")
    with tenant_read(tenant) as session:
        found = [(row.id, kind) for row in session.scalars(bare) if (kind := THINGS.get(row.position))]
    for product_id, kind in found:
        raw = drawn(slug, kind, tenant.name)
        looked = pictures.looked_at(raw)
        stored = files.store_stream(actor, [raw], name=f"{kind}.jpg", media_type="image/jpeg")
        with tenant_work(tenant) as session:
            pictures.show(session, tenant, actor, session.get_one(Product, product_id), stored, looked)


def _sound(tenant: Tenant, release: Release) -> None:
    """Give the first tracks of a release masters, and the renditions that players begin with."""
    with tenant_read(tenant) as session:
        query = select(Track.recording_id).where(Track.release_id == release.id).order_by(Track.disc, Track.number)
        recordings = list(session.scalars(query.limit(TRACKS)))
    for number, recording_id in enumerate(recordings):
        master = synthesised(f"{release.title} {number}")
        stored = files.store_stream(Actor.system(tenant), [master], name=f"{number + 1}.wav", media_type="audio/wav")
        with tempfile.NamedTemporaryFile(suffix=".wav") as kept:
            kept.write(master)
            kept.flush()
            facts = audio.measure(Path(kept.name))
        told = {name: value for name, value in msgspec.to_builtins(facts).items() if name != "fault"}
        with tenant_work(tenant) as session:
            recording = session.get_one(Recording, recording_id)
            recording.audio_id, recording.audio, recording.audio_md5 = stored.id, told, facts.md5
            recording.duration_ms = facts.duration_ms
            activity.record(
                session, Actor.system(tenant), "recording.changed", subject_type="recording", subject_id=recording_id
            )
        render(tenant, recording_id)


def synthesised(name: str) -> bytes:
    """Half a minute of chords, as a WAV of 16 bits: the same name always sounds the same."""
    chance = np.random.default_rng(int.from_bytes(name.encode()[-8:], "big"))
    when = np.arange(SECONDS * RATE, dtype=np.float64) / RATE
    sound = np.zeros((SECONDS * RATE, 2))
    root = 110 * 2 ** (chance.integers(0, 8) / 12)
    steps = chance.choice(([0, 3, 7, 10], [0, 4, 7, 11], [0, 5, 7, 12]))
    for bar in range(SECONDS // 3):
        begins = bar * 3.0
        shift = chance.choice([0, -2, 3, 5])
        for voice, step in enumerate(steps):
            pitch = root * 2 ** ((step + shift) / 12)
            since = np.clip(when - begins - voice * 0.28, 0, None)
            body = np.exp(-since * 1.1) * np.minimum(since * 60, 1) * (when < begins + 4)
            tone = np.sin(2 * np.pi * pitch * since) + 0.35 * np.sin(4 * np.pi * pitch * since)
            side = 0.35 + 0.3 * (voice % 2)
            sound += (body * tone)[:, None] * np.array([1 - side, side]) * 0.22
    sound *= np.minimum(1, np.minimum(when, SECONDS - when) / 0.5)[:, None] / max(1.0, np.abs(sound).max() * 1.2)
    kept = io.BytesIO()
    with wave.open(kept, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((sound * 32_000).astype("<i2").tobytes())
    return kept.getvalue()
