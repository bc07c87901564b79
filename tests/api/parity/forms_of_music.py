"""Forms about artists, releases, recordings and works: what is called otherwise there than in the operations."""

from collections.abc import Mapping

from tests.api.parity.forms import BODY, MATCH, Alone, Said

SHARED: Said = {"match": Alone.NEW}
CHOSEN: Said = {"id": "ids"}
PICTURE: Said = {"file": BODY}
STORES = ("amazon", "apple", "deezer", "discogs", "musicbrainz", "spotify", "tidal", "youtube")
GRANT: Said = {"until": "expires_at"}
TITLES: Said = {
    "title_text": "titles.title", "title_latin": "titles.transliteration", "title_language": "titles",
    "title_script": "titles",
}  # fmt: skip
CREDITED: Said = {
    "artist": "artists.artist_id", "artist_name": "artists.name", "artist_role": "artists.role",
    "artist_as": "artists.credited_as",
}  # fmt: skip
EDITOR: Said = {"match": MATCH, "parts": Alone.PARTS}

TABLES: Mapping[str, Said] = {
    "/artist/team/{}/grants": GRANT,
    "/portal/artists/{}/grants": GRANT,
    "/portal/artists/export": {**CHOSEN, "status": Alone.NEIGHBOUR},
    "/portal/artists/imprints": SHARED,
    "/portal/artists/status": {"id": "artist_id"},
    "/portal/artists/{}": {f"at_{store}": "store_ids" for store in STORES} | {"match": MATCH},
    "/portal/artists/{}/page": {"language": "biographies", "text": "biographies", "match": MATCH},
    "/portal/artists/{}/image": PICTURE,
    "/portal/artists/{}/status": {"match": MATCH},
    "/portal/artists/imprints/{}": {"match": MATCH},
    "/portal/parties": SHARED,
    "/portal/parties/{}": {"match": MATCH},
    "/portal/releases/{}": {
        **EDITOR, **TITLES, **CREDITED, "instant": "track_ids", "credit_role": Alone.NEIGHBOUR,
    },
    "/portal/releases/fixes": {"id": "release_id", "all": Alone.MANY, "query": Alone.MANY},
    "/portal/releases/{}/fixes": {"match": "seen"},
    "/portal/releases/{}/artwork": PICTURE,
    "/portal/releases/{}/order": {"track": "tracks.track_id", "disc": "tracks.disc", "match": MATCH},
    "/portal/releases/{}/places": {"disc": "on_new_disc"},
    "/portal/releases/{}/recordings/{}/title": {"value": "title", "match": MATCH},
    "/portal/releases/{}/tracks": {"rows": "recording"},
    "/portal/tracks/grid": {"rows": "recording"},
    "/portal/tracks/export": {**CHOSEN, "as": "format"},
    "/portal/recordings/{}": {
        **EDITOR, **TITLES, **CREDITED, "credit": "credits.contributor_id", "credit_name": "credits.name",
        "credit_role": "credits.role", "work": "work_ids", "work_title": Alone.NAMED,
    },
    "/portal/works/{}": {
        **EDITOR, "writer": "writers.contributor_id", "writer_name": "writers.name", "writer_role": "writers.role",
        "writer_share": "writers.share_ppm", "credit_role": Alone.NEIGHBOUR,
    },
    "/portal/uploads": {"manifest": BODY},
    "/portal/uploads/{}/columns": {"*": "columns"},
    "/portal/uploads/{}/corrections": {"field": "cells.field", "row": "cells.row", "value": "cells.value"},
    "/portal/uploads/{}/workbook": {"workbook": BODY},
    "/portal/uploads/{}/announcements": {"files": "Upload-Metadata, Upload-Length"},
}  # fmt: skip
