"""Signing: who is asked, what they proposed, with what is sealed, and many at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0015"
down_revision = "l0014"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.add_column("contract_versions", sa.Column("sent_at", MOMENT, nullable=True))
    op.add_column("contract_versions", sa.Column("sent_by", sa.Uuid(), nullable=True))
    op.add_column(
        "contract_versions", sa.Column("in_order", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("contract_versions", sa.Column("expires_at", MOMENT, nullable=True))
    op.add_column("contract_versions", sa.Column("closed_at", MOMENT, nullable=True))
    op.add_column("contract_versions", sa.Column("closed_as", sa.Text(), nullable=True))
    op.add_column("contract_versions", sa.Column("sealed_id", sa.Uuid(), nullable=True))
    # Nothing was sent before there were these columns, so there is nothing to validate.
    op.execute(
        "ALTER TABLE contract_versions ADD CONSTRAINT ck_contract_versions_closed_as "
        "CHECK (closed_as IN ('countered', 'declined', 'expired', 'withdrawn')) NOT VALID"
    )
    op.execute(
        "ALTER TABLE contract_versions ADD CONSTRAINT fk_contract_versions_sealed_id "
        "FOREIGN KEY (sealed_id) REFERENCES files (id) NOT VALID"
    )
    op.create_table(
        "contract_signers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.Column("viewed_at", MOMENT, nullable=True),
        sa.Column("reminded_at", MOMENT, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("code_hash", sa.Text(), nullable=True),
        sa.Column("code_until", MOMENT, nullable=True),
        sa.Column("code_tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("evidence", pg.JSONB, nullable=True),
        sa.CheckConstraint("side IN ('party', 'label')", name="ck_contract_signers_side"),
        sa.CheckConstraint(
            "state IN ('waiting', 'asked', 'viewed', 'signed', 'declined')", name="ck_contract_signers_state"
        ),
        sa.CheckConstraint("side = 'label' OR token_hash IS NOT NULL", name="ck_contract_signers_token_hash"),
        sa.ForeignKeyConstraint(
            ["version_id"], ["contract_versions.id"], name="fk_contract_signers_version_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_contract_signers"),
    )
    op.create_index("uq_contract_signers_position", "contract_signers", ["version_id", "position"], unique=True)
    op.create_index("uq_contract_signers_token_hash", "contract_signers", ["token_hash"], unique=True)
    op.create_table(
        "contract_comments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["contract_versions.id"], name="fk_contract_comments_version_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_contract_comments"),
    )
    op.create_index("ix_contract_comments_version_id", "contract_comments", ["version_id", "at"], unique=False)
    op.create_table(
        "signing_certificates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("is_own", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_signing_certificates"),
    )
    op.create_index(
        "uq_signing_certificates_used",
        "signing_certificates",
        [sa.text("(true)")],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "contract_batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="checking", nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("places", pg.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "state IN ('checking', 'refused', 'ready', 'creating', 'created', 'sending', 'sent')",
            name="ck_contract_batches_state",
        ),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_contract_batches_file_id"),
        sa.ForeignKeyConstraint(["template_id"], ["contracts.id"], name="fk_contract_batches_template_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contract_batches"),
    )
    op.create_index("ix_contract_batches_file_id", "contract_batches", ["file_id"], unique=False)
    op.create_index("ix_contract_batches_template_id", "contract_batches", ["template_id"], unique=False)
    op.create_table(
        "contract_batch_items",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("values", pg.JSONB, nullable=False),
        sa.Column("state", sa.Text(), server_default="ready", nullable=False),
        sa.Column("problems", pg.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state IN ('ready', 'refused', 'created', 'sent', 'failed')", name="ck_contract_batch_items_state"
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["contract_batches.id"], name="fk_contract_batch_items_batch_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["contract_id"], ["contracts.id"], name="fk_contract_batch_items_contract_id"),
        sa.PrimaryKeyConstraint("batch_id", "number", name="pk_contract_batch_items"),
    )
    op.create_index("ix_contract_batch_items_contract_id", "contract_batch_items", ["contract_id"], unique=False)
    op.create_index(
        "ix_contract_batch_items_state", "contract_batch_items", ["batch_id", "state", "number"], unique=False
    )


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
