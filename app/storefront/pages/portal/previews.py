"""What is heard of a release for nothing: from where in each track, and how long."""

from __future__ import annotations

import re
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from app.catalog.policies import release_to_read
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.storefront.pages.portal.around import PREVIEWS, AnyRequest, lines, store_page, visitor_for, whole
from app.storefront.rules.portal_refusals import NumberUnusable
from app.streaming import service
from app.streaming.rules.excerpts import LONGEST_MS, SHORTEST_MS

PREVIEW: Final = f"{PREVIEWS}/{{release_id:str}}"
COLUMNS: Final = ("recording", "start", "length")
_CLOCK: Final = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,4})")


@get(PREVIEW, sync_to_thread=True)
def show(request: AnyRequest, release_id: FromPath[str]) -> Response[str]:
    """Show from where each track is heard."""
    return _shown(request, release_id)


def _shown(
    request: AnyRequest, release_id: str, refusal: Refusal | None = None, typed: dict[str, dict[str, str]] | None = None
) -> Response[str]:
    visitor, tenant = visitor_for(request)
    with tenant_read(tenant) as session:
        release = release_to_read(session, visitor, parse_uuid(release_id))
        tracks = service.excerpts_of(session, release.id)
    rows = [
        {"track": track, "start": spelled(track.start_ms), "length": str(track.length_ms // 1000)}
        | (typed or {}).get(str(track.recording_id), {})
        for track in tracks
    ]
    bounds = {"least": SHORTEST_MS // 1000, "most": LONGEST_MS // 1000}
    return store_page(
        request, "previews", f"{PREVIEWS}/{release.id}", refusal=refusal, release=release, rows=rows, minutes=spelled,
        **bounds,
    )  # fmt: skip


def spelled(milliseconds: int) -> str:
    """A place in a track as people write it: minutes and seconds."""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes}:{seconds:02d}"


@post(PREVIEW, sync_to_thread=True)
def change(request: AnyRequest, release_id: FromPath[str], data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Take other parts of these tracks as their previews; those that are as they were stay."""
    visitor, tenant = visitor_for(request, "store.edit")
    rows = lines(data, COLUMNS)
    try:
        with tenant_work(tenant) as session:
            release = release_to_read(session, visitor, parse_uuid(release_id))
            held = {track.recording_id: track for track in service.excerpts_of(session, release.id)}
            for place, row in enumerate(rows):
                track = held.get(parse_uuid(row["recording"]) or UUID(int=0))
                start, length = _start(row["start"], place), whole(row["length"], most=600, field=f"length.{place}")
                if track is None:
                    raise NumberUnusable(f"recording.{place}", row["recording"])
                if (start, length) != (track.start_ms // 1000, track.length_ms // 1000):
                    wished = {"start_ms": start * 1000, "length_ms": length * 1000}
                    service.choose_preview(session, visitor, track.recording_id, **wished)
    except Invalid as refusal:
        return _shown(request, release_id, refusal, {row["recording"]: row for row in rows})
    return flash.done(f"{PREVIEWS}/{release.id}", tenant, sentence("The previews are being made."))


def _start(text: str, place: int) -> int:
    """Minutes and seconds, or seconds alone, in seconds."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise NumberUnusable(f"start.{place}", text)
    return int(found[1] or 0) * 60 + int(found[2])


handlers = [show, change]
