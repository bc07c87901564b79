"""Contracts: versions, scopes, what is recouped, who shares."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0013"
down_revision = "l0012"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "contracts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("lane", sa.Text(), server_default="main", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('royalty', 'profit_share', 'distribution', 'licence', 'three_sixty', 'producer', 'remix', "
            "'work_for_hire')",
            name="ck_contracts_kind",
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'negotiating', 'sent', 'viewed', 'active', 'declined', 'expired', 'ended')",
            name="ck_contracts_state",
        ),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name="fk_contracts_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contracts"),
    )
    op.create_index("ix_contracts_party_id", "contracts", ["party_id"], unique=False)
    op.create_index("uq_contracts_number", "contracts", ["number"], unique=True)
    op.create_table(
        "collateral_links",
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("from_id <> to_id", name="ck_collateral_links_apart"),
        sa.ForeignKeyConstraint(["from_id"], ["contracts.id"], name="fk_collateral_links_from_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["to_id"], ["contracts.id"], name="fk_collateral_links_to_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("from_id", "to_id", name="pk_collateral_links"),
    )
    op.create_index("ix_collateral_links_to_id", "collateral_links", ["to_id"], unique=False)
    op.create_table(
        "contract_scopes",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("territory", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "level IN ('label', 'imprint', 'artist', 'release', 'track', 'recording')", name="ck_contract_scopes_level"
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name="fk_contract_scopes_contract_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("contract_id", "level", "subject_id", "territory", name="pk_contract_scopes"),
    )
    op.create_index("ix_contract_scopes_subject", "contract_scopes", ["level", "subject_id"], unique=False)
    op.create_table(
        "contract_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("terms_hash", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("signed_at", MOMENT, nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "signed_at IS NULL OR effective_from IS NOT NULL", name="ck_contract_versions_effective_from"
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name="fk_contract_versions_contract_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["document_id"], ["files.id"], name="fk_contract_versions_document_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contract_versions"),
    )
    op.create_index("ix_contract_versions_document_id", "contract_versions", ["document_id"], unique=False)
    op.create_index("uq_contract_versions_number", "contract_versions", ["contract_id", "number"], unique=True)
    op.create_table(
        "recoupables",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("recoupable_ppm", sa.Integer(), server_default="1000000", nullable=False),
        sa.Column("incurred_on", sa.Date(), nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("receipt_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), server_default="proposed", nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('proposed', 'approved', 'rejected')", name="ck_recoupables_state"),
        sa.CheckConstraint("amount_micros > 0", name="ck_recoupables_amount_micros"),
        sa.CheckConstraint("recoupable_ppm BETWEEN 0 AND 1000000", name="ck_recoupables_recoupable_ppm"),
        sa.ForeignKeyConstraint(["contract_id"], ["contracts.id"], name="fk_recoupables_contract_id"),
        sa.ForeignKeyConstraint(["receipt_id"], ["files.id"], name="fk_recoupables_receipt_id"),
        sa.PrimaryKeyConstraint("id", name="pk_recoupables"),
    )
    op.create_index("ix_recoupables_contract_id", "recoupables", ["contract_id", "position"], unique=False)
    op.create_index("ix_recoupables_receipt_id", "recoupables", ["receipt_id"], unique=False)
    op.create_table(
        "split_sheets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name="fk_split_sheets_recording_id"),
        sa.PrimaryKeyConstraint("id", name="pk_split_sheets"),
    )
    op.create_index("uq_split_sheets_recording_id", "split_sheets", ["recording_id", "effective_from"], unique=True)
    op.create_table(
        "split_shares",
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("share_ppm", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'confirmed', 'contested')", name="ck_split_shares_state"),
        sa.CheckConstraint("share_ppm BETWEEN 0 AND 1000000", name="ck_split_shares_share_ppm"),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name="fk_split_shares_payee_id"),
        sa.ForeignKeyConstraint(["sheet_id"], ["split_sheets.id"], name="fk_split_shares_sheet_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sheet_id", "payee_id", name="pk_split_shares"),
    )
    op.create_index("ix_split_shares_payee_id", "split_shares", ["payee_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
