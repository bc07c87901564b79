"""Artists, parties, imprints, contributors, and who may act for whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0007"
down_revision = "l0006"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:

    op.create_table(
        "imprints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("depth", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("p_owner", sa.Text(), nullable=True),
        sa.Column("c_owner", sa.Text(), nullable=True),
        sa.Column("isrc_prefix", sa.Text(), nullable=True),
        sa.Column("upc_prefix", sa.Text(), nullable=True),
        sa.Column("default_contract_id", sa.Uuid(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("isrc_prefix ~ '^[A-Z]{2}[A-Z0-9]{3}$'", name="ck_imprints_isrc_prefix"),
        sa.CheckConstraint("upc_prefix ~ '^[0-9]{6,11}$'", name="ck_imprints_upc_prefix"),
        sa.CheckConstraint("depth BETWEEN 1 AND 3", name="ck_imprints_depth"),
        sa.ForeignKeyConstraint(["parent_id"], ["imprints.id"], name="fk_imprints_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_imprints"),
        sa.UniqueConstraint("key", name="uq_imprints_key"),
    )
    op.create_index("ix_imprints_name_key", "imprints", ["name_key"], unique=False)
    op.create_index("ix_imprints_parent_id", "imprints", ["parent_id"], unique=False)
    op.create_table(
        "parties",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("ipi", sa.Text(), nullable=True),
        sa.Column("isni", sa.Text(), nullable=True),
        sa.Column("dpid", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('person', 'company')", name="ck_parties_kind"),
        sa.PrimaryKeyConstraint("id", name="pk_parties"),
    )
    op.create_table(
        "artists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("sort_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="solo", nullable=False),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("keeps_style", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("image_id", sa.Uuid(), nullable=True),
        sa.Column("isni", sa.Text(), nullable=True),
        sa.Column("ipi", sa.Text(), nullable=True),
        sa.Column("names", pg.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("biographies", pg.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("store_ids", pg.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("links", pg.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("leaves_on", sa.Date(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(status = 'left') <= (leaves_on IS NOT NULL)", name="ck_artists_left"),
        sa.CheckConstraint("kind IN ('solo', 'band', 'other')", name="ck_artists_kind"),
        sa.CheckConstraint("status IN ('active', 'paused', 'left')", name="ck_artists_status"),
        sa.ForeignKeyConstraint(["image_id"], ["files.id"], name="fk_artists_image_id"),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name="fk_artists_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_artists"),
        sa.UniqueConstraint("key", name="uq_artists_key"),
    )
    op.create_index(
        "ix_artists_folded",
        "artists",
        ["folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"folded": "ext.gin_trgm_ops"},
    )
    op.create_index("ix_artists_image_id", "artists", ["image_id"], unique=False)
    op.create_index("ix_artists_name_key", "artists", ["name_key"], unique=False)
    op.create_index("ix_artists_party_id", "artists", ["party_id"], unique=False)
    op.create_table(
        "payees",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name="fk_payees_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payees"),
    )
    op.create_index("ix_payees_party_id", "payees", ["party_id"], unique=False)
    op.create_table(
        "artist_grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("rights", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=False),
        sa.Column("granted_at", MOMENT, nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "rights <@ '{money,releases,page}' AND cardinality(rights) > 0", name="ck_artist_grants_rights"
        ),
        sa.ForeignKeyConstraint(["artist_id"], ["artists.id"], name="fk_artist_grants_artist_id"),
        sa.ForeignKeyConstraint(["granted_by"], ["members.id"], name="fk_artist_grants_granted_by"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_artist_grants_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_artist_grants"),
    )
    op.create_index("ix_artist_grants_artist_id", "artist_grants", ["artist_id"], unique=False)
    op.create_index("ix_artist_grants_granted_by", "artist_grants", ["granted_by"], unique=False)
    op.create_index("ix_artist_grants_member_id", "artist_grants", ["member_id"], unique=False)
    op.create_table(
        "band_members",
        sa.Column("band_id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Text(), server_default="", nullable=False),
        sa.Column("since", sa.Text(), nullable=True),
        sa.Column("until", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["artist_id"], ["artists.id"], name="fk_band_members_artist_id"),
        sa.ForeignKeyConstraint(["band_id"], ["artists.id"], name="fk_band_members_band_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("band_id", "artist_id", name="pk_band_members"),
    )
    op.create_index("ix_band_members_artist_id", "band_members", ["artist_id"], unique=False)
    op.create_table(
        "contributors",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("isni", sa.Text(), nullable=True),
        sa.Column("ipi", sa.Text(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["artist_id"], ["artists.id"], name="fk_contributors_artist_id"),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name="fk_contributors_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contributors"),
    )
    op.create_index("ix_contributors_artist_id", "contributors", ["artist_id"], unique=False)
    op.create_index("ix_contributors_party_id", "contributors", ["party_id"], unique=False)
    op.create_index("uq_contributors_name_key", "contributors", ["name_key", "remark"], unique=True)


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
