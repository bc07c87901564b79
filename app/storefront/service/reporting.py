"""The shop's own sales report: what was sold and given back, as a file like any store's, brought in like any store's.

It takes every row that stands in no report yet, so that nothing is reported twice and what was given back follows in
the report of the month in which that happened.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app.catalog.models import Recording, Release
from app.kernel import activity, clock
from app.kernel.actor import Actor
from app.kernel.money import from_micros
from app.kernel.tenant import Tenant
from app.roster.models import Artist
from app.royalties.models import SalesReport
from app.royalties.service import importing
from app.storefront.models import Order, OrderLine, StoreSale
from app.storefront.rules.channels import channel_of

ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' shop report', 0))"
PIECE: Final = 2_000
HEADS: Final = (
    "Row", "Order", "Line", "Sold on", "Item", "Artist", "Product", "ISRC", "UPC", "Catalogue number", "Kind",
    "Channel", "Territory", "Currency", "Quantity", "Price", "Gross", "Net", "Fees", "Making", "Tax", "Adjustment",
)  # fmt: skip
"""The columns of the layout `app/royalties/layouts/shop.toml`: gross, net, fees, making and tax add up to the price."""


def report_month(session: Session, tenant: Tenant) -> SalesReport | None:
    """Report what was sold until the end of the last month, in the label's time; nothing where all of it was."""
    today = clock.now().astimezone(ZoneInfo(tenant.time_zone)).date()
    return report(session, tenant, Actor.system(tenant), until=_day_before(today.replace(day=1)))


def report(
    session: Session, tenant: Tenant, actor: Actor, *, until: date, since: date | None = None
) -> SalesReport | None:
    """Report what was sold on these days and stands in no report yet, as a file that is brought in at once."""
    session.execute(text(ONE_AT_A_TIME))
    which = StoreSale.report_id.is_(None) & (StoreSale.sold_on <= until)
    if since is not None:
        which &= StoreSale.sold_on >= since
    bounds = select(func.min(StoreSale.sold_on), func.max(StoreSale.sold_on), func.max(StoreSale.number)).where(which)
    first, last, newest = session.execute(bounds).one()
    if not newest:
        return None
    which &= StoreSale.number <= newest
    stated = _stated(session, which)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"shop-{first:%Y-%m-%d}-{last:%Y-%m-%d}-{newest}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(HEADS)
            writer.writerows(_rows(session, which))
        days: dict[str, Any] = {"period": (first, last), "received_on": last}
        made = importing.import_report(session, tenant, actor, path, stated=stated, **days)
    changed = update(StoreSale).where(which).values(report_id=made.id).execution_options(synchronize_session=False)
    session.execute(changed)
    activity.record(
        session, actor, "store.sales_reported", subject_type="sales_report", subject_id=made.id,
        after={"name": made.name, "rows": made.rows},
    )  # fmt: skip
    return made


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


def _stated(session: Session, which: Any) -> dict[str, str]:
    query = select(StoreSale.currency, func.sum(StoreSale.net_micros)).where(which).group_by(StoreSale.currency)
    return {currency: f"{from_micros(int(total)):f}" for currency, total in session.execute(query)}


def _rows(session: Session, which: Any) -> Iterator[list[object]]:
    query = (
        select(
            StoreSale,
            OrderLine,
            Order.number.label("order_number"),
            Order.country,
            Recording.isrc,
            Release.upc,
            Release.catalog_number,
            func.coalesce(Recording.artist_line, Release.artist_line, Artist.name).label("artist"),
        )
        .join(OrderLine, OrderLine.id == StoreSale.line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(Recording, Recording.id == OrderLine.recording_id)
        .outerjoin(Release, Release.id == OrderLine.release_id)
        .outerjoin(Artist, Artist.id == OrderLine.artist_id)
        .where(which)
        .order_by(StoreSale.number)
    )
    for row in session.execute(query.execution_options(yield_per=PIECE)):
        yield _told(row)


def _told(row: Any) -> list[object]:
    sale, line = row.StoreSale, row.OrderLine
    money = [_amount(micros) for micros in (
        sale.gross_micros - sale.tax_micros, sale.net_micros, sale.fee_micros, sale.cost_micros, sale.tax_micros,
    )]  # fmt: skip
    return [
        sale.number, row.order_number, line.position, sale.sold_on.isoformat(), line.title, row.artist or "",
        product_of(line.recording_id, line.release_id, line.artist_id), row.isrc or "", row.upc or "",
        row.catalog_number or "", line.variant or line.kind, channel_of(line), row.country, sale.currency,
        sale.quantity, _price(sale), *money, "refund" if sale.refund_id else "fee" if sale.is_fee else "",
    ]  # fmt: skip


def product_of(recording: UUID | None, release: UUID | None, artist: UUID | None) -> str:
    """What was sold, by our own id: a recording, a release, or a thing of an artist's that is no music."""
    named = (("recording", recording), ("release", release), ("artist", artist))
    return next((f"{kind}:{key}" for kind, key in named if key), "")


def _amount(micros: int) -> str:
    return f"{from_micros(micros):f}"


def _price(sale: StoreSale) -> str:
    """What a buyer paid for one; where nothing came back, of the money alone."""
    return f"{from_micros(abs(sale.gross_micros)) / abs(sale.quantity or 1):f}"
