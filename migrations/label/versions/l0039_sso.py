"""The label's own sign-in services: whom they let in, for which domains, as what, and who must come in by them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0039"
down_revision = "l0045"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)
KEYS = pg.ARRAY(sa.Text())
EMPTY = sa.text("'{}'")
FALSE = sa.text("false")


def upgrade() -> None:
    _connections()
    _attempts()
    _domains()
    _links()
    _role_rules()
    _seen_assertions()
    _policy()


def _connections() -> None:
    op.create_table(
        "sso_connections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), server_default="", nullable=False),
        sa.Column("client_secret", sa.LargeBinary(), nullable=True),
        sa.Column("sso_url", sa.Text(), server_default="", nullable=False),
        sa.Column("certificates", KEYS, server_default=EMPTY, nullable=False),
        sa.Column("metadata_url", sa.Text(), server_default="", nullable=False),
        sa.Column("groups_claim", sa.Text(), server_default="groups", nullable=False),
        sa.Column("default_role", sa.Text(), server_default="read_only", nullable=False),
        sa.Column("default_custom_role_id", sa.Uuid(), nullable=True),
        sa.Column("makes_members", sa.Boolean(), server_default=FALSE, nullable=False),
        sa.Column("trusts_factor", sa.Boolean(), server_default=FALSE, nullable=False),
        sa.Column("vouched", KEYS, server_default=EMPTY, nullable=False),
        sa.Column("vouched_by", sa.Uuid(), nullable=False),
        sa.Column("vouches_for_owners", sa.Boolean(), server_default=FALSE, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("live_at", MOMENT, nullable=True),
        sa.Column("proved_at", MOMENT, nullable=True),
        sa.Column("proved_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(default_role = 'custom') = (default_custom_role_id IS NOT NULL)", name="ck_sso_connections_default_role"
        ),
        sa.CheckConstraint("kind IN ('oidc', 'saml')", name="ck_sso_connections_kind"),
        sa.ForeignKeyConstraint(
            ["default_custom_role_id"], ["roles.id"], name="fk_sso_connections_default_custom_role_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sso_connections"),
    )
    op.create_index(
        "ix_sso_connections_default_custom_role_id", "sso_connections", ["default_custom_role_id"], unique=False
    )


def _attempts() -> None:
    op.create_table(
        "sso_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("state_hash", sa.Text(), nullable=False),
        sa.Column("browser_hash", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("claims", pg.JSONB(), nullable=True),
        sa.CheckConstraint("purpose IN ('sign_in', 'prove', 'try')", name="ck_sso_attempts_purpose"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["sso_connections.id"], name="fk_sso_attempts_connection_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sso_attempts"),
        sa.UniqueConstraint("state_hash", name="uq_sso_attempts_state_hash"),
    )
    op.create_index("ix_sso_attempts_connection_id", "sso_attempts", ["connection_id"], unique=False)


def _domains() -> None:
    op.create_table(
        "sso_domains",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("proven_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["sso_connections.id"], name="fk_sso_domains_connection_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sso_domains"),
        sa.UniqueConstraint("domain", name="uq_sso_domains_domain"),
    )
    op.create_index("ix_sso_domains_connection_id", "sso_domains", ["connection_id"], unique=False)


def _links() -> None:
    op.create_table(
        "sso_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("made_member", sa.Boolean(), server_default=FALSE, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["sso_connections.id"], name="fk_sso_links_connection_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_sso_links_member_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_sso_links"),
        sa.UniqueConstraint("connection_id", "issuer", "subject", name="uq_sso_links_connection_id_issuer_subject"),
    )
    op.create_index("ix_sso_links_member_id", "sso_links", ["member_id"], unique=False)


def _role_rules() -> None:
    op.create_table(
        "sso_role_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("custom_role_id", sa.Uuid(), nullable=True),
        sa.Column("imprints", KEYS, server_default=EMPTY, nullable=False),
        sa.Column("artists", KEYS, server_default=EMPTY, nullable=False),
        sa.CheckConstraint("(role = 'custom') = (custom_role_id IS NOT NULL)", name="ck_sso_role_rules_role"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["sso_connections.id"], name="fk_sso_role_rules_connection_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["custom_role_id"], ["roles.id"], name="fk_sso_role_rules_custom_role_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sso_role_rules"),
        sa.UniqueConstraint("connection_id", "group_name", name="uq_sso_role_rules_connection_id_group_name"),
    )
    op.create_index("ix_sso_role_rules_custom_role_id", "sso_role_rules", ["custom_role_id"], unique=False)


def _seen_assertions() -> None:
    op.create_table(
        "sso_seen_assertions",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("assertion_id", sa.Text(), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["sso_connections.id"], name="fk_sso_seen_assertions_connection_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("connection_id", "assertion_id", name="pk_sso_seen_assertions"),
    )
    op.create_index("ix_sso_seen_assertions_until", "sso_seen_assertions", ["until"], unique=False)


def _policy() -> None:
    op.add_column("security_policy", sa.Column("sso_only", sa.Text(), server_default="nobody", nullable=False))
    op.add_column("security_policy", sa.Column("sso_domains", KEYS, server_default=EMPTY, nullable=False))
    op.add_column(
        "security_policy", sa.Column("break_glass", pg.ARRAY(sa.Uuid()), server_default=EMPTY, nullable=False)
    )
    op.execute(
        "ALTER TABLE security_policy ADD CONSTRAINT ck_security_policy_sso_only "
        "CHECK (sso_only IN ('nobody', 'domains', 'everybody')) NOT VALID"
    )


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
