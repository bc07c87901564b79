"""Memberships that are charged again: what was agreed and announced, and one order for each period."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0030"
down_revision = "l0029"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.add_column("order_lines", sa.Column("period_from", sa.Date(), nullable=True))
    op.add_column("order_lines", sa.Column("period_until", sa.Date(), nullable=True))
    op.add_column("memberships", sa.Column("anchor_day", sa.SmallInteger(), server_default="31", nullable=False))
    op.add_column("memberships", sa.Column("gateway", sa.Text(), server_default="", nullable=False))
    op.add_column("memberships", sa.Column("price_micros", sa.BigInteger(), nullable=True))
    op.add_column("memberships", sa.Column("currency", sa.Text(), nullable=True))
    op.add_column("memberships", sa.Column("announced_micros", sa.BigInteger(), nullable=True))
    op.add_column("memberships", sa.Column("announced_on", sa.Date(), nullable=True))
    op.execute("UPDATE memberships SET anchor_day = extract(day FROM renews_on)")
    op.execute(
        "ALTER TABLE memberships ADD CONSTRAINT ck_memberships_anchor_day CHECK (anchor_day BETWEEN 1 AND 31) NOT VALID"
    )
    op.create_table(
        "membership_renewals",
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("period_on", sa.Date(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("tries_on", sa.Date(), nullable=True),
        sa.Column("placed_at", MOMENT, nullable=False),
        sa.CheckConstraint("tries BETWEEN 0 AND 4", name="ck_membership_renewals_tries"),
        sa.ForeignKeyConstraint(["membership_id"], ["memberships.id"], name="fk_membership_renewals_membership_id"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_membership_renewals_order_id"),
        sa.PrimaryKeyConstraint("membership_id", "period_on", name="pk_membership_renewals"),
    )
    op.create_index("uq_membership_renewals_order_id", "membership_renewals", ["order_id"], unique=True)
    op.create_index(
        "ix_membership_renewals_tries_on",
        "membership_renewals",
        ["tries_on"],
        unique=False,
        postgresql_where=sa.text("tries_on IS NOT NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
