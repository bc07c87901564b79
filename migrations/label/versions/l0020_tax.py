"""Tax: the label as payer, interviews, signed forms; sanctions lists, what was screened, cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0020"
down_revision = "l0019"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)


def _text(name: str, default: str | None = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def upgrade() -> None:
    _settings()
    _forms()
    _screening()


def _settings() -> None:
    op.create_table(
        "tax_settings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        *(_text(name) for name in ("name", "street", "city", "region", "postcode", "phone")),
        sa.Column("sealed_tin", sa.LargeBinary(), nullable=True),
        _text("tin_mask"),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tax_settings"),
    )
    op.create_index("uq_tax_settings_only", "tax_settings", [sa.text("(true)")], unique=True)
    op.create_table(
        "tax_drafts",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name="fk_tax_drafts_party_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("party_id", name="pk_tax_drafts"),
    )


def _forms() -> None:
    op.create_table(
        "tax_forms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        *(_text(name, None) for name in ("kind", "edition", "country")),
        sa.Column("claims_treaty", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _text("chapter4"),
        sa.Column("is_backup", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _text("tin_mask"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        *(_text(name, None) for name in ("digest", "language")),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("signed_at", MOMENT, nullable=False),
        sa.Column("signed_by", sa.Uuid(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("evidence", pg.JSONB(), nullable=False),
        sa.Column("told_days", sa.SmallInteger(), nullable=True),
        sa.Column("superseded_at", MOMENT, nullable=True),
        sa.CheckConstraint("kind IN ('w9', 'w8ben', 'w8bene')", name="ck_tax_forms_kind"),
        sa.CheckConstraint("(kind = 'w9') = (valid_until IS NULL)", name="ck_tax_forms_valid_until"),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name="fk_tax_forms_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tax_forms"),
    )
    current = sa.text("superseded_at IS NULL")
    op.create_index("uq_tax_forms_number", "tax_forms", ["party_id", "number"], unique=True)
    op.create_index("uq_tax_forms_current", "tax_forms", ["party_id"], unique=True, postgresql_where=current)
    op.create_index("ix_tax_forms_valid_until", "tax_forms", ["valid_until"], unique=False, postgresql_where=current)


def _screening() -> None:
    op.create_table(
        "sanctions_lists",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(_text(name, None) for name in ("name", "sha256")),
        sa.Column("names", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_sanctions_lists"),
    )
    where = sa.text("retired_at IS NULL")
    op.create_index("uq_sanctions_lists_name", "sanctions_lists", ["name"], unique=True, postgresql_where=where)
    op.create_table(
        "sanctions_names",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        _text("name", None),
        *(_text(name) for name in ("country", "born_on", "source")),
        sa.ForeignKeyConstraint(
            ["list_id"], ["sanctions_lists.id"], name="fk_sanctions_names_list_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("list_id", "number", name="pk_sanctions_names"),
    )
    op.create_table(
        "sanctions_screened",
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        *(_text(name, None) for name in ("said", "lists")),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name="fk_sanctions_screened_payee_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("payee_id", name="pk_sanctions_screened"),
    )
    op.create_table(
        "sanctions_cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        *(_text(name, None) for name in ("pair", "name", "listed_name", "list_name")),
        sa.Column("facts", pg.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("score_ppm", sa.Integer(), nullable=False),
        _text("state", "open"),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        _text("reason"),
        sa.CheckConstraint("state IN ('open', 'cleared', 'confirmed')", name="ck_sanctions_cases_state"),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name="fk_sanctions_cases_party_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_sanctions_cases"),
    )
    op.create_index("uq_sanctions_cases_pair", "sanctions_cases", ["party_id", "pair"], unique=True)
    op.create_index("ix_sanctions_cases_state", "sanctions_cases", ["state", "opened_at"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
