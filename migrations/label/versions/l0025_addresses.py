"""Addresses of the shop name releases and artists by the ends of their ids."""

from __future__ import annotations

revision = "l0025"
down_revision = "l0024"
branch_labels = None
depends_on = None
phase = "expand"

concurrently = (
    'CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_artists_address ON artists ("right"((id)::text, 8))',
    'CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_releases_address ON releases ("right"((id)::text, 8))',
)


def upgrade() -> None:
    """Do nothing in a transaction: what there is to do runs beside those who work."""
