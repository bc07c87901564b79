"""The operators' second factors and what their sessions say about themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "s0008"
down_revision = "s0007"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
MINE = "shared.operator_passkeys, shared.operator_recovery_codes, shared.operator_tickets"


def upgrade() -> None:
    op.add_column("operators", sa.Column("totp_secret", sa.LargeBinary), schema="shared")
    op.add_column("operators", sa.Column("totp_confirmed_at", MOMENT), schema="shared")
    op.add_column(
        "operators", sa.Column("totp_last_step", sa.BigInteger, nullable=False, server_default="0"), schema="shared"
    )
    for column in (
        sa.Column("id", sa.Uuid, nullable=False, server_default=sa.text("gen_random_uuid()")),
        sa.Column("agent", sa.Text, nullable=False, server_default=""),
        sa.Column("address", sa.Text, nullable=False, server_default=""),
        sa.Column("awaits_factor", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("proved_at", MOMENT),
    ):
        op.add_column("operator_sessions", column, schema="shared")
    op.create_unique_constraint("uq_operator_sessions_id", "operator_sessions", ["id"], schema="shared")
    op.create_index("ix_operator_sessions_operator_id", "operator_sessions", ["operator_id"], schema="shared")
    op.create_table(
        "operator_passkeys",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("operator_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("credential_id", sa.LargeBinary, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_operator_passkeys"),
        sa.UniqueConstraint("credential_id", name="uq_operator_passkeys_credential_id"),
        sa.ForeignKeyConstraint(["operator_id"], ["shared.operators.id"], name="fk_operator_passkeys_operator_id"),
        schema="shared",
    )
    op.create_index("ix_operator_passkeys_operator_id", "operator_passkeys", ["operator_id"], schema="shared")
    op.create_table(
        "operator_recovery_codes",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("operator_id", sa.Uuid, nullable=False),
        sa.Column("code_hash", sa.Text, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_operator_recovery_codes"),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["shared.operators.id"], name="fk_operator_recovery_codes_operator_id"
        ),
        schema="shared",
    )
    op.create_index(
        "ix_operator_recovery_codes_operator_id", "operator_recovery_codes", ["operator_id"], schema="shared"
    )
    op.create_table(
        "operator_tickets",
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Uuid),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.PrimaryKeyConstraint("token_hash", name="pk_operator_tickets"),
        schema="shared",
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {MINE} TO boptone_platform")


def downgrade() -> None:
    raise NotImplementedError("shared tables only go forward; restore a backup instead")
