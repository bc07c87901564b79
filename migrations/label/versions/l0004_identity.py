"""Roles, second factors, passkeys, one-time tickets, policies and support access."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0004"
down_revision = "l0003"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)
KEYS = pg.ARRAY(sa.Text)
NO_KEYS = sa.text("'{}'")
CUSTOM = "(role = 'custom') = (custom_role_id IS NOT NULL)"


def upgrade() -> None:
    _roles()
    _members()
    _factors()
    _support()
    _sessions()


def _roles() -> None:
    op.create_table(
        "roles",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("permissions", KEYS, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_roles"),
        sa.UniqueConstraint("name", name="uq_roles_name"),
    )


def _members() -> None:
    """The code knows the roles by name; a name it does not know opens nothing. Code of before still writes 'member'."""
    for table in ("members", "invitations"):
        op.add_column(table, sa.Column("custom_role_id", sa.Uuid))
        op.add_column(table, sa.Column("imprints", KEYS, nullable=False, server_default=NO_KEYS))
        op.add_column(table, sa.Column("artists", KEYS, nullable=False, server_default=NO_KEYS))
        op.drop_constraint(op.f(f"ck_{table}_role"), table)
        op.execute(f"UPDATE {table} SET role = 'admin' WHERE role = 'member'")
        op.create_check_constraint(op.f(f"ck_{table}_role"), table, "role ~ '^[a-z_]{1,40}$'")
        op.create_check_constraint(op.f(f"ck_{table}_custom_role"), table, CUSTOM)
        op.create_foreign_key(f"fk_{table}_custom_role_id", table, "roles", ["custom_role_id"], ["id"])
        op.create_index(f"ix_{table}_custom_role_id", table, ["custom_role_id"])
    op.add_column("members", sa.Column("welcomed_at", MOMENT))
    op.add_column("invitations", sa.Column("invited_by", sa.Uuid))
    op.add_column("invitations", sa.Column("sent_at", MOMENT))
    op.add_column("invitations", sa.Column("revoked_at", MOMENT))


def _factors() -> None:
    op.create_table(
        "totp_secrets",
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT),
        sa.PrimaryKeyConstraint("member_id", name="pk_totp_secrets"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_totp_secrets_member_id", ondelete="CASCADE"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("code_hash", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_codes"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_recovery_codes_member_id", ondelete="CASCADE"),
    )
    op.create_index("ix_recovery_codes_member_id", "recovery_codes", ["member_id"])
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("rp_id", sa.Text, nullable=False),
        sa.Column("credential_id", sa.LargeBinary, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.UniqueConstraint("credential_id", name="uq_passkeys_credential_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_passkeys_member_id", ondelete="CASCADE"),
    )
    op.create_index("ix_passkeys_member_id", "passkeys", ["member_id"])
    op.create_table(
        "tickets",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Uuid),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
        sa.UniqueConstraint("token_hash", name="uq_tickets_token_hash"),
    )
    op.create_index("ix_tickets_expires_at", "tickets", ["expires_at"])
    op.create_table(
        "throttles",
        sa.Column("bucket", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("bucket", name="pk_throttles"),
    )


def _support() -> None:
    op.create_table(
        "security_policy",
        sa.Column("id", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("second_factor_roles", KEYS, nullable=False, server_default=NO_KEYS),
        sa.Column("idle_minutes", sa.Integer, nullable=False),
        sa.Column("absolute_hours", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_security_policy"),
        sa.CheckConstraint("id = 1", name=op.f("ck_security_policy_id")),
        sa.CheckConstraint("idle_minutes BETWEEN 5 AND 10080", name=op.f("ck_security_policy_idle_minutes")),
        sa.CheckConstraint("absolute_hours BETWEEN 1 AND 2160", name=op.f("ck_security_policy_absolute_hours")),
    )
    op.create_table(
        "support_grants",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("operator_id", sa.Uuid),
        sa.Column("hours", sa.SmallInteger, nullable=False),
        sa.Column("may_change", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("granted_by", sa.Uuid),
        sa.Column("granted_at", MOMENT),
        sa.Column("ends_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_support_grants"),
        sa.ForeignKeyConstraint(["granted_by"], ["members.id"], name="fk_support_grants_granted_by"),
        sa.CheckConstraint("hours BETWEEN 1 AND 24", name=op.f("ck_support_grants_hours")),
        sa.CheckConstraint(
            "(granted_at IS NULL) = (granted_by IS NULL) AND (granted_at IS NULL) = (ends_at IS NULL)",
            name=op.f("ck_support_grants_granted"),
        ),
    )
    op.create_index("ix_support_grants_granted_by", "support_grants", ["granted_by"])


def _sessions() -> None:
    op.add_column("member_sessions", sa.Column("method", sa.Text, nullable=False, server_default="password"))
    op.add_column("member_sessions", sa.Column("awaits_factor", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("member_sessions", sa.Column("proved_at", MOMENT))
    op.add_column("member_sessions", sa.Column("grant_id", sa.Uuid))
    op.create_foreign_key("fk_member_sessions_grant_id", "member_sessions", "support_grants", ["grant_id"], ["id"])
    op.create_index("ix_member_sessions_grant_id", "member_sessions", ["grant_id"])


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
