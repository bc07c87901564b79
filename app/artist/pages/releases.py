"""Releases of the visitor's artists: covers, days, readiness; and one of them with its tracks."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.artist.pages.frame import app_page
from app.artist.policies import release_to_read
from app.artist.queries import music
from app.artist.rules.dates import days_until, when
from app.artist.rules.tasks import APP
from app.catalog.models import Release
from app.catalog.pages.pictures import picture
from app.catalog.policies import may_change_release
from app.catalog.queries import lists
from app.catalog.queries.readiness import RANKS, readiness
from app.catalog.rules.fields import CHOICE_SENTENCES, shown, spelled_duration
from app.catalog.rules.roles import ROLE_SENTENCES
from app.catalog.rules.told import STATES, TONES
from app.contracts.pages.listing import today_of
from app.identity.pages import AnyRequest, visitor_of
from app.identity.policies import Visitor
from app.kernel import clock
from app.kernel.db import tenant_read
from app.kernel.ids import parse_uuid
from app.kernel.tenant import Tenant
from app.kernel.web.realm import tenant_of
from app.royalties.pages.run import page_number

RELEASES = f"{APP}/releases"
SHOWN = 60
COVER_PIXELS = 320


def shown_releases(session: Session, tenant: Tenant, visitor: Visitor, *, limit: int, skip: int = 0) -> dict[str, Any]:
    """Releases as cards show them."""
    rows = list(session.execute(music.releases(visitor, limit=limit + 1, skip=skip)).all())
    return {
        "releases": rows[:limit],
        "more_releases": len(rows) > limit,
        "covers": {row.id: picture(tenant, row.artwork, most=COVER_PIXELS) for row in rows[:limit]},
        **_words(tenant),
    }


def _words(tenant: Tenant) -> dict[str, Any]:
    today = today_of(tenant)
    return {
        "ranks": RANKS,
        "states": STATES,
        "tones": TONES,
        "choices": CHOICE_SENTENCES,
        "when": lambda said: when(said, today),
        "days_until": lambda said: days_until(said, today),
    }


@get(RELEASES, sync_to_thread=True)
def list_releases(request: AnyRequest) -> Response[str]:
    """Show the visitor's releases, what comes out last first."""
    visitor, tenant, at = visitor_of(request), tenant_of(request), page_number(request)
    with tenant_read(tenant) as session:
        found = shown_releases(session, tenant, visitor, limit=SHOWN, skip=(at - 1) * SHOWN)
    keep = not request.url.query
    return app_page(request, "artist/releases.html", visitor, keep=keep, at=at, now=clock.now(), **found)


@get(f"{RELEASES}/{{release_id:str}}", sync_to_thread=True)
def release_page(request: AnyRequest, release_id: FromPath[str]) -> Response[str]:
    """Show a release: its cover, its day, whether it is ready, its tracks."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        release = release_to_read(session, visitor, parse_uuid(release_id))
        facts = _facts(session, tenant, visitor, release)
    return app_page(request, "artist/release.html", visitor, **facts)


def _facts(session: Session, tenant: Tenant, visitor: Visitor, release: Release) -> dict[str, Any]:
    tracks = session.execute(lists.tracks(release.id)).all()
    return {
        "release": release,
        "cover": picture(tenant, release.artwork),
        "imprint": session.scalar(music.imprint(release)),
        "tracks": tracks,
        "length": spelled_duration(sum(recording.duration_ms or 0 for _, recording in tracks)),
        "shown": shown,
        "credits": session.execute(lists.credited(release.id)).all(),
        "roles": ROLE_SENTENCES,
        "readiness": readiness(session, release),
        "split": set(session.scalars(music.split_among(visitor, release.id))),
        "may_edit": may_change_release(session, visitor, release.id),
        **_words(tenant),
    }


handlers = [list_releases, release_page]
