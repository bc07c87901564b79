"""The shops of the demo labels: all their music, records, things to wear and carry, and who pays what where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Release, ReleaseArtist
from app.kernel import clock, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.royalties.service import rates
from app.storefront.models import Product, StockLocation, TaxRegistration, Variant
from app.storefront.rules.products import NewPart, NewProduct, NewVariant
from app.storefront.service import discounts, markets, products, stock
from app.storefront.service.discounts import NewDiscount

UNIT: Final = 1_000_000
WORTH: Final = {
    "EUR": "0.92", "USD": "1", "GBP": "0.79", "JPY": "150.2", "AED": "3.6725", "BRL": "5.42", "CAD": "1.37",
    "AUD": "1.52", "CHF": "0.88", "SEK": "10.4", "KRW": "1372", "KWD": "0.307",
}  # fmt: skip
"""What a dollar is worth."""

COUNTRIES: Final = {"EUR": "DE", "USD": "US", "AED": "AE"}
ELSEWHERE: Final = {"EUR": ("oss", "DE", None), "USD": ("state", "US", "NY")}
"""Where else a label collects tax, by its currency."""

SIZES: Final = ("S", "M", "L", "XL")
WELCOME: Final = "WELCOME10"
THINGS: Final = {90: "bundle", 200: "shirt", 201: "tote", 300: "friends"}
"""What is no release, by its place in the shop."""


@dataclass(frozen=True)
class Prices:
    """What things cost in one label's currency, in whole units."""

    album: int
    ep: int
    single: int
    vinyl: int
    cd: int
    shirt: int
    tote: int
    bundle: int
    friends: int


PRICES: Final = {
    "EUR": Prices(album=9, ep=6, single=2, vinyl=24, cd=14, shirt=25, tote=15, bundle=39, friends=5),
    "USD": Prices(album=10, ep=7, single=2, vinyl=28, cd=15, shirt=28, tote=18, bundle=45, friends=6),
    "AED": Prices(album=35, ep=25, single=7, vinyl=110, cd=55, shirt=95, tote=60, bundle=165, friends=22),
}

TEXTS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "vinyl": {
        "en": ("%s (LP)", "<p>180 g vinyl in a printed inner sleeve. Numbered, and never pressed again.</p>"),
        "de": ("%s (LP)", "<p>180-g-Vinyl in bedruckter Innenhülle. Nummeriert, keine Nachpressung.</p>"),
        "es": ("%s (LP)", "<p>Vinilo de 180 g con funda interior impresa. Numerado y sin reedición.</p>"),
        "ar": ("%s (أسطوانة)", "<p>أسطوانة 180 غرامًا بغلاف داخلي مطبوع، مرقّمة ولن يعاد طبعها.</p>"),
    },
    "cd": {
        "en": ("%s (CD)", "<p>CD in a card sleeve with a booklet.</p>"),
        "de": ("%s (CD)", "<p>CD in Kartonhülle mit Beiheft.</p>"),
        "es": ("%s (CD)", "<p>CD en funda de cartón con libreto.</p>"),
        "ar": ("%s (قرص مدمج)", "<p>قرص مدمج في غلاف كرتوني مع كتيّب.</p>"),
    },
    "shirt": {
        "en": ("%s T-shirt", "<p>Organic cotton, screen-printed by hand.</p>"),
        "de": ("%s T-Shirt", "<p>Bio-Baumwolle, von Hand bedruckt.</p>"),
        "es": ("Camiseta %s", "<p>Algodón orgánico, serigrafiada a mano.</p>"),
        "ar": ("تيشيرت %s", "<p>قطن عضوي مطبوع يدويًا.</p>"),
    },
    "tote": {
        "en": ("%s tote bag", "<p>Strong canvas, room for twenty records.</p>"),
        "de": ("%s Tragetasche", "<p>Fester Canvas, Platz für zwanzig Platten.</p>"),
        "es": ("Bolsa %s", "<p>Lona resistente, caben veinte discos.</p>"),
        "ar": ("حقيبة %s", "<p>قماش متين يتسع لعشرين أسطوانة.</p>"),
    },
    "bundle": {
        "en": ("%s: the whole evening", "<p>The record, the download and the tote bag.</p>"),
        "de": ("%s: der ganze Abend", "<p>Die Platte, der Download und die Tragetasche.</p>"),
        "es": ("%s: la noche entera", "<p>El disco, la descarga y la bolsa.</p>"),
        "ar": ("%s: الأمسية كاملة", "<p>الأسطوانة والتنزيل والحقيبة معًا.</p>"),
    },
    "friends": {
        "en": ("Friends of %s", "<p>Everything we bring out, as long as you are with us.</p>"),
        "de": ("Freundeskreis %s", "<p>Alles, was wir herausbringen, solange du dabei bist.</p>"),
        "es": ("Amigos de %s", "<p>Todo lo que publicamos, mientras estés con nosotros.</p>"),
        "ar": ("أصدقاء %s", "<p>كل ما نصدره ما دمت معنا.</p>"),
    },
}
"""Titles and descriptions of what is not just a release, by language; a title names the release or the label."""


