"""What of a label's music the public may see: by country, by day, by what is on sale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, any_, cast, exists, func, literal, or_, select, union
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.orm import aliased

from app.catalog.models import Credit, Recording, Release, ReleaseArtist, Track
from app.kernel.collation import as_sorted
from app.roster.models import Artist, Contributor, Imprint
from app.roster.queries.search import likeness, nearly
from app.storefront.models import Product

WORLDWIDE: Final = "Worldwide"
NEWEST: Final = (func.coalesce(Release.release_date, "").desc(), Release.id.desc())
SORTS: Final[dict[str, tuple[Any, ...]]] = {
    "newest": NEWEST,
    "oldest": (func.coalesce(Release.release_date, ""), Release.id),
    "title": (as_sorted(Release.title), Release.id),
    "artist": (as_sorted(Release.artist_line), *NEWEST),
}
FORMATS: Final = {"digital": ("digital",), "physical": ("physical", "bundle")}
CARD: Final = (
    Release.id,
    Release.title,
    Release.version_title,
    Release.titles,
    Release.artist_line,
    Release.kind,
    Release.release_date,
    Release.artwork,
    Release.updated_at,
)


@dataclass(frozen=True, slots=True)
class Here:
    """Where and when somebody looks: their country (ISO 3166-1), the label's day (ISO 8601)."""

    country: str
    today: str


def shown(here: Here) -> list[ColumnElement[bool]]:
    """Releases that are for this country, and are out, or to be ordered before that."""
    on_sale = exists().where(
        Product.release_id == Release.id,
        Product.state == "live",
        or_(Product.on_sale_from.is_(None), Product.on_sale_from <= func.now()),
    )
    out = or_(_come(Release.release_date, here.today), _come(Release.preorder_date, here.today), on_sale)
    return [*for_country(here.country), out]


def for_country(country: str) -> list[ColumnElement[bool]]:
    """Releases that are for a country."""
    wanted = or_(literal(WORLDWIDE) == any_(Release.territories), literal(country) == any_(Release.territories))
    return [wanted, literal(country) != func.all(Release.excluded_territories)]


def _come(partial: Any, today: str) -> ColumnElement[bool]:
    """Whether the last day that a partial date may mean is there."""
    whole = partial.op("||")(func.substr("-12-31", func.length(partial) - 3))
    come: ColumnElement[bool] = whole <= today
    return come


def named(column: Any, digits: str) -> ColumnElement[bool]:
    """Rows whose id ends in these eight digits, by which addresses name them."""
    ends: ColumnElement[bool] = func.right(cast(column, Text), 8) == digits
    return ends


def release(digits: str, here: Here) -> Select[*tuple[Any, ...]]:
    """A release with its artists, its tracks and who did what on them, in one row."""
    return (
        select(
            Release,
            Imprint.name.label("imprint"),
            _artists().label("artists"),
            _tracks().label("tracks"),
            _credits().label("credits"),
        )
        .join(Imprint, Imprint.id == Release.imprint_id)
        .where(named(Release.id, digits), *shown(here))
    )


def _artists() -> Any:
    row = func.jsonb_build_object(
        "id",
        Artist.id,
        "left",
        Artist.status == "left",
        "name",
        ReleaseArtist.credited_as,
        "role",
        ReleaseArtist.role,
        "image",
        Artist.image_id,
    )
    return (
        select(func.jsonb_agg(aggregate_order_by(row, ReleaseArtist.position)))
        .join(Artist, Artist.id == ReleaseArtist.artist_id)
        .where(ReleaseArtist.release_id == Release.id)
        .scalar_subquery()
    )


def _tracks() -> Any:
    row = func.jsonb_build_object(
        *("id", Recording.id),
        *("track", Track.id),
        *("disc", Track.disc),
        *("number", Track.number),
        *("position", Track.position),
        *("title", func.coalesce(Track.title, Recording.title)),
        *("version", Recording.version_title),
        *("titles", Recording.titles),
        *("artists", Recording.artist_line),
        *("ms", Recording.duration_ms),
        *("explicit", Recording.parental == "explicit"),
        *("instant", Track.is_instant_grat),
        *("only", Track.is_preorder_only),
        *("lyrics", Recording.lyrics),
        *("lyrics_language", func.coalesce(Recording.lyrics_language, Recording.language)),
        *("isrc", Recording.isrc),
        *("heard", Recording.audio_id.is_not(None)),
        *("waveform", Recording.audio["waveform"].astext),
    )
    return (
        select(func.jsonb_agg(aggregate_order_by(row, Track.disc, Track.number)))
        .join(Recording, Recording.id == Track.recording_id)
        .where(Track.release_id == Release.id)
        .scalar_subquery()
    )


