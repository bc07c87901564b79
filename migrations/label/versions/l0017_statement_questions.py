"""Questions about lines of statements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "l0017"
down_revision = "l0016"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "statement_questions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.CheckConstraint("state IN ('open', 'answered')", name="ck_statement_questions_state"),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statements.id"], name="fk_statement_questions_statement_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_statement_questions"),
    )
    op.create_index("uq_statement_questions_line", "statement_questions", ["statement_id", "number"], unique=True)
    op.create_table(
        "question_notes",
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("is_answer", sa.Boolean(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["question_id"], ["statement_questions.id"], name="fk_question_notes_question_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("question_id", "position", name="pk_question_notes"),
    )


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
