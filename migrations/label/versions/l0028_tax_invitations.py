"""Asking payees who have nobody in the portal for their tax form, by a link."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0028"
down_revision = "l0027"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "tax_invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=True),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("form_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["form_id"], ["tax_forms.id"], name="fk_tax_invitations_form_id"),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name="fk_tax_invitations_payee_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_tax_invitations"),
    )
    op.create_index("ix_tax_invitations_form_id", "tax_invitations", ["form_id"], unique=False)
    op.create_index("ix_tax_invitations_payee_id", "tax_invitations", ["payee_id"], unique=False)
    op.create_index("uq_tax_invitations_token_hash", "tax_invitations", ["token_hash"], unique=True)


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
