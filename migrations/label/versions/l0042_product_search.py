"""Products are found as artists and releases are: without accents, with a slip of the finger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "l0042"
down_revision = "l0046"
branch_labels = None
depends_on = None
phase = "expand"

FOLDED = """
UPDATE products SET folded = trim(regexp_replace(lower(regexp_replace(normalize(
    title || ' ' || coalesce((SELECT string_agg(value, ' ') FROM jsonb_each_text(titles)), ''), NFKD),
    '[\u0300-\u036f]', '', 'g')), '[^[:alnum:]]+', ' ', 'g'))
"""


def upgrade() -> None:
    op.add_column("products", sa.Column("folded", sa.Text(), server_default="", nullable=False))
    op.execute(FOLDED)
    # A label has hundreds of products, not millions: the index is built in the time of one request.
    op.execute(
        "-- squawk-ignore require-concurrent-index-creation\n"
        "CREATE INDEX ix_products_folded ON products USING gin (folded ext.gin_trgm_ops)"
    )


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
