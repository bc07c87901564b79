"""Reading and writing what a release, a recording or a work has several of: each as a whole, in its order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from app.catalog.models import (
    Credit,
    Recording,
    RecordingArtist,
    RecordingWork,
    Release,
    ReleaseArtist,
    Track,
    Work,
    WorkWriter,
)
from app.catalog.rules.parts import Item, artist_line
from app.kernel import jobs
from app.kernel.db import table_of
from app.kernel.files import StoredFile
from app.roster.models import Artist, Contributor, Imprint

MOVE = text(
    "UPDATE tracks SET disc = v.disc, number = v.number, position = v.position, title = v.title, "
    "is_preorder_only = v.preorder, is_instant_grat = v.instant, version = version + 1, updated_at = now() "
    "FROM unnest(:ids ::uuid[], :discs ::int[], :numbers ::int[], :positions ::text[], :titles ::text[], "
    ":preorders ::bool[], :instants ::bool[]) v(id, disc, number, position, title, preorder, instant) "
    "WHERE tracks.id = v.id"
)
"""One statement: places are compared when it ends, so tracks may change places with each other."""


@dataclass(frozen=True, slots=True)
class Part:
    """How a part is read as items, and how items take its place."""

    read: Callable[[Session, Any], list[Item]]
    write: Callable[[Session, Any, list[Item]], None]


def _artists_of(model: Any, owner: str) -> Part:
    def read(session: Session, row: Any) -> list[Item]:
        query = select(model).where(getattr(model, owner) == row.id).order_by(model.position)
        return [
            {"name": one.credited_as, "artist": str(one.artist_id), "role": one.role} for one in session.scalars(query)
        ]

    def write(session: Session, row: Any, items: list[Item]) -> None:
        kept = _still_there(session, Artist, items, "artist")
        session.execute(delete(model).where(getattr(model, owner) == row.id))
        _insert(
            session,
            model,
            [
                {
                    owner: row.id,
                    "position": place,
                    "artist_id": UUID(item["artist"]),
                    "role": item["role"],
                    "credited_as": item["name"],
                }
                for place, item in enumerate(kept, 1)
            ],
        )
        row.artist_line = artist_line(kept)

    return Part(read, write)


def _still_there(session: Session, model: Any, items: list[Item], key: str) -> list[Item]:
    """Items whose row exists: what history names may be gone."""
    wanted = [UUID(item[key]) for item in items]
    there = {str(found) for found in session.scalars(select(model.id).where(model.id.in_(wanted)))} if wanted else set()
    return [item for item in items if item[key] in there]


def _people(session: Session, items: list[Item]) -> list[Item]:
    """Items of people who are still known, each once in a role, under whom they were merged into since.

    They are held while they are written, so that nobody is merged away in between.
    """
    wanted = [UUID(item["contributor"]) for item in items]
    query = select(Contributor.id, Contributor.merged_into_id).where(Contributor.id.in_(wanted))
    query = query.with_for_update(read=True, key_share=True)
    meant = {str(row.id): str(row.merged_into_id or row.id) for row in session.execute(query)} if wanted else {}
    kept = [item | {"contributor": meant[item["contributor"]]} for item in items if item["contributor"] in meant]
    return list({(item["contributor"], item["role"]): item for item in reversed(kept)}.values())[::-1]


def _insert(session: Session, model: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(table_of(model)), rows)


def _read_titles(_session: Session, row: Any) -> list[Item]:
    return [
        {"name": said["title"], "language": language, "transliteration": said.get("transliteration", "")}
        for language, said in row.titles.items()
    ]


def _write_titles(_session: Session, row: Any, items: list[Item]) -> None:
    row.titles = {
        item["language"]: {"title": item["name"], "transliteration": item["transliteration"]} for item in items
    }


def _read_imprint(session: Session, release: Release) -> list[Item]:
    imprint = session.get_one(Imprint, release.imprint_id)
    return [{"name": imprint.name, "imprint": str(imprint.id)}]


def _write_imprint(session: Session, release: Release, items: list[Item]) -> None:
    for item in _still_there(session, Imprint, items, "imprint"):
        release.imprint_id = UUID(item["imprint"])


def _read_artwork(session: Session, release: Release) -> list[Item]:
    if release.artwork_id is None:
        return []
    name = session.scalar(select(StoredFile.name).where(StoredFile.id == release.artwork_id))
    return [{"name": name or "", "file": str(release.artwork_id), "facts": release.artwork or {}}]


def _write_artwork(session: Session, release: Release, items: list[Item]) -> None:
    """Small copies are made by a worker, unless the picture came with them."""
    kept = _still_there(session, StoredFile, items, "file")
    release.artwork_id = UUID(kept[0]["file"]) if kept else None
    release.artwork = kept[0]["facts"] if kept else None
    if kept and not kept[0]["facts"].get("thumbnails"):
        jobs.ask(session, "catalog.thumbnails", {"release": str(release.id), "file": kept[0]["file"]})


def _read_tracks(session: Session, release: Release) -> list[Item]:
    query = select(Track, Recording.title).join(Recording, Recording.id == Track.recording_id)
    rows = session.execute(query.where(Track.release_id == release.id).order_by(Track.disc, Track.number))
    return [track_item(track, title) for track, title in rows]


def track_item(track: Track, title: str) -> Item:
    """A place on a release, as history keeps it."""
    return {
        "name": title,
        "track": str(track.id),
        "recording": str(track.recording_id),
        "disc": track.disc,
        "number": track.number,
        "position": track.position,
        "title": track.title,
        "preorder_only": track.is_preorder_only,
        "instant_grat": track.is_instant_grat,
    }


def _write_tracks(session: Session, release: Release, items: list[Item]) -> None:
    """Let go of tracks that are not named, move the others, and bring in what is new; recordings stay as they are."""
    there = {str(row.id): row for row in session.scalars(select(Track).where(Track.release_id == release.id))}
    kept = _still_there(session, Recording, items, "recording")
    gone = [row.id for key, row in there.items() if key not in {item["track"] for item in kept}]
    if gone:
        session.execute(delete(Track).where(Track.id.in_(gone)))
    moved = [item for item in kept if item["track"] in there and _is_otherwise(there[item["track"]], item)]
    if moved:
        move_tracks(session, moved)
        for item in moved:
            session.expire(there[item["track"]])
    _insert(session, Track, [_as_row(release, item) for item in kept if item["track"] not in there])


def move_tracks(session: Session, items: list[Item]) -> None:
    """Give tracks that are there what their items say of their places."""
    columns = {"ids": "track", "discs": "disc", "numbers": "number", "positions": "position", "titles": "title"}
    columns |= {"preorders": "preorder_only", "instants": "instant_grat"}
    session.execute(MOVE, {name: [item[key] for item in items] for name, key in columns.items()})


def _is_otherwise(track: Track, item: Item) -> bool:
    return track_item(track, item["name"]) != item


def _as_row(release: Release, item: Item) -> dict[str, Any]:
    return {
        "id": UUID(item["track"]),
        "release_id": release.id,
        "recording_id": UUID(item["recording"]),
        "disc": item["disc"],
        "number": item["number"],
        "position": item["position"],
        "title": item["title"],
        "is_preorder_only": item["preorder_only"],
        "is_instant_grat": item["instant_grat"],
    }


def _read_credits(session: Session, recording: Recording) -> list[Item]:
    query = select(Credit, Contributor.name).join(Contributor, Contributor.id == Credit.contributor_id)
    rows = session.execute(query.where(Credit.recording_id == recording.id).order_by(Credit.position))
    return [{"name": name, "contributor": str(row.contributor_id), "role": row.role} for row, name in rows]


def _write_credits(session: Session, recording: Recording, items: list[Item]) -> None:
    kept = _people(session, items)
    session.execute(delete(Credit).where(Credit.recording_id == recording.id))
    rows = [
        {
            "recording_id": recording.id,
            "position": place,
            "contributor_id": UUID(item["contributor"]),
            "role": item["role"],
        }
        for place, item in enumerate(kept, 1)
    ]
    _insert(session, Credit, rows)


def _read_works(session: Session, recording: Recording) -> list[Item]:
    query = select(Work.id, Work.title).join(RecordingWork, RecordingWork.work_id == Work.id)
    rows = session.execute(query.where(RecordingWork.recording_id == recording.id).order_by(Work.title, Work.id))
    return [{"name": row.title, "work": str(row.id)} for row in rows]


def _write_works(session: Session, recording: Recording, items: list[Item]) -> None:
    kept = _still_there(session, Work, items, "work")
    session.execute(delete(RecordingWork).where(RecordingWork.recording_id == recording.id))
    _insert(session, RecordingWork, [{"recording_id": recording.id, "work_id": UUID(item["work"])} for item in kept])


def _read_writers(session: Session, work: Work) -> list[Item]:
    query = select(WorkWriter, Contributor.name).join(Contributor, Contributor.id == WorkWriter.contributor_id)
    rows = session.execute(query.where(WorkWriter.work_id == work.id).order_by(Contributor.name, WorkWriter.role))
    return [
        {"name": name, "contributor": str(row.contributor_id), "role": row.role, "share_ppm": row.share_ppm}
        for row, name in rows
    ]


def _write_writers(session: Session, work: Work, items: list[Item]) -> None:
    kept = _people(session, items)
    session.execute(delete(WorkWriter).where(WorkWriter.work_id == work.id))
    rows = [
        {
            "work_id": work.id,
            "contributor_id": UUID(item["contributor"]),
            "role": item["role"],
            "share_ppm": item["share_ppm"],
        }
        for item in kept
    ]
    _insert(session, WorkWriter, rows)


TITLES = Part(_read_titles, _write_titles)
PARTS: dict[str, dict[str, Part]] = {
    "release": {
        "artists": _artists_of(ReleaseArtist, "release_id"),
        "titles": TITLES,
        "imprint": Part(_read_imprint, _write_imprint),
        "artwork": Part(_read_artwork, _write_artwork),
        "tracks": Part(_read_tracks, _write_tracks),
    },
    "recording": {
        "artists": _artists_of(RecordingArtist, "recording_id"),
        "titles": TITLES,
        "credits": Part(_read_credits, _write_credits),
        "works": Part(_read_works, _write_works),
    },
    "work": {"writers": Part(_read_writers, _write_writers)},
}


def next_place(session: Session, release: Release) -> tuple[int, int]:
    """Where the next track of a release goes: behind the last of its last disc."""
    disc = session.scalar(select(func.max(Track.disc)).where(Track.release_id == release.id)) or 1
    here = (Track.release_id == release.id) & (Track.disc == disc)
    return disc, (session.scalar(select(func.max(Track.number)).where(here)) or 0) + 1
