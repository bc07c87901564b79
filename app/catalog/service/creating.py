"""Making a release by hand: a load of one."""

from __future__ import annotations

from uuid import UUID

import polars as pl
from sqlalchemy.orm import Session

from app.catalog.errors import FieldsUnusable
from app.catalog.rules.fields import KINDS, SENTENCES
from app.catalog.rules.frames import RELEASES, TRACKS, Schema, conform
from app.catalog.schemas import NewRelease
from app.catalog.service.loading import load, take_turn
from app.catalog.service.planning import plan
from app.kernel.actor import Actor
from app.kernel.commas import between_commas
from app.roster.models import Imprint

MOST_TRACKS = 500


def create_release(session: Session, actor: Actor, said: NewRelease, imprint: Imprint) -> UUID:
    """Create a release with its artists and tracks, and give back its id."""
    title = " ".join(said.title.split())
    artists = [" ".join(name.split()) for name in between_commas(said.artists)]
    titles = [line for line in (" ".join(part.split()) for part in said.tracks.splitlines()) if line][:MOST_TRACKS]
    fields: dict[str, str] = {}
    if not title:
        fields["title"] = SENTENCES["needed"]
    if not artists:
        fields["artists"] = SENTENCES["needed"]
    if said.kind not in KINDS:
        fields["kind"] = SENTENCES["choice"]
    if fields:
        raise FieldsUnusable(fields=fields)
    release = {"release": 0, "title": title, "artists": artists, "kind": said.kind, "label": imprint.name}
    tracks = [{"release": 0, "row": n, "disc": 1, "number": n, "title": text} for n, text in enumerate(titles, 1)]
    return create(session, actor, [release | _owners(imprint)], tracks)[0]


def _owners(imprint: Imprint) -> dict[str, str | None]:
    return {"p_owner": imprint.p_owner, "c_owner": imprint.c_owner}


def create(
    session: Session, actor: Actor, releases: list[dict[str, object]], tracks: list[dict[str, object]]
) -> list[UUID]:
    """Create releases and tracks that are said as `rules.frames` declares them; ids come in the order of releases."""
    take_turn(session)
    planned = plan(session, _frame(releases, RELEASES), _frame(tracks, TRACKS))
    load(session, actor, planned, batch_id=None)
    return [UUID(found) for found in planned.releases.sort("release")["release_id"].to_list()]


def _frame(rows: list[dict[str, object]], schema: Schema) -> pl.DataFrame:
    known = {name: kind for name, kind in schema.items() if any(name in row for row in rows)}
    return conform(pl.DataFrame(rows, schema=known), schema)
