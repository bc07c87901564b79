"""Payouts by whose payee share and tax are taken once: few of many."""

from __future__ import annotations

revision = "l0053"
down_revision = "l0052"
branch_labels = None
depends_on = None
phase = "expand"

concurrently = (
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_payouts_exempt ON payouts (payee_id, currency) "
    "WHERE ((fee_returned_at IS NOT NULL) OR (exempt_micros <> 0))",
)


def upgrade() -> None:
    """Do nothing in a transaction: what there is to do runs beside those who work."""


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
