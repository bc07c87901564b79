"""Sales of the demo labels: two half-years that payees were told of, and the one that runs."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Recording
from app.catalog.service.editing import set_values
from app.identity.models import Member
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.royalties.models import RoyaltyPeriod, RoyaltyRun
from app.royalties.service import importing, rates, running

MOST_RECORDINGS: Final = 10
STORES: Final = (("Spotify", "stream", "DE"), ("Apple Music", "stream", "US"), ("Deezer", "stream", "FR"),
                 ("Spotify", "stream", "JP"), ("Bandcamp", "download", "GB"), ("Kontor", "physical", "DE"))  # fmt: skip
HEADS: Final = (
    "Store", "ISRC", "UPC", "Title", "Artist", "Channel", "Territory", "Currency", "Quantity", "Net", "Sold from",
    "Sold until",
)  # fmt: skip
FOREIGN: Final = {"Apple Music": "USD", "Bandcamp": "GBP"}
RATES: Final = {
    "EUR": {"USD": Decimal("0.92"), "GBP": Decimal("1.17")},
    "USD": {"GBP": Decimal("1.27")},
    "AED": {"USD": Decimal("3.6725"), "GBP": Decimal("4.66")},
}
WORTH: Final = {"stream": Decimal("0.003127"), "download": Decimal("6.35"), "physical": Decimal("9.10")}
MONTHS: Final = 6


def make_sales(tenant: Tenant, currency: str) -> None:
    """Bring sales in and tell payees of them, where there are no periods yet."""
    with tenant_work(tenant) as session:
        if session.scalar(select(RoyaltyPeriod.id).limit(1)) is not None:
            return
        actor, today = Actor.system(tenant), clock.day_in(tenant.time_zone)
        sold = _recordings(session, actor)
        now = date(today.year, 1 if today.month <= MONTHS else MONTHS + 1, 1)
        last = _earlier(now)
        for starts_on in (_earlier(last), last):
            _report(session, tenant, sold, starts_on, currency)
        for code, rate in RATES[currency].items():
            rates.keep_rate(session, None, base=code, quote=currency, on=_earlier(last), rate=rate, source="ECB")
    for starts_on in (_earlier(last), last):
        _tell(tenant, starts_on)
    with tenant_work(tenant) as session:
        running.open_period(session, Actor.system(tenant), starts_on=now, ends_on=_end(now))


def _earlier(starts_on: date) -> date:
    """The first day of the half-year before."""
    return date(starts_on.year, 1, 1) if starts_on.month > MONTHS else date(starts_on.year - 1, MONTHS + 1, 1)


def _end(starts_on: date) -> date:
    """The last day of a half-year."""
    return date(starts_on.year, 6, 30) if starts_on.month <= MONTHS else date(starts_on.year, 12, 31)


def _recordings(session: Session, actor: Actor) -> list[Recording]:
    """Recordings that sell, each with an ISRC."""
    found = list(session.scalars(select(Recording).order_by(Recording.id).limit(MOST_RECORDINGS)))
    for number, recording in enumerate(found, 1):
        if recording.isrc is None:
            set_values(session, actor, recording, {"isrc": f"DEBLH{clock.now():%y}{number:05}"})
    return found


def _report(session: Session, tenant: Tenant, sold: list[Recording], starts_on: date, currency: str) -> None:
    """What stores report of a half-year, brought in as a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"sales-{starts_on:%Y-%m}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(HEADS)
            writer.writerows(_rows(sold, starts_on, currency))
        importing.import_report(session, tenant, Actor.system(tenant), path)


def _rows(sold: list[Recording], starts_on: date, currency: str) -> Iterator[list[object]]:
    for month in range(MONTHS):
        begins = date(starts_on.year, starts_on.month + month, 1)
        span = [begins, (begins + timedelta(days=31)).replace(day=1) - timedelta(days=1)]
        for place, recording in enumerate(sold):
            what = [recording.isrc, "", recording.title, recording.artist_line]
            for number, (store, channel, territory) in enumerate(STORES):
                units = (place * 7 + number * 3 + month * 5 + starts_on.month) % 11
                quantity = units * 911 + 40 if channel == "stream" else units
                money = FOREIGN.get(store, currency)
                yield [store, *what, channel, territory, money, quantity, quantity * WORTH[channel], *span]
        yield ["Deezer", "", "", "Lost on the way", "Nobody knows", "stream", "FR", currency, 120, "0.41", *span]


def _tell(tenant: Tenant, starts_on: date) -> None:
    """Open a half-year, calculate it, look at what is unusual, approve and publish it."""
    with tenant_work(tenant) as session:
        owner = session.scalars(select(Member).where(Member.role == "owner")).first()
        actor = Actor(kind="member", id=owner.id, tenant=tenant, name=owner.name) if owner else Actor.system(tenant)
        period = running.open_period(session, actor, starts_on=starts_on, ends_on=_end(starts_on))
        run_id = running.start_run(session, actor, period).id
    with tenant_work(tenant) as session:
        running.calculate(session, tenant, run_id)
    with tenant_work(tenant) as session:
        run = session.get_one(RoyaltyRun, run_id, with_for_update=True)
        for found in run.anomalies:
            running.sign_off(session, actor, run, found["id"])
        running.approve(session, actor, run)
        running.publish(session, actor, run)
    with tenant_work(tenant) as session:
        running.tell_payees(session, tenant, run_id)
