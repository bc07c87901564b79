"""From which amount on a second person decides about payouts, whatever currency they are in."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.ledger import service as ledger
from app.payouts.service import books
from app.royalties.service import rates


def is_large(session: Session, micros: Mapping[str, int]) -> bool:
    """Whether amounts by currency come to more than one person decides about, in the label's own currency.

    Where a rate is not known, nobody knows how much it is, and a second person looks at it.
    """
    come_to = rates.in_one_currency(session, micros, session.info["tenant"].currency, on=books.day_of(session))
    return come_to is None or come_to > ledger.alone_up_to(session)