def _credits() -> Any:
    found = (
        select(Credit.role, Contributor.name, func.min(Credit.position).label("place"))
        .join(Contributor, Contributor.id == Credit.contributor_id)
        .join(Track, Track.recording_id == Credit.recording_id)
        .where(Track.release_id == Release.id)
        .group_by(Credit.role, Contributor.name)
        .correlate(Release)
        .lateral("done")
    )
    row = func.jsonb_build_object("role", found.c.role, "name", found.c.name)
    return (
        select(func.jsonb_agg(aggregate_order_by(row, found.c.place, found.c.name)))
        .select_from(found)
        .scalar_subquery()
    )


def cards(here: Here, *also: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Releases as they stand in rows and grids."""
    return select(*CARD).where(*shown(here), *also)


def counted(here: Here, *also: ColumnElement[bool]) -> Select[int]:
    """How many of them there are."""
    return select(func.count()).select_from(Release).where(*shown(here), *also)


def by_artist(artist_id: UUID) -> ColumnElement[bool]:
    """Releases that an artist is named on."""
    return exists().where(ReleaseArtist.release_id == Release.id, ReleaseArtist.artist_id == artist_id)


def by_artist_named(digits: str) -> ColumnElement[bool]:
    """The same, of an artist whose id ends so."""
    return exists().where(ReleaseArtist.release_id == Release.id, named(ReleaseArtist.artist_id, digits))


def sold_as(kinds: tuple[str, ...]) -> ColumnElement[bool]:
    """Releases that are on sale in some form."""
    return exists().where(Product.release_id == Release.id, Product.state == "live", Product.kind.in_(kinds))


def genres(here: Here) -> Select[str | None]:
    """The genres there is something of."""
    query = select(Release.genre).where(Release.genre.is_not(None), *shown(here))
    return query.group_by(Release.genre).order_by(func.count().desc(), Release.genre).limit(30)


def has_shown(here: Here) -> ColumnElement[bool]:
    """Artists of whom there is a release to see."""
    there = and_(ReleaseArtist.artist_id == Artist.id, ReleaseArtist.release_id == Release.id, *shown(here))
    return exists().where(there)


def artists(here: Here) -> Select[*tuple[Any, ...]]:
    """Artists that the public may know of: with music to see, or of the roster and introduced."""
    introduced = and_(Artist.status == "active", cast(Artist.biographies, Text) != "{}")
    query = select(Artist.id, Artist.name, Artist.names, Artist.sort_name, Artist.image_id, Artist.updated_at)
    return query.where(or_(has_shown(here), introduced))


def newest_covers(artist_ids: list[UUID], here: Here) -> Select[UUID, dict[str, Any]]:
    """The cover of the newest release with one of each of these artists."""
    query = select(ReleaseArtist.artist_id, Release.artwork).join(Release, Release.id == ReleaseArtist.release_id)
    query = query.where(ReleaseArtist.artist_id.in_(artist_ids), Release.artwork.is_not(None), *shown(here))
    return query.ext(distinct_on(ReleaseArtist.artist_id)).order_by(ReleaseArtist.artist_id, *NEWEST)


def counted_artists(here: Here) -> Select[int]:
    """How many there are."""
    return select(func.count()).select_from(artists(here).subquery())


def artist(digits: str, here: Here) -> Select[Artist]:
    """One of them."""
    introduced = and_(Artist.status == "active", cast(Artist.biographies, Text) != "{}")
    return select(Artist).where(named(Artist.id, digits), or_(has_shown(here), introduced)).limit(1)


def found(wanted: str, here: Here) -> Select[*tuple[Any, ...]]:
    """Releases that fit what somebody types, also by one of their tracks."""
    named = aliased(Release)  # each half has its index; an `or` of both would look at every release
    whole = select(named.id).where(nearly(named.folded, wanted))
    track = select(Track.release_id).join(Recording, Recording.id == Track.recording_id)
    fitting = union(whole, track.where(nearly(Recording.folded, wanted)))
    return cards(here, Release.id.in_(fitting)).order_by(likeness(Release.folded, wanted).desc(), *NEWEST)


def found_artists(wanted: str, here: Here) -> Select[*tuple[Any, ...]]:
    """Artists that fit."""
    return (
        artists(here).where(nearly(Artist.folded, wanted)).order_by(likeness(Artist.folded, wanted).desc(), Artist.id)
    )
