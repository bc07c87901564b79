"""The label's brand: versions of its look, drafted, checked, published, and brought back."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Resource, Section, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.numbered import Query, asked
from app.api.rest.conventions.schemas import Count, Id, Moment, Name, Text
from app.brand import policies, queries, service
from app.brand.models import ThemeVersion
from app.brand.service import themes
from app.brand.service.live import PREVIEW_LIFE
from app.identity.policies import Visitor
from app.kernel import clock
from app.kernel.ids import parse_uuid
from themes.engine import changes
from themes.engine.inputs import PARTS

SECTION = Section("Brand", "Versions of the label's look. What is published shows everywhere at once.")


OFFERED: Final = "By group: " + "; ".join(
    f"`{group}` has {', '.join(f'`{each.name}`' for each in msgspec.structs.fields(kind))}"
    for group, kind in PARTS.items()
)
"""What may be said of a look, as the document tells it."""


class ThemeView(View):
    """A version of the look: what its author said, and where it stands."""

    id: Id
    number: Count
    parent: int | None
    preset: str
    state: Literal["draft", "live", "retired"]
    inputs: dict[str, Any]
    note: str
    author_id: Id | None
    created_at: Moment
    publish_at: Moment | None
    published_at: Moment | None


class FindingView(View):
    """Something that holds, or stands in the way of publishing."""

    blocks: bool
    facts: dict[str, Any]


class Findings(View):
    """What holds of a draft and what does not."""

    is_ready: bool
    items: list[FindingView]


class NewDraft(Body, frozen=True):
    """Where a draft starts: a preset, an earlier version, or what is live."""

    preset: Name | None = None
    version_id: Id | None = None


class DraftChange(Body, frozen=True):
    """Inputs of a draft, group by group; what is not named stays as it is."""

    inputs: Annotated[dict[str, dict[str, Any]], Meta(description=OFFERED, examples=[{"shape": {"radius": 8}}])]
    note: Text | None = None


class InputChangeView(View):
    """An input that differs, with what it was and what it is; null where there is none."""

    field: Annotated[str, Meta(examples=["shape.radius"])]
    old: Any
    new: Any


class Difference(View):
    """Every input in which a version differs from another; from the usual look where nothing is live."""

    version_id: Id
    other_id: Id | None
    items: list[InputChangeView]


class ThemeSchedule(Body, frozen=True):
    """The moment at which a draft is published: one to come, within a year."""

    at: Moment


class PreviewLinkView(View):
    """An address under which the team sees every page in this look until it ends."""

    url: Annotated[str, Meta(examples=["https://label.example/portal/settings/brand/previews/…"])]
    expires_at: Moment


def _seen(visitor: Visitor) -> ColumnElement[bool]:
    policies.check_may_view(visitor)
    return true()


THEMES = Resource(
    name="themes",
    view=ThemeView,
    model=ThemeVersion,
    visible=_seen,
    filters={"state": by.choice(ThemeVersion.state, ("draft", "live", "retired"), "Versions that stand here.")},
    sorts={"number": ThemeVersion.number},
    hidden=frozenset({"inputs"}),
    version="sha256",
)


OTHER: Final[Query] = {
    "other_id": {"type": "string", "format": "uuid", "maxLength": 36, "description": "The version to compare with."}
}
PREVIEWS: Final = "/portal/settings/brand/previews"


def _version(call: Call, session: Session, *, edits: bool = False) -> ThemeVersion:
    (policies.check_may_edit if edits else policies.check_may_view)(call.visitor)
    return policies.version_to_read(session, call.id("version_id"))


@SECTION.listing("/themes", THEMES, scope="brand:read")
def list_themes(call: Call, session: Session) -> Answer:
    """List versions of the look."""
    return THEMES.page(call, session)


@SECTION.get("/themes/{version_id}", scope="brand:read", resource=THEMES)
def read_theme(call: Call, session: Session) -> Answer:
    """Read a version of the look."""
    return THEMES.one(call, session, _version(call, session).id)


@SECTION.get("/themes/{version_id}/findings", scope="brand:read", gives=Findings)
def check_theme(call: Call, session: Session) -> Answer:
    """Check a draft. What holds, and what stands in the way of publishing it."""
    asked(call, {})
    version = _version(call, session)
    found = themes.check_draft(session, call.tenant, version)
    items = [{"blocks": each.blocks, "facts": msgspec.to_builtins(each)} for each in found]
    return Answer({"is_ready": version.state == "draft" and not any(each.blocks for each in found), "items": items})


@SECTION.post("/themes", scope="brand:write", takes=NewDraft, resource=THEMES)
def begin_theme(call: Call, session: Session, body: NewDraft) -> Answer:
    """Begin a draft. Nobody sees it until it is published."""
    policies.check_may_edit(call.visitor)
    made = themes.start_draft(session, call.actor, preset=body.preset, base=body.version_id)
    session.flush()
    return THEMES.one(call, session, made.id, status=201, at=f"/api/v1/themes/{made.id}")


@SECTION.put("/themes/{version_id}/inputs", scope="brand:write", takes=DraftChange, resource=THEMES, matches=True)
def change_theme(call: Call, session: Session, body: DraftChange) -> Answer:
    """Change a draft."""
    version = _version(call, session, edits=True)
    THEMES.require_unchanged(call, version)
    themes.change_draft(session, call.actor, version.id, body.inputs, note=body.note)
    session.flush()
    return THEMES.one(call, session, version.id)


@SECTION.delete("/themes/{version_id}", scope="brand:write")
def discard_theme(call: Call, session: Session) -> Answer:
    """Throw a draft away."""
    themes.discard_draft(session, call.actor, _version(call, session, edits=True).id)
    return Answer()


@SECTION.put("/themes/{version_id}/publication", scope="brand:write", resource=THEMES)
def publish_theme(call: Call, session: Session) -> Answer:
    """Publish a draft. After every check; what was live is retired in the same moment."""
    version = _version(call, session, edits=True)
    themes.publish(session, call.actor, call.tenant, version.id)
    session.flush()
    return THEMES.one(call, session, version.id)


@SECTION.put("/themes/{version_id}/restoration", scope="brand:write", resource=THEMES)
def restore_theme(call: Call, session: Session) -> Answer:
    """Go back to an earlier version of the look."""
    version = _version(call, session, edits=True)
    themes.roll_back(session, call.actor, call.tenant, version.id)
    session.flush()
    return THEMES.one(call, session, version.id)


@SECTION.get("/themes/{version_id}/difference", scope="brand:read", gives=Difference, query=OTHER)
def compare_themes(call: Call, session: Session) -> Answer:
    """Compare versions of the look. With another one, else with what is live."""
    said = asked(call, OTHER)
    version = _version(call, session)
    other = session.scalar(queries.live())
    if "other_id" in said:
        other = policies.version_to_read(session, parse_uuid(said["other_id"]))
    items = [each._asdict() for each in changes(service.said_in(other), version.said)]
    return Answer({"version_id": version.id, "other_id": other.id if other else None, "items": items})


@SECTION.put("/themes/{version_id}/schedule", scope="brand:write", takes=ThemeSchedule, resource=THEMES, matches=True)
def schedule_theme(call: Call, session: Session, body: ThemeSchedule) -> Answer:
    """Publish a draft at a time. It must pass every check now as well, and waits unchanged."""
    version = _version(call, session, edits=True)
    THEMES.require_unchanged(call, version)
    service.schedule(session, call.actor, call.tenant, version.id, body.at)
    return THEMES.one(call, session, version.id)


@SECTION.delete("/themes/{version_id}/schedule", scope="brand:write", resource=THEMES)
def unschedule_theme(call: Call, session: Session) -> Answer:
    """Let a draft wait no longer. It can be changed again."""
    version = _version(call, session, edits=True)
    service.unschedule(session, call.actor, version.id)
    return THEMES.one(call, session, version.id)


@SECTION.post("/themes/{version_id}/preview-links", scope="brand:write", gives=PreviewLinkView)
def link_theme_preview(call: Call, session: Session) -> Answer:
    """Make a preview link. For a day; whoever opens it must be signed in to the portal."""
    version = _version(call, session, edits=True)
    ends = clock.now() + PREVIEW_LIFE
    url = f"{call.realm.origin}{PREVIEWS}/{service.preview_link_token(call.tenant, version)}"
    return Answer({"url": url, "expires_at": ends}, 201)
