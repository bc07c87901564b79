"""People and groups that a directory keeps in step (SCIM 2.0), and the tokens it comes with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0040"
down_revision = "l0039"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)
KEYS = pg.ARRAY(sa.Text())
EMPTY = sa.text("'{}'")
FALSE = sa.text("false")


def upgrade() -> None:
    _groups()
    _tokens()
    _users()
    _memberships()


def _groups() -> None:
    op.create_table(
        "scim_groups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("folded_name", sa.Text(), nullable=False),
        sa.Column("document", pg.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["sso_connections.id"], name="fk_scim_groups_connection_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_scim_groups"),
        sa.UniqueConstraint("connection_id", "folded_name", name="uq_scim_groups_connection_id_folded_name"),
    )


def _tokens() -> None:
    op.create_table(
        "scim_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["sso_connections.id"], name="fk_scim_tokens_connection_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_scim_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_scim_tokens_token_hash"),
    )
    op.create_index("ix_scim_tokens_connection_id", "scim_tokens", ["connection_id"], unique=False)


def _users() -> None:
    op.create_table(
        "scim_users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("folded_name", sa.Text(), nullable=False),
        sa.Column("document", pg.JSONB(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("made_member", sa.Boolean(), server_default=FALSE, nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["sso_connections.id"], name="fk_scim_users_connection_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_scim_users_member_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_scim_users"),
        sa.UniqueConstraint("connection_id", "folded_name", name="uq_scim_users_connection_id_folded_name"),
    )
    op.create_index("ix_scim_users_member_id", "scim_users", ["member_id"], unique=False)


def _memberships() -> None:
    op.create_table(
        "scim_memberships",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["scim_groups.id"], name="fk_scim_memberships_group_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["scim_users.id"], name="fk_scim_memberships_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("group_id", "user_id", name="pk_scim_memberships"),
    )
    op.create_index("ix_scim_memberships_user_id", "scim_memberships", ["user_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
