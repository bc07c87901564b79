"""Programs that a label lets in, as members of their own kind; their secrets, and the keys the label signs with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0031"
down_revision = "l0030"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)
KEYS = pg.ARRAY(sa.Text())


def upgrade() -> None:
    op.add_column("members", sa.Column("kind", sa.Text(), server_default="person", nullable=False))
    op.add_column("members", sa.Column("permissions", KEYS, nullable=True))
    op.execute("ALTER TABLE members ADD CONSTRAINT ck_members_kind CHECK (kind IN ('person', 'program')) NOT VALID")
    op.execute(
        "ALTER TABLE members ADD CONSTRAINT ck_members_program CHECK ((kind = 'program') = (permissions IS NOT NULL) "
        "AND (kind = 'person' OR password_hash IS NULL)) NOT VALID"
    )
    op.create_table(
        "api_clients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("auth_method", sa.Text(), nullable=False),
        sa.Column("grant_types", KEYS, nullable=False),
        sa.Column("redirect_uris", KEYS, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("scopes", KEYS, nullable=False),
        sa.Column("imprints", KEYS, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("artists", KEYS, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("jwks", pg.JSONB(), nullable=True),
        sa.Column("jwks_uri", sa.Text(), nullable=True),
        sa.Column("needs_dpop", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("needs_par", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.CheckConstraint("auth_method IN ('none', 'secret', 'private_key_jwt')", name="ck_api_clients_auth_method"),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 120", name="ck_api_clients_name"),
        sa.CheckConstraint(
            "NOT ('client_credentials' = ANY (grant_types) AND auth_method = 'none')", name="ck_api_clients_grant_types"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_api_clients_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_api_clients"),
        sa.UniqueConstraint("member_id", name="uq_api_clients_member_id"),
    )
    op.create_table(
        "api_client_secrets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("ending", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["api_clients.id"], name="fk_api_client_secrets_client_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_api_client_secrets"),
    )
    op.create_index("ix_api_client_secrets_client_id", "api_client_secrets", ["client_id"])
    op.create_table(
        "api_signing_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("public", pg.JSONB(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("signs_from", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_signing_keys"),
    )


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
