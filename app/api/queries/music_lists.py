"""Lists of artists and of what they made."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Text, cast, func

from app.api.queries.listing import Listing, own
from app.catalog.models import Recording, Release, Track
from app.catalog.policies import may_see_recording, may_see_release
from app.roster.models import Artist, Imprint
from app.roster.policies import may_see_artist

_ARTIST = own(
    Artist, id="text", key="text", name="text", sort_name="text", kind="text", status="text", isni="text", ipi="text",
    party_id="text", leaves_on="day", created_at="moment", updated_at="moment",
)  # fmt: skip
_RELEASE = own(
    Release, id="text", title="text", version_title="text", edition="text", artist_line="text", kind="text",
    imprint_id="text", catalog_number="text", upc="text", grid="text", language="text", genre="text", subgenre="text",
    styles="list", parental="text", ai_use="text", p_year="int", p_owner="text", c_year="int", c_owner="text",
    original_release_date="text", release_date="text", preorder_date="text", territories="list",
    excluded_territories="list", format="text", country="text", created_at="moment", updated_at="moment",
)  # fmt: skip
_TRACK = own(
    Track, id="text", release_id="text", recording_id="text", disc="int", number="int", position="text",
    is_preorder_only="flag", is_instant_grat="flag", created_at="moment", updated_at="moment",
)  # fmt: skip
_RECORDING = own(
    Recording, id="text", isrc="text", title="text", version_title="text", artist_line="text", duration_ms="int",
    language="text", lyrics_language="text", is_instrumental="flag", parental="text", ai_use="text", genre="text",
    p_year="int", p_owner="text", created_at="moment", updated_at="moment",
)  # fmt: skip

MUSIC: Final[dict[str, Listing]] = {
    "artists": Listing(
        "catalog.view",
        Artist,
        (Artist.id,),
        _ARTIST | {"store_ids": (cast(Artist.store_ids, Text), "text"), "links": (Artist.links, "list")},
        visible=may_see_artist,
        since=Artist.updated_at,
    ),
    "releases": Listing(
        "catalog.view",
        Release,
        (Release.id,),
        _RELEASE | {"imprint": (Imprint.name, "text")},
        join=lambda query: query.join(Imprint, Imprint.id == Release.imprint_id),
        visible=may_see_release,
        since=Release.updated_at,
        of={"imprint_id": Release.imprint_id},
    ),
    "tracks": Listing(
        "catalog.view",
        Track,
        (Track.id,),
        _TRACK
        | {
            "title": (func.coalesce(Track.title, Recording.title), "text"),
            "isrc": (Recording.isrc, "text"),
            "upc": (Release.upc, "text"),
        },
        join=lambda query: query.join(Recording, Recording.id == Track.recording_id).join(
            Release, Release.id == Track.release_id
        ),
        visible=may_see_release,
        since=Track.updated_at,
        of={"release_id": Track.release_id},
    ),
    "recordings": Listing(
        "catalog.view",
        Recording,
        (Recording.id,),
        _RECORDING,
        visible=may_see_recording,
        since=Recording.updated_at,
    ),
}