def make_shop(tenant: Tenant) -> None:
    """Open a demo label's shop and fill it, where there is nothing in it yet."""
    with tenant_work(tenant) as session:
        if session.scalar(select(Product.id).limit(1)) is not None:
            return
        actor = Actor.system(tenant)
        markets.open_shop(session, actor, tenant, country=COUNTRIES[tenant.currency])
        _rates(session, tenant)
        _registered(session, tenant)
        _Filling(session, actor, tenant).fill()
        offer = NewDiscount(name=WELCOME, kind="percent", code=WELCOME, value=100_000, once_each=True)
        discounts.create(session, actor, offer)


def _rates(session: Session, tenant: Tenant) -> None:
    currency = tenant.currency
    today, base = clock.day_in(tenant.time_zone), Decimal(WORTH[currency])
    for code, worth in WORTH.items():
        if code != currency:
            rate = (Decimal(worth) / base).quantize(Decimal("0.000001"))
            rates.keep_rate(session, None, base=currency, quote=code, on=today, rate=rate, source="ECB")


def _registered(session: Session, tenant: Tenant) -> None:
    if tenant.currency in ELSEWHERE:
        scheme, country, region = ELSEWHERE[tenant.currency]
        row = TaxRegistration(id=ids.new_id(), scheme=scheme, country=country, region=region, number="")
        row.starts_on = clock.day_in(tenant.time_zone)
        session.add(row)


