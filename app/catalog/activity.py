"""What the catalogue records, in words."""

from __future__ import annotations

from app.catalog.models import Recording, Release
from app.catalog.policies import may_see_recording, may_see_release
from app.kernel.activity.meanings import WayBack, tell
from app.kernel.activity.subjects import is_about
from app.kernel.sentences import sentence

is_about("release", Release.id, may_see_release, href="/portal/releases/{}", name=Release.title)
is_about("recording", Recording.id, may_see_recording, href="/portal/recordings/{}", name=Recording.title)

tell("release.created", sentence("A release was created"), hears="catalog.edit")
tell("release.changed", sentence("A release was changed"))
tell("release.taken_back", sentence("A release was taken back"), hears="catalog.edit")
tell("recording.changed", sentence("A recording was changed"))
tell("recording.created", sentence("A recording was created"))
tell("work.changed", sentence("A work was changed"))
tell("work.created", sentence("A work was created"))
tell("code.issued", sentence("Codes were issued"))
tell("catalog.exported", sentence("Releases were exported"))
tell("catalog.tracks_exported", sentence("Tracks were exported"))
tell("contributor.changed", sentence("A contributor was changed"))
tell(
    "contributor.merged",
    sentence("Two contributors were merged"),
    hears="catalog.edit",
    back=lambda row: WayBack(f"/portal/contributors/{row.subject_id}/merger/removal"),
)
tell("contributor.parted", sentence("A merger of two contributors was taken back"), hears="catalog.edit")
