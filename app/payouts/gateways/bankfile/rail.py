"""The label's own bank as a rail: a person hands a file over, and brings back what the bank says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from app.kernel.money import exponent
from app.kernel.tenant import Tenant
from app.payouts.gateways.rail import Limits, Order, Report


class BankFileRail:
    """Nothing leaves by itself: what is to be paid waits for its file."""

    name = "bank_file"
    is_shared = False
    batch = 1
    lease = timedelta(days=3650)

    def limits(self, tenant: Tenant, currency: str) -> Limits:  # noqa: ARG002
        """One unit at least, and nothing at once."""
        return Limits(int(10 ** exponent(currency)), None, 0, has_instant=False)

    def send(self, tenant: Tenant, orders: Sequence[Order]) -> Iterator[Report]:  # noqa: ARG002
        """Nothing is sent from here."""
        return iter(())

    def find(self, tenant: Tenant, order: Order) -> Report:  # noqa: ARG002
        """Only the bank's own reports say what became of an order."""
        return Report(order.payout_id, "unknown")

    def read(self, tenant: Tenant, reference: str) -> Report:  # noqa: ARG002
        """Only the bank's own reports say what became of an order."""
        return Report(None, "unknown", reference)

    def movements(self, tenant: Tenant, since: datetime) -> Iterable[Report]:  # noqa: ARG002
        """The bank's reports are read when a person brings them."""
        return ()
