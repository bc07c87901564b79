"""How music is told on pages: titles in the reader's language, addresses, covers, lengths."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.numbers import get_decimal_symbol
from sqlalchemy import Executable, select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.files import StoredFile
from app.kernel.money import exponent, from_micros
from app.kernel.sentences import sentence
from app.storefront.pages.pictures import copies_of, picture, portrait
from app.storefront.pages.shopper import Shopper
from app.storefront.queries.music import Here, newest_covers
from app.storefront.rules import ways
from app.storefront.rules.slugs import slug
from app.storefront.service.offers import Offer

KINDS = {
    "album": sentence("Album"), "ep": sentence("EP"), "single": sentence("Single"),
    "compilation": sentence("Compilation"), "dj_mix": sentence("DJ mix"),
}  # fmt: skip
NEW_KINDS = {
    "album": sentence("New album"), "ep": sentence("New EP"), "single": sentence("New single"),
    "compilation": sentence("New compilation"), "dj_mix": sentence("New DJ mix"),
}  # fmt: skip


def today(shopper: Shopper) -> date:
    """The label's day."""
    return clock.now().astimezone(ZoneInfo(shopper.tenant.time_zone)).date()


def here(shopper: Shopper) -> Here:
    """Where and when the visitor looks."""
    return Here(shopper.country, today(shopper).isoformat())


def title_of(row: Any, shopper: Shopper) -> str:
    """A release's or recording's title in the reader's language, as the label wrote it."""
    return titled(row.title, row.titles, shopper)


def titled(title: str, titles: dict[str, Any], shopper: Shopper) -> str:
    """A title, in the reader's language where the label has one."""
    texts: dict[str, str] = {language: said.get("title", "") for language, said in (titles or {}).items()}
    return ways.named(title, texts, shopper.language)


def release_href(shopper: Shopper, row: Any) -> str:
    """Where a release is shown; its own title names it in every language."""
    return f"{shopper.root}/releases/{slug(row.title, row.id)}"


def artist_href(shopper: Shopper, name: str, artist_id: Any) -> str:
    """Where an artist is shown."""
    return f"{shopper.root}/artists/{slug(name, artist_id)}"


def name_of(row: Any, shopper: Shopper) -> str:
    """An artist's name as it is written in the reader's language."""
    return ways.named(row.name, row.names or {}, shopper.language)


def card(shopper: Shopper, row: Any, day: date) -> dict[str, Any]:
    """A release in a grid."""
    return {
        "href": release_href(shopper, row),
        "title": title_of(row, shopper),
        "version": row.version_title,
        "by": row.artist_line,
        "kind": row.kind,
        "date": row.release_date,
        "is_early": bool(row.release_date) and row.release_date > day.isoformat(),
        "cover": picture(row.artwork, most=640),
    }


def cards(session: Session, shopper: Shopper, query: Executable) -> list[dict[str, Any]]:
    """Releases of a query in a grid."""
    day = today(shopper)
    return [card(shopper, row, day) for row in session.execute(query).all()]


def people(session: Session, shopper: Shopper, query: Executable) -> list[dict[str, Any]]:
    """Artists of a query in a grid, with their pictures, else their newest covers; three statements for all."""
    rows = session.execute(query).all()
    images = copies_of([row.image_id for row in rows if row.image_id])
    there = pictures_there(session, images)
    faceless = [row.id for row in rows if portrait(row.image_id, there) is None]
    found = session.execute(newest_covers(faceless, here(shopper))).all() if faceless else []
    covers = {row.artist_id: row.artwork for row in found}
    return [
        {
            "href": artist_href(shopper, row.name, row.id),
            "name": name_of(row, shopper),
            "image": portrait(row.image_id, there) or picture(covers.get(row.id), most=640),
            "is_cover": row.id in covers,
        }
        for row in rows
    ]


def pictures_there(session: Session, images: list[UUID]) -> set[UUID]:
    """Which of these files can be shown."""
    if not images:
        return set()
    query = select(StoredFile.id).where(StoredFile.id.in_(images), StoredFile.removed_at.is_(None))
    return set(session.scalars(query))


def lasting(ms: int | None) -> str:
    """A length as minutes and seconds."""
    if not ms:
        return ""
    minutes, seconds = divmod(round(ms / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def as_iso(ms: int | None) -> str:
    """A length as ISO 8601 writes durations."""
    minutes, seconds = divmod(round((ms or 0) / 1000), 60)
    return f"PT{minutes}M{seconds}S"


def product_title(shopper: Shopper, product: Any) -> str:
    """What a product is called in the reader's language."""
    return ways.named(product.title, product.titles, shopper.language)


def least(shopper: Shopper, offer: Offer) -> str:
    """The least that may be named, as a field holds it and the reader writes it, in digits that the basket reads."""
    written = f"{from_micros(offer.micros):.{exponent(offer.currency)}f}"
    mark = get_decimal_symbol(shopper.language.replace("-", "_"))
    return written.replace(".", mark) if mark == "," else written
