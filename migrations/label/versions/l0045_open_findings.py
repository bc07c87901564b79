"""How many findings wait on a release, kept beside it: the roster adds up releases, never findings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "l0045"
down_revision = "l0036"
branch_labels = None
depends_on = None
phase = "expand"


def upgrade() -> None:
    op.add_column("releases", sa.Column("open_findings", sa.Integer(), server_default="0", nullable=False))
    op.execute(
        "UPDATE releases SET open_findings = counted.n FROM (SELECT release_id, count(*) AS n FROM findings "
        "WHERE severity IN ('block', 'warn') GROUP BY release_id) counted WHERE counted.release_id = releases.id"
    )


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
