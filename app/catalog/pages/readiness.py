"""Whether a release is ready, and what is put right in one click: of one release, of those chosen, or of all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.errors import TrackUnknown
from app.catalog.models import Release, Track
from app.catalog.pages.releases import LISTING, RELEASES
from app.catalog.policies import may_change_release, release_to_change, release_to_read, releases_to_change
from app.catalog.queries import lists
from app.catalog.queries.readiness import readiness
from app.catalog.rules import told
from app.catalog.schemas import ChosenReleases, Fix
from app.catalog.service import fixing
from app.identity.pages import visitor_of
from app.identity.policies import Visitor, require_somewhere
from app.kernel import jobs
from app.kernel.activity.changes import first_change
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of

RELEASE = f"{RELEASES}/{{release_id:str}}"


def shown(session: Session, visitor: Visitor, release: Release) -> dict[str, Any]:
    """What `catalog/_readiness.html` shows of a release."""
    found = readiness(session, release)
    may_fix = found.state != "checking" and may_change_release(session, visitor, release.id)
    return {"readiness": found, "may_fix": may_fix, "seen": fixing.seen, "states": told.STATES, "tones": told.TONES}


@get(f"{RELEASE}/readiness", sync_to_thread=True)
def readiness_part(request: Request[Any, Any, Any], release_id: FromPath[str]) -> Response[str]:
    """Show how ready a release is, as a piece of its page."""
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        release = release_to_read(session, visitor, parse_uuid(release_id))
        facts = shown(session, visitor, release)
    return page("catalog/readiness.html", realm_of(request), here=RELEASES, release=release, **facts)


@post(f"{RELEASE}/fixes", sync_to_thread=True)
def fix_release(request: Request[Any, Any, Any], release_id: FromPath[str], data: URLEncodedBody[Fix]) -> Redirect:
    """Put right one finding of a release, or all that are safe, if rules still say what was shown."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        release = release_to_change(session, visitor, parse_uuid(release_id))
        only = fixing.Spot(data.rule, _track(session, release, data.track)) if data.rule else None
        fixing.fix(session, visitor.actor, tenant, [release.id], only=only, shown=data.match)
        recordings = session.scalars(select(Track.recording_id).where(Track.release_id == release.id))
        undo = first_change(session, [release.id, *recordings])
    address = f"{RELEASES}/{release.id}"
    back = f"{address}/restorations/{undo}" if undo else None
    return flash.done(address, tenant, sentence("What is safe was put right."), undo=back)


def _track(session: Session, release: Release, text: str) -> UUID | None:
    if not text:
        return None
    found = session.scalar(select(Track.id).where(Track.id == parse_uuid(text), Track.release_id == release.id))
    if found is None:
        raise TrackUnknown
    return found


@post(f"{RELEASES}/fixes", sync_to_thread=True)
def fix_releases(request: Request[Any, Any, Any], data: URLEncodedBody[ChosenReleases]) -> Redirect:
    """Put right what is safe of the chosen releases now, or of all of a filter in the background."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_somewhere(visitor, "catalog.edit")
    chosen = [parse_uuid(text) for text in ([data.id] if isinstance(data.id, str) else data.id)]
    asked = LISTING.asked(data.query)
    with tenant_work(tenant) as session:
        if data.all:
            _ask(session, visitor, [row.id for row in session.execute(lists.fixable(visitor, asked))])
        else:
            fixing.fix(session, visitor.actor, tenant, releases_to_change(session, visitor, chosen))
    done = sentence("This is being worked on. The list shows the result.") if data.all else FIXED
    return flash.done(f"{RELEASES}?{asked.query}", tenant, done)


FIXED = sentence("What is safe was put right.")
AT_ONCE = 500


def _ask(session: Session, visitor: Visitor, wanted: list[UUID]) -> None:
    """Ask for the work in portions, in the name of whoever asked."""
    actor = visitor.actor
    who = {"kind": actor.kind, "id": actor.id, "name": actor.name, "on_behalf_of": actor.on_behalf_of}
    for start in range(0, len(wanted), AT_ONCE):
        portion = wanted[start : start + AT_ONCE]
        jobs.ask(session, "catalog.fix", msgspec.to_builtins({"releases": portion, "actor": who}))


handlers = [readiness_part, fix_release, fix_releases]
