"""Whether a release is ready: what rules found, putting right what is safe, artwork, codes, and taking back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.errors import ArtworkUnset
from app.api.rest.catalog_parts import Restoration
from app.api.rest.conventions import Answer, Body, Call, Section, View
from app.api.rest.conventions.schemas import Count, Id
from app.api.rest.links import LinkView, link_to
from app.api.rest.releases import RELEASES
from app.catalog.errors import ArtworkMissing, TrackUnknown
from app.catalog.models import Track
from app.catalog.policies import release_to_change, release_to_edit, release_to_read
from app.catalog.queries.readiness import readiness
from app.catalog.rules.registry import RULES
from app.catalog.service import artwork, editing, fixing
from app.catalog.service.issuing import issue_missing
from app.kernel import clock
from app.kernel.db import tenant_read, tenant_work
from app.kernel.web.languages import say

SECTION = Section("Readiness", "What stands between a release and the shops, and how it is put right.")
PICTURES = ("image/jpeg", "image/png", "image/webp", "image/tiff")


class FindingView(View):
    """What a rule says about one place of a release; `suggestion` is what it would say instead."""

    rule: Annotated[str, Meta(examples=["title.case"])]
    severity: Literal["block", "warn", "info"]
    message: str
    track_id: Id | None
    field: str
    value: str | None
    suggestion: str | None
    is_safe: bool


class ReadinessView(View):
    """How ready a release is. `seen` names exactly these findings: a fix that is sent it fixes nothing else."""

    state: Literal["checking", "blocked", "warned", "ready"]
    findings: list[FindingView]
    seen: Annotated[str, Meta(examples=["9f86d081884c7d65"])]


class Fix(Body, frozen=True):
    """Which finding is put right, by its rule and track; all that are safe where none is named."""

    rule: Annotated[str, Meta(max_length=200)] | None = None
    track_id: Id | None = None
    seen: Annotated[str, Meta(max_length=200)] | None = None


class Fixed(View):
    """How many fields got another value."""

    changed: Count


class Issued(View):
    """How many codes were issued."""

    issued: Count


@SECTION.get("/releases/{release_id}/readiness", scope="catalog:read", gives=ReadinessView)
def read_readiness(call: Call, session: Session) -> Answer:
    """Read how ready a release is. Right after a change rules still look: `checking`."""
    release = release_to_read(session, call.visitor, call.id("release_id"))
    found = readiness(session, release)
    language = call.realm.language
    shown = [
        {
            "rule": row.rule,
            "severity": row.severity,
            "message": say(RULES[row.rule].sentence, language) if row.rule in RULES else row.rule,
            "track_id": row.track_id,
            "field": row.field,
            "value": row.value,
            "suggestion": row.suggestion,
            "is_safe": row.is_safe,
        }
        for row in found.rows
    ]
    return Answer({"state": found.state, "findings": shown, "seen": fixing.seen(found.safe)})


@SECTION.post("/releases/{release_id}/fixes", scope="catalog:write", takes=Fix, gives=Fixed, status=200, also=(412,))
def fix_release(call: Call, session: Session, body: Fix) -> Answer:
    """Put right what is safe. One finding, or all that need nobody's look."""
    release = release_to_change(session, call.visitor, call.id("release_id"))
    if body.track_id is not None:
        on = select(Track.id).where(Track.id == body.track_id, Track.release_id == release.id)
        if session.scalar(on) is None:
            raise TrackUnknown
    only = fixing.Spot(body.rule, body.track_id) if body.rule else None
    changed = fixing.fix(session, call.actor, call.tenant, [release.id], only=only, shown=body.seen or "")
    return Answer({"changed": changed})


@SECTION.post("/releases/{release_id}/codes", scope="catalog:write", gives=Issued, status=200)
def issue_codes(call: Call, session: Session) -> Answer:
    """Issue missing codes. A UPC for the release and an ISRC for each of its recordings that has none."""
    release = release_to_change(session, call.visitor, call.id("release_id"))
    return Answer({"issued": issue_missing(session, call.actor, release, year=clock.now().year)})


@SECTION.get("/releases/{release_id}/artwork", scope="catalog:read", gives=LinkView)
def read_artwork(call: Call, session: Session) -> Answer:
    """Read a link to the artwork of a release."""
    release = release_to_read(session, call.visitor, call.id("release_id"))
    if release.artwork_id is None:
        raise ArtworkUnset
    return Answer(link_to(call, release.artwork_id))


@SECTION.upload("/releases/{release_id}/artwork", scope="catalog:write", raw=PICTURES, resource=RELEASES)
def set_artwork(call: Call, body: bytes) -> Answer:
    """Set the artwork of a release. The picture as it is, up to 32 MB; refused with what is wrong with it."""
    known = call.id("release_id")
    with tenant_read(call.tenant) as session:
        release_to_edit(session, call.visitor, known)
    if not body:
        raise ArtworkMissing
    kind = call.request.headers.get("content-type", "").partition("/")[2].partition(";")[0]
    item = artwork.taken(call.actor, [body], name=f"artwork.{kind}")
    return _set(call, item)


@SECTION.delete("/releases/{release_id}/artwork", scope="catalog:write")
def remove_artwork(call: Call, session: Session) -> Answer:
    """Remove the artwork of a release."""
    release = release_to_change(session, call.visitor, call.id("release_id"))
    artwork.set_artwork(session, call.actor, release, None)
    return Answer()


def _set(call: Call, item: dict[str, Any]) -> Answer:
    with tenant_work(call.tenant) as session:
        release = release_to_change(session, call.visitor, call.id("release_id"))
        artwork.set_artwork(session, call.actor, release, item)
        session.flush()
        return RELEASES.one(call, session, release.id)


@SECTION.post(
    "/releases/{release_id}/restorations", scope="catalog:write", takes=Restoration, resource=RELEASES, status=200
)
def restore_release(call: Call, session: Session, body: Restoration) -> Answer:
    """Take a change of a release back. One field of it, or everything of it and its recordings since."""
    release = release_to_change(session, call.visitor, call.id("release_id"))
    rows = editing.rows_of(session, release)
    editing.restore(session, call.actor, rows, body.activity_id, field=body.field or "")
    session.flush()
    return RELEASES.one(call, session, release.id)
