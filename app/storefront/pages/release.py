"""The page of a release: what it is, what it sounds like, what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Response
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.catalog.models import Release
from app.catalog.rules.roles import ROLE_SENTENCES
from app.kernel.db import tenant_read
from app.kernel.errors import NotFound
from app.kernel.web.languages import say
from app.kernel.web.pages import told
from app.kernel.web.realm import realm_of
from app.roster.service.pictures import copy_id
from app.storefront.pages import linked, music
from app.storefront.pages.pictures import address, picture
from app.storefront.pages.routes import shop_get
from app.storefront.pages.shopper import AnyRequest, Shopper, shop_page, shopper_of
from app.storefront.queries import goods
from app.storefront.queries import music as queries
from app.storefront.rules import prose, waves
from app.storefront.rules.meta import Meta, shortened
from app.storefront.rules.slugs import digits, slug
from app.storefront.service.offers import Offer, alone, offers
from app.streaming.rules.rights import has_come

MORE = 4


@dataclass(frozen=True, slots=True)
class Found:
    """A release with what one question told of it."""

    row: Any
    slug: str

    @property
    def tracks(self) -> list[dict[str, Any]]:
        """Its tracks in order."""
        return self.row.tracks or []

    @property
    def artists(self) -> list[dict[str, Any]]:
        """Those it is by, the first of them first."""
        return self.row.artists or []


def release_named(session: Session, shopper: Shopper, name: str) -> Found:
    """The release that an address names, if its public may see it: the door of everybody who is nobody."""
    ending = digits(name)
    rows = session.execute(queries.release(ending, music.here(shopper)).limit(2)).all() if ending else []
    found = [Found(row, slug(row.Release.title, row.Release.id)) for row in rows]
    one = next((each for each in found if each.slug == name), found[0] if found else None)
    if one is None:
        raise NotFound
    return one


@shop_get("/releases/{name:str}")
def release_page(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
    """Show a release; another spelling of its address leads to the one that counts."""
    shopper = shopper_of(request)
    with tenant_read(shopper.tenant) as session:
        found = release_named(session, shopper, name)
        if found.slug != name:
            return Redirect(f"{shopper.root}/releases/{quote(found.slug)}", status_code=301)
        release = found.row.Release
        recordings = [UUID(track["id"]) for track in found.tracks]
        sold = offers(
            session, shopper.tenant, shopper.market, music.today(shopper), goods.of_release(release.id, recordings)
        )
        others = queries.cards(music.here(shopper), Release.id != release.id).order_by(*_nearest(found))
        more = music.cards(session, shopper, others.limit(MORE))
    return shop_page(
        request, "store/release.html", shopper, keep=True, **_facts(request, shopper, found, sold), more=more
    )


def _nearest(found: Found) -> tuple[Any, ...]:
    """What the same artist made comes first, then what is new."""
    first = found.artists[0]["id"] if found.artists else None
    return (queries.by_artist(first).desc(), *queries.NEWEST) if first else queries.NEWEST


def _facts(request: AnyRequest, shopper: Shopper, found: Found, sold: list[Offer]) -> dict[str, Any]:
    row, release = found.row, found.row.Release
    whole = [offer for offer in sold if offer.product.recording_id is None]
    formats = [offer for offer in whole if offer.product.release_id == release.id]
    about = next((text for offer in formats if (text := shopper.said(offer.product.descriptions))), "")
    day = music.today(shopper).isoformat()
    title, cover = music.title_of(release, shopper), picture(release.artwork)
    tracks = _tracks(shopper, found, sold)
    facts = {
        "release": release,
        "title": title,
        "is_long": len(title) > LONG,
        "imprint": row.imprint,
        "kind": music.KINDS[release.kind],
        "new_kind": music.NEW_KINDS[release.kind],
        "is_early": bool(release.release_date) and release.release_date > day,
        "by": [
            {
                "id": "" if artist["left"] else artist["id"],
                "name": artist["name"],
                "href": music.artist_href(shopper, artist["name"], artist["id"]),
                "face": address(copy_id(UUID(artist["image"]), 96, "webp")) if artist["image"] else "",
            }
            for artist in found.artists
        ],
        "cover": cover,
        "formats": sorted(formats, key=lambda offer: (not offer.is_there, offer.product.position)),
        "has_disc": any(offer.product.kind == "physical" for offer in formats),
        "about": prose.shown(about) if about else "",
        "tracks": tracks,
        "discs": max((track["disc"] for track in tracks), default=1),
        "minutes": round(sum(track["ms"] or 0 for track in found.tracks) / 60_000),
        "is_heard": any(track["heard"] for track in tracks),
        "sound": f"{shopper.root}/releases/{found.slug}/sounds",
        "credits": _credits(row.credits or []),
        "roles": ROLE_SENTENCES,
        "least": lambda offer: music.least(shopper, offer),
        "product_title": lambda product: music.product_title(shopper, product),
        "embed": f"{realm_of(request).origin}/embed/releases/{quote(found.slug)}?language={shopper.language}",
    }
    return facts | {"meta": _meta(request, shopper, found, facts, about)}


LONG = 22
"""Titles of more letters are set smaller."""


def _tracks(shopper: Shopper, found: Found, sold: list[Offer]) -> list[dict[str, Any]]:
    single = alone(sold)
    release, day = found.row.Release, music.today(shopper)
    own = release.artist_line
    may_be_heard = has_come(release.release_date, day) or has_come(release.preorder_date, day)
    return [
        track
        | {
            "place": place,
            "title": music.titled(track["title"], track["titles"], shopper),
            "artists": track["artists"] if track["artists"] != own else "",
            "length": music.lasting(track["ms"]),
            "heard": track["heard"] and may_be_heard,
            "wave": waves.path(waves.bars(track["waveform"])),
            "offer": single.get(track["id"]),
        }
        for place, track in enumerate(found.tracks, 1)
    ]


def _credits(rows: list[dict[str, str]]) -> list[tuple[str, list[str]]]:
    """Names under what they did, in the order in which they first did it."""
    grouped: dict[str, list[str]] = {}
    for row in rows:
        grouped.setdefault(row["role"], []).append(row["name"])
    return list(grouped.items())


def _meta(request: AnyRequest, shopper: Shopper, found: Found, facts: dict[str, Any], about: str) -> Meta:
    realm, release = realm_of(request), found.row.Release
    title = f"{facts['title']} · {release.artist_line}"
    usual = told(realm, "%(kind)s by %(artist)s", kind=say(facts["kind"], shopper.language), artist=release.artist_line)
    documents = linked.release(realm.origin, shopper, found, facts)
    return Meta(
        title=title,
        description=shortened(prose.plain(about)) if about else usual,
        kind="music.album",
        image=f"/og/releases/{quote(found.slug)}.png",
        oembed=True,
        facts=documents,
    )


handlers = [release_page]