class _Filling:
    """What lies in one label's shop."""

    def __init__(self, session: Session, actor: Actor, tenant: Tenant) -> None:
        self._session, self._actor, self._tenant = session, actor, tenant
        self._prices = PRICES[tenant.currency]
        self._today = clock.day_in(tenant.time_zone)

    def fill(self) -> None:
        """Put everything on sale, and on the shelf what has a body."""
        music = self._music()
        things = [*self._records(), self._shirt(), self._tote(), self._friends()]
        made = self._made([*music, *things])
        self._shelve(made[len(music) :])
        record, bag = made[len(music)], made[-2]
        download = next(each for each in made if each.release_id == record.release_id)
        self._made([self._bundle(record, download, bag)])

    def _made(self, wishes: list[NewProduct]) -> list[Product]:
        return products.create_all(self._session, self._actor, self._tenant, wishes, is_live=True)

    def _releases(self) -> list[tuple[Release, UUID | None]]:
        """What the label brought out and will, the newest first, each with its first artist."""
        named = select(ReleaseArtist).order_by(ReleaseArtist.release_id, ReleaseArtist.position.desc())
        first = {row.release_id: row.artist_id for row in self._session.scalars(named)}
        rows = self._session.scalars(select(Release).order_by(Release.release_date.desc(), Release.id))
        return [(release, first.get(release.id)) for release in rows]

    def _music(self) -> list[NewProduct]:
        self._found = self._releases()
        wishes = []
        for position, (release, artist) in enumerate(self._found):
            price = {"album": self._prices.album, "ep": self._prices.ep}.get(release.kind, self._prices.single)
            wishes.append(
                NewProduct(
                    kind="digital", title=release.title, variants=[NewVariant(price_micros=price * UNIT)],
                    release_id=release.id, artist_id=artist, is_named_price=release.kind == "single",
                    ships_on=self._coming(release), position=position,
                )
            )  # fmt: skip
        return wishes

    def _coming(self, release: Release) -> date | None:
        """The day of a release that is not out yet."""
        day = date.fromisoformat(release.release_date) if release.release_date else None
        return day if day and day > self._today else None

    def _records(self) -> list[NewProduct]:
        """The first album as a limited LP, the next as a CD."""
        albums = [(release, artist) for release, artist in self._found if release.kind == "album"][:2]
        kinds = (("vinyl", self._prices.vinyl, 420, 300), ("cd", self._prices.cd, 95, None))
        return [
            NewProduct(
                kind="physical", **self._said(key, release.title), release_id=release.id, artist_id=artist,
                variants=[NewVariant(price_micros=price * UNIT, cost_micros=price * UNIT // 3, grams=grams)],
                ships_on=self._coming(release), most=most, position=100,
            )
            for (release, artist), (key, price, grams, most) in zip(albums, kinds, strict=False)
        ]  # fmt: skip

    def _shirt(self) -> NewProduct:
        price, cost = self._prices.shirt * UNIT, self._prices.shirt * UNIT // 4
        sizes = [NewVariant(price_micros=price, cost_micros=cost, grams=190, options={"size": each}) for each in SIZES]
        return NewProduct(kind="physical", **self._said("shirt", self._tenant.name), variants=sizes, position=200)

    def _tote(self) -> NewProduct:
        one = NewVariant(price_micros=self._prices.tote * UNIT, cost_micros=self._prices.tote * UNIT // 4, grams=160)
        return NewProduct(kind="physical", **self._said("tote", self._tenant.name), variants=[one], position=201)

    def _friends(self) -> NewProduct:
        one = NewVariant(price_micros=self._prices.friends * UNIT)
        said = self._said("friends", self._tenant.name)
        return NewProduct(kind="membership", **said, variants=[one], interval="month", position=300)

    def _bundle(self, record: Product, download: Product, bag: Product) -> NewProduct:
        held = [record.id, download.id, bag.id]
        parts = [NewPart(key) for key in self._session.scalars(select(Variant.id).where(Variant.product_id.in_(held)))]
        one = NewVariant(price_micros=self._prices.bundle * UNIT)
        said = self._said("bundle", download.title)
        return NewProduct(
            kind="bundle", **said, variants=[one], parts=parts, artist_id=download.artist_id, ships_on=record.ships_on,
            position=90,
        )  # fmt: skip

    def _said(self, key: str, name: str) -> dict[str, Any]:
        """Title and texts of a thing in the label's languages."""
        texts = {code: TEXTS[key][code] for code in self._tenant.languages if code in TEXTS[key]}
        titles = {code: title % name for code, (title, _) in texts.items()}
        usual = titles.get(self._tenant.languages[0]) or TEXTS[key]["en"][0] % name
        return {"title": usual, "titles": titles, "descriptions": {code: said for code, (_, said) in texts.items()}}

    def _shelve(self, made: list[Product]) -> None:
        """Lay things on the shelf, of the largest size only a few."""
        here = self._session.scalars(select(StockLocation.id)).one()
        bodies = [product.id for product in made if product.kind == "physical"]
        query = select(Variant.id, Variant.position).where(Variant.product_id.in_(bodies))
        counted = {key: 5 if position == len(SIZES) - 1 else 120 for key, position in self._session.execute(query)}
        stock.fill(self._session, self._actor, here, counted, "counted", low_at=4)
