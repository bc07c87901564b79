"""The library of a fan: what they bought, were given or redeemed a code for, to hear and to keep."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from app.catalog.models import Recording, Release
from app.fans.models import Fan
from app.fans.policies import fan_actor
from app.kernel import activity, clock, ids
from app.kernel.tenant import Tenant
from app.storefront.models import DownloadCode, Order, Owned, Product
from app.storefront.queries import library as queries
from app.storefront.rules.codes import typed
from app.storefront.rules.fan_refusals import DownloadCodeRefused, NotOpenYet, OwnedUnknown
from app.storefront.service import fulfilling
from app.storefront.service.fan_doors import gift_to_take
from app.streaming import service as streaming
from app.streaming.rules.contents import Format

FORMATS: Final[dict[Format, str]] = {"mp3_320": "MP3 320", "aac_256": "AAC 256", "flac": "FLAC", "wav_24": "WAV 24"}
"""In which formats something can be kept, as everybody calls them."""


class Item(NamedTuple):
    """Something owned, as pages show it; it can be heard and kept from `opens_at` on."""

    id: UUID
    release_id: UUID | None
    recording_id: UUID | None
    order_id: UUID | None
    opens_at: datetime
    granted_at: datetime
    title: str
    version_title: str | None
    artist_line: str
    artwork: dict[str, Any] | None

    @property
    def is_open(self) -> bool:
        """Whether it is out for its owner."""
        return self.opens_at <= clock.now()


class Download(NamedTuple):
    """How far a file to keep is: "none", "asked", "made" or "failed"; made, it has an address and a size in bytes."""

    state: str
    url: str = ""
    size: int = 0


def owned_by(session: Session, tenant: Tenant, fan: Fan) -> list[Item]:
    """Everything a fan owns, each thing once, the newest first: bought, given, or out while they were a member."""
    bought = _items(session, queries.is_fans_own(fan))
    found = [*bought, *_as_member(session, tenant, fan)]
    return _once(sorted(found, key=lambda item: item.granted_at, reverse=True))


def of_order(session: Session, order: Order) -> list[Item]:
    """What whoever holds an order's link may hear and keep: what was in it, less what was given to others."""
    mine = Owned.fan_id.is_(None) if order.fan_id is None else Owned.fan_id.is_(None) | (Owned.fan_id == order.fan_id)
    return _once(_items(session, Owned.order_id == order.id, Owned.gift_email.is_(None), mine))


def item_to_hear(session: Session, tenant: Tenant, fan: Fan, item_id: UUID | None) -> Item:
    """The door: one thing of a fan's own that was not taken back, as pages show it."""
    found = _items(session, Owned.id == item_id, queries.is_fans_own(fan))
    found = found or _as_member(session, tenant, fan, Release.id == item_id)
    if not found:
        raise OwnedUnknown
    return found[0]


def _as_member(session: Session, tenant: Tenant, fan: Fan, *which: ColumnElement[bool]) -> list[Item]:
    """What came out while a fan was a member."""
    today = clock.now().astimezone(ZoneInfo(tenant.time_zone)).date().isoformat()
    query = queries.members_items(fan, tenant.time_zone, today).where(*which)
    return [Item(*row) for row in session.execute(query)]


def gifts_for(session: Session, tenant: Tenant, fan: Fan) -> list[Item]:
    """What was given to a fan's confirmed address and waits to be taken, from its day on."""
    if fan.email is None or fan.confirmed_at is None:
        return []
    return [Item(*row) for row in session.execute(queries.gifts(fan, clock.day_in(tenant.time_zone).isoformat()))]


def said_of(session: Session, gifts: list[Item]) -> dict[UUID, dict[str, str]]:
    """What givers said of gifts: from whom, with which words."""
    rows = session.execute(queries.said_of([item.id for item in gifts])) if gifts else ()
    return {owned_id: gift or {} for owned_id, gift in rows}


