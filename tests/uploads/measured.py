"""Files of a batch as they stand once they were looked at: small, real where a test is about what is in them."""

from __future__ import annotations

import hashlib

import msgspec

from app.kernel import clock, db, files, ids
from app.kernel.actor import Actor
from app.kernel.media import ArtworkFacts, AudioFacts, audio
from app.uploads.models import BatchFile
from tests.media import a_tone, wav


def sound(path, *, of="", **facts):
    """A sound file that is fine: its audio is told apart by `of`, else by its path."""
    usual = {
        "container": "wav", "codec": "pcm_s24le", "bits": 24, "rate": 44_100, "channels": 2, "lossless": True,
        "duration_ms": 180_000, "intact": True, "true_peak_dbtp": -1.0, "loudness_lufs": -14.0,
        "md5": hashlib.md5((of or path).encode()).hexdigest(), "waveform": bytes(range(100)),
    }  # fmt: skip
    return path, "audio", AudioFacts(**usual | facts)


def picture(path, *, of="", **facts):
    """A cover that is fine."""
    usual = {
        "format": "jpeg", "width": 3000, "height": 3000, "mode": "rgb", "size": 900_000, "sharpness": 80.0,
        "sha256": hashlib.sha256((of or path).encode()).hexdigest(), "perceptual_hash": (of or path)[:16],
    }  # fmt: skip
    return path, "artwork", ArtworkFacts(**usual | facts)


def really_measured(folder, path, *, hertz=440.0):
    """A real WAV of a second, looked at by the product."""
    file = folder / path.replace("/", "_")
    file.write_bytes(wav(a_tone(hertz=hertz)))
    return path, "audio", audio.measure(file)


def brought(tenant, batch, *looked_at):
    """Give a batch (its address) these files, and the id of each by its path."""
    actor, found = Actor.system(tenant), {}
    for path, kind, facts in looked_at:
        stored = files.store_stream(actor, [path.encode()], name=path, media_type="application/octet-stream")
        preview = files.store_stream(actor, [b"preview"], name=f"{path}.m4a", media_type="audio/mp4")
        row = BatchFile(
            id=ids.new_id(),
            batch_id=batch.rpartition("/")[2],
            path=path,
            kind=kind,
            state="refused" if facts.fault else "measured",
            size=len(path),
            received=len(path),
            file_id=stored.id,
            preview_id=preview.id if kind == "audio" and not facts.fault else None,
            facts=msgspec.to_builtins(facts),
            md5=getattr(facts, "md5", None) or None,
            verdict=facts.fault or "ok",
            at=clock.now(),
        )
        found[path] = row.id
        with db.tenant_work(tenant) as session:
            session.add(row)
    return found
