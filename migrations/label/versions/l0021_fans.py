"""Fans: who they are, where they are signed in and live, what they agreed to, whom they follow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from migrations.label import LABEL_ROLE

revision = "l0021"
down_revision = "l0020"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)
EMPTY = sa.text("'{}'")
FALSE = sa.text("false")


def upgrade() -> None:
    _fans()
    _agreed()
    op.execute(f"REVOKE UPDATE ON fan_consents FROM {LABEL_ROLE}")


def _fans() -> None:
    op.create_table(
        "fans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.Column("erased_at", MOMENT, nullable=True),
        sa.CheckConstraint("email = lower(email)", name="ck_fans_email"),
        sa.CheckConstraint("(erased_at IS NULL) = (email IS NOT NULL)", name="ck_fans_erased"),
        sa.PrimaryKeyConstraint("id", name="pk_fans"),
        sa.UniqueConstraint("email", name="uq_fans_email"),
    )
    op.create_table(
        "fan_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fan_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("proved_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["fan_id"], ["fans.id"], name="fk_fan_sessions_fan_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_fan_sessions"),
        sa.UniqueConstraint("token_hash", name="uq_fan_sessions_token_hash"),
    )
    op.create_index("ix_fan_sessions_fan_id", "fan_sessions", ["fan_id"], unique=False)
    op.create_table(
        "fan_addresses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fan_id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("is_usual", sa.Boolean(), server_default=FALSE, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["fan_id"], ["fans.id"], name="fk_fan_addresses_fan_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_fan_addresses"),
    )
    op.create_index("ix_fan_addresses_fan_id", "fan_addresses", ["fan_id"], unique=False)


def _agreed() -> None:
    op.create_table(
        "fan_consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fan_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["fan_id"], ["fans.id"], name="fk_fan_consents_fan_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_fan_consents"),
    )
    op.create_index("ix_fan_consents_fan_id", "fan_consents", ["fan_id", "kind", "at"], unique=False)
    op.create_table(
        "follows",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fan_id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("facts", pg.JSONB(), server_default=EMPTY, nullable=False),
        sa.ForeignKeyConstraint(["artist_id"], ["artists.id"], name="fk_follows_artist_id"),
        sa.ForeignKeyConstraint(["fan_id"], ["fans.id"], name="fk_follows_fan_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_follows"),
        sa.UniqueConstraint("fan_id", "artist_id", name="uq_follows_artist", postgresql_nulls_not_distinct=True),
    )
    op.create_index("ix_follows_artist_id", "follows", ["artist_id"], unique=False)