def claim(session: Session, tenant: Tenant, fan: Fan, owned_id: UUID | None) -> Owned:
    """Take a gift; it is the fan's from now on."""
    owned = gift_to_take(session, tenant, fan, owned_id)
    owned.fan_id = fan.id
    session.flush()
    activity.record(session, fan_actor(tenant, fan), "fan.gift_taken", subject_type="owned", subject_id=owned.id)
    return owned


def redeem(session: Session, tenant: Tenant, fan: Fan, text: str) -> Owned:
    """Use a code up and own what it is worth; two at once cannot both, and its fan may come again."""
    code, now = typed(text), clock.now()
    unused = (DownloadCode.code == code) & DownloadCode.used_at.is_(None)
    taken = update(DownloadCode).where(unused).values(used_at=now, fan_id=fan.id)
    row = session.execute(taken.returning(DownloadCode.id, DownloadCode.product_id)).one_or_none()
    if row is None:
        again = select(Owned).join(DownloadCode, DownloadCode.id == Owned.code_id)
        owned = session.scalar(again.where(DownloadCode.code == code, DownloadCode.fan_id == fan.id))
        if owned is None:
            raise DownloadCodeRefused
        return owned
    owned = _granted(session, tenant, fan, session.get_one(Product, row.product_id), code_id=row.id, now=now)
    activity.record(session, fan_actor(tenant, fan), "fan.code_redeemed", subject_type="owned", subject_id=owned.id)
    return owned


def tracks(session: Session, item: Item) -> list[tuple[int, Recording]]:
    """The recordings of something owned, each with its place, in order."""
    if item.release_id is None:
        recording = session.get(Recording, item.recording_id)
        return [(1, recording)] if recording is not None else []
    from app.catalog.queries import lists  # a worker that forks must not have begun what lists bring along

    rows = session.execute(lists.tracks(item.release_id)).all()
    return [(number, recording) for number, (_, recording) in enumerate(rows, 1)]


def ask_download(session: Session, tenant: Tenant, item: Item, form: Format) -> None:
    """Have a file to keep made, where it is not there."""
    _check_open(item)
    streaming.ask_package(session, tenant, release_id=item.release_id, recording_id=item.recording_id, format=form)


def download(session: Session, tenant: Tenant, item: Item, form: Format) -> Download:
    """How far a file to keep is, and its link once it is there."""
    _check_open(item)
    package = session.scalar(queries.package(item.release_id, item.recording_id, form))
    if package is None:
        return Download("none")
    if not package.is_made:
        return Download(package.state)
    return Download("made", streaming.package_url(tenant, package), package.size or 0)


def format_named(text: str) -> Format | None:
    """The format that a form names."""
    return next((form for form in FORMATS if form == text), None)


def _check_open(item: Item) -> None:
    if not item.is_open:
        raise NotOpenYet


def _items(session: Session, *which: ColumnElement[bool]) -> list[Item]:
    return [Item(*row) for row in session.execute(queries.items(*which))]


def _once(found: Iterable[Item]) -> list[Item]:
    """The same music bought twice is in the library once, as what is open."""
    kept: dict[tuple[UUID | None, UUID | None], Item] = {}
    for item in found:
        what = (item.release_id, item.recording_id)
        if what not in kept or (item.is_open and not kept[what].is_open):
            kept[what] = item
    return list(kept.values())


def _granted(session: Session, tenant: Tenant, fan: Fan, product: Product, *, code_id: UUID, now: datetime) -> Owned:
    """What a code is worth, which opens when what was bought of it does."""
    released = session.scalar(select(Release.release_date).where(Release.id == product.release_id))
    owned = Owned(
        id=ids.new_id(),
        fan_id=fan.id,
        code_id=code_id,
        product_id=product.id,
        release_id=product.release_id,
        recording_id=None if product.release_id else product.recording_id,
        opens_at=fulfilling.opens_at(tenant, ships_on=product.ships_on, released=released, now=now),
        granted_at=now,
    )
    session.add(owned)
    session.flush()
    return owned
