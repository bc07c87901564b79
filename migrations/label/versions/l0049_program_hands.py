"""Who made a program or took its secret: for duties apart, what the program did was done by them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0049"
down_revision = "l0037"
branch_labels = None
depends_on = None
phase = "expand"


def upgrade() -> None:
    op.create_table(
        "program_hands",
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("since", pg.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["members.id"], name="fk_program_hands_program_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_program_hands_member_id"),
        sa.PrimaryKeyConstraint("program_id", "member_id", name="pk_program_hands"),
    )
    op.create_index("ix_program_hands_member_id", "program_hands", ["member_id"], unique=False)
    op.execute(
        "INSERT INTO program_hands (program_id, member_id, since) "
        "SELECT c.member_id, m.id, min(took.at) FROM ("
        "SELECT id AS client, created_by AS member, created_at AS at FROM api_clients "
        "UNION ALL SELECT subject_id, actor_id, at FROM activity WHERE action = 'api.secret_rotated'"
        ") took JOIN api_clients c ON c.id = took.client JOIN members m ON m.id = took.member "
        "GROUP BY c.member_id, m.id"
    )


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
