"""The label's store at Printful, what is made there, and when an order was asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0029"
down_revision = "l0028"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "printer_links",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("store_name", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default="on", nullable=False),
        sa.Column("connected_by", sa.Uuid(), nullable=True),
        sa.Column("connected_at", MOMENT, nullable=False),
        sa.Column("sync_began_at", MOMENT, nullable=True),
        sa.Column("synced_at", MOMENT, nullable=True),
        sa.Column("products", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("id = 1", name="ck_printer_links_one"),
        sa.CheckConstraint("state IN ('on', 'refused')", name="ck_printer_links_state"),
        sa.PrimaryKeyConstraint("id", name="pk_printer_links"),
    )
    op.create_table(
        "printed_variants",
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("catalog_product", sa.Text(), nullable=False),
        sa.Column("catalog_variant", sa.Text(), nullable=False),
        sa.Column("is_out", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name="fk_printed_variants_variant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("variant_id", name="pk_printed_variants"),
    )
    op.create_index("ix_printed_variants_catalog_product", "printed_variants", ["catalog_product"], unique=False)
    op.add_column("fulfilments", sa.Column("asked_at", MOMENT, nullable=True))


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
