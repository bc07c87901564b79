"""Exports of everything that labels asked for, and how far each has come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "s0011"
down_revision = "s0010"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("parts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("sha256", sa.Text),
        sa.Column("size", sa.BigInteger),
        sa.Column("ready_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_exports"),
        sa.ForeignKeyConstraint(["tenant_id"], ["shared.tenants.id"], name="fk_exports_tenant_id"),
        schema="shared",
    )
    op.create_index("ix_exports_tenant_id", "exports", ["tenant_id"], schema="shared")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON shared.exports TO boptone_platform")


def downgrade() -> None:
    raise NotImplementedError("shared tables only go forward; restore a backup instead")
