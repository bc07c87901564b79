"""Texts of the shop have a picture; a fee that is told after a sale is a row of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0043"
down_revision = "l0042"
branch_labels = None
depends_on = None
phase = "expand"


def upgrade() -> None:
    op.add_column("store_pages", sa.Column("image", pg.JSONB(), nullable=True))
    op.add_column("store_sales", sa.Column("is_fee", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute(  # the one that follows takes all that this one took
        "-- squawk-ignore ban-drop-constraint\nALTER TABLE store_sales DROP CONSTRAINT ck_store_sales_quantity"
    )
    op.execute(
        "ALTER TABLE store_sales ADD CONSTRAINT ck_store_sales_quantity "
        "CHECK (quantity <> 0 OR refund_id IS NOT NULL OR is_fee) NOT VALID"
    )
    op.execute("-- squawk-ignore require-concurrent-index-deletion\nDROP INDEX uq_store_sales_what")
    # A sale is noted by one short transaction at a time, which waits for the index; it holds a row for each line sold.
    op.execute(
        "-- squawk-ignore require-concurrent-index-creation\n"
        "CREATE UNIQUE INDEX uq_store_sales_what ON store_sales (line_id, coalesce(refund_id, line_id), is_fee)"
    )


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
