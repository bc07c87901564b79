"""What tax offices are told of payouts: what was paid, and what was withheld of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.payouts.models import Payout
from app.roster.models import Payee
from app.tax.schemas import Payment
from app.tax.service.years import paid


@paid
def payments(session: Session, year: int) -> Iterator[Payment]:
    """The payouts that arrived in a year and did not come back: what the artist side had, before tax and fee.

    A year and a day are the label's own, where it is. A fee that was given back is told of once, with the payout of
    which it was.
    """
    here = ZoneInfo(session.info["tenant"].time_zone)
    begins, ends = datetime(year, 1, 1, tzinfo=here), datetime(year + 1, 1, 1, tzinfo=here)
    query = (
        select(Payout, Payee.party_id)
        .join(Payee, Payee.id == Payout.payee_id)
        .where(Payout.state == "paid", Payout.paid_at >= begins, Payout.paid_at < ends)
        .order_by(Payout.paid_at, Payout.number)
    )
    for payout, party_id in session.execute(query):
        gross = payout.gross_micros - payout.exempt_micros - payout.platform_micros
        if not gross and not payout.withheld_micros:
            continue
        yield Payment(
            payout.payee_id,
            party_id,
            (payout.paid_at or ends).astimezone(here).date(),
            gross,
            payout.withheld_micros,
            payout.currency,
            payout.withheld_ppm,
            0 if payout.fee_returned_at else payout.fee_micros,
        )
