"""What people let programs do in their name: questions, consents, grants, codes, refresh tokens, waiting devices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0032"
down_revision = "l0040"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)
KEYS = pg.ARRAY(sa.Text())


def upgrade() -> None:
    _api_requests()
    _api_consents()
    _api_grants()
    _api_codes()
    _api_refresh_tokens()
    _api_device_codes()
    _api_seen_proofs()
    _api_revoked_tokens()


def _api_requests() -> None:
    op.create_table(
        "api_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("fields", pg.JSONB(), nullable=False),
        sa.Column("is_pushed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["api_clients.id"], name="fk_api_requests_client_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_api_requests"),
        sa.UniqueConstraint("token_hash", name="uq_api_requests_token_hash"),
    )
    op.create_index("ix_api_requests_client_id", "api_requests", ["client_id"], unique=False)
    op.create_index("ix_api_requests_expires_at", "api_requests", ["expires_at"], unique=False)


def _api_consents() -> None:
    op.create_table(
        "api_consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("scopes", KEYS, nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["api_clients.id"], name="fk_api_consents_client_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_api_consents_member_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_api_consents"),
        sa.UniqueConstraint("client_id", "member_id", "resource", name="uq_api_consents_client_id_member_id_resource"),
    )
    op.create_index("ix_api_consents_member_id", "api_consents", ["member_id"], unique=False)


def _api_grants() -> None:
    op.create_table(
        "api_grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("scopes", KEYS, nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("jkt", sa.Text(), nullable=True),
        sa.Column("auth_time", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["api_clients.id"], name="fk_api_grants_client_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_api_grants_member_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_api_grants"),
    )
    op.create_index("ix_api_grants_client_id", "api_grants", ["client_id"], unique=False)
    op.create_index("ix_api_grants_expires_at", "api_grants", ["expires_at"], unique=False)
    op.create_index("ix_api_grants_member_id", "api_grants", ["member_id"], unique=False)


def _api_codes() -> None:
    op.create_table(
        "api_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=True),
        sa.Column("jkt", sa.Text(), nullable=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["grant_id"], ["api_grants.id"], name="fk_api_codes_grant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_api_codes"),
        sa.UniqueConstraint("code_hash", name="uq_api_codes_code_hash"),
    )
    op.create_index("ix_api_codes_expires_at", "api_codes", ["expires_at"], unique=False)
    op.create_index("ix_api_codes_grant_id", "api_codes", ["grant_id"], unique=False)


def _api_refresh_tokens() -> None:
    op.create_table(
        "api_refresh_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("is_replaced", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["api_grants.id"], name="fk_api_refresh_tokens_grant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_api_refresh_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_api_refresh_tokens_token_hash"),
    )
    op.create_index("ix_api_refresh_tokens_expires_at", "api_refresh_tokens", ["expires_at"], unique=False)
    op.create_index("ix_api_refresh_tokens_grant_id", "api_refresh_tokens", ["grant_id"], unique=False)


def _api_device_codes() -> None:
    op.create_table(
        "api_device_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("device_hash", sa.Text(), nullable=False),
        sa.Column("user_code", sa.Text(), nullable=False),
        sa.Column("scopes", KEYS, nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=True),
        sa.Column("interval_seconds", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("polled_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'allowed', 'denied', 'used')", name="ck_api_device_codes_state"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["api_clients.id"], name="fk_api_device_codes_client_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["api_grants.id"], name="fk_api_device_codes_grant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_api_device_codes"),
        sa.UniqueConstraint("device_hash", name="uq_api_device_codes_device_hash"),
    )
    op.create_index("ix_api_device_codes_client_id", "api_device_codes", ["client_id"], unique=False)
    op.create_index("ix_api_device_codes_expires_at", "api_device_codes", ["expires_at"], unique=False)
    op.create_index("ix_api_device_codes_grant_id", "api_device_codes", ["grant_id"], unique=False)
    op.create_index(
        "uq_api_device_codes_user_code",
        "api_device_codes",
        ["user_code"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _api_seen_proofs() -> None:
    op.create_table(
        "api_seen_proofs",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_api_seen_proofs"),
    )
    op.create_index("ix_api_seen_proofs_expires_at", "api_seen_proofs", ["expires_at"], unique=False)


def _api_revoked_tokens() -> None:
    op.create_table(
        "api_revoked_tokens",
        sa.Column("jti", sa.Uuid(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("jti", name="pk_api_revoked_tokens"),
    )
    op.create_index("ix_api_revoked_tokens_expires_at", "api_revoked_tokens", ["expires_at"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
