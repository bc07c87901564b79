"""The ledger: accounts, postings that are only ever added, balances that the database keeps, and the chain over all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from migrations.label import LABEL_ROLE

revision = "l0012"
down_revision = "l0011"
branch_labels = None
depends_on = None
phase = "expand"

MOMENT = pg.TIMESTAMP(timezone=True)
OWN_XID = sa.text("pg_current_xact_id()::text::bigint")

# The schema is taken from the table that was written: a restore builds a label beside itself and renames it later.
# Balances are taken in the order of their accounts, so that two transactions wait for each other in one direction.
# `before_micros` is what a balance was when the transaction `xid` first touched it; `is_first` marks one row of each
# statement, by which the commit is checked once and not once an account.
KEEP = """
CREATE OR REPLACE FUNCTION keep_ledger_balances() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  own bigint := pg_current_xact_id()::text::bigint;
BEGIN
  IF EXISTS (SELECT FROM added WHERE xid <> own) THEN
    RAISE integrity_constraint_violation USING MESSAGE = 'a posting belongs to the transaction that wrote it';
  END IF;
  EXECUTE replace($sql$
    INSERT INTO here.ledger_balances AS kept (account_id, posted_micros, before_micros, xid, is_first)
    SELECT account_id, sum(micros), 0, $1, row_number() OVER (ORDER BY account_id) = 1
    FROM (SELECT debit_id, amount_micros FROM added UNION ALL SELECT credit_id, -amount_micros FROM added)
      moved (account_id, micros)
    GROUP BY account_id ORDER BY account_id
    ON CONFLICT (account_id) DO UPDATE SET
      posted_micros = kept.posted_micros + excluded.posted_micros,
      before_micros = CASE kept.xid WHEN excluded.xid THEN kept.before_micros ELSE kept.posted_micros END,
      xid = excluded.xid, is_first = excluded.is_first
  $sql$, 'here.', quote_ident(TG_TABLE_SCHEMA) || '.') USING own;
  RETURN NULL;
END $$
"""
CHECK = """
CREATE OR REPLACE FUNCTION check_ledger_balances() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  wrong uuid;
BEGIN
  EXECUTE replace($sql$
    WITH mine AS (
      SELECT account_id, sum(micros) AS micros FROM (
        SELECT debit_id, amount_micros FROM here.postings WHERE xid = $2
        UNION ALL
        SELECT credit_id, -amount_micros FROM here.postings WHERE xid = $2
      ) moved (account_id, micros) GROUP BY account_id
    ), named AS (SELECT $1 AS account_id, 0 AS micros WHERE NOT EXISTS (SELECT FROM mine WHERE account_id = $1))
    SELECT moved.account_id FROM (TABLE mine UNION ALL TABLE named) moved
    LEFT JOIN here.ledger_balances kept ON kept.account_id = moved.account_id
    WHERE kept.xid IS DISTINCT FROM $2 OR kept.posted_micros <> kept.before_micros + moved.micros
    LIMIT 1
  $sql$, 'here.', quote_ident(TG_TABLE_SCHEMA) || '.')
  INTO wrong USING coalesce(NEW.account_id, OLD.account_id), pg_current_xact_id()::text::bigint;
  IF wrong IS NOT NULL THEN
    RAISE integrity_constraint_violation
      USING MESSAGE = 'the balance of account ' || wrong || ' is not the sum of its postings';
  END IF;
  RETURN NULL;
END $$
"""
TRIGGERS = """
CREATE TRIGGER keep_balances AFTER INSERT ON postings REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION keep_ledger_balances();
CREATE CONSTRAINT TRIGGER check_new AFTER INSERT ON ledger_balances DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.is_first OR NEW.xid <> pg_current_xact_id()::text::bigint) EXECUTE FUNCTION check_ledger_balances();
CREATE CONSTRAINT TRIGGER check_changed AFTER UPDATE ON ledger_balances DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.is_first AND OLD.xid <> NEW.xid OR NEW.xid <> pg_current_xact_id()::text::bigint)
  EXECUTE FUNCTION check_ledger_balances();
CREATE CONSTRAINT TRIGGER check_gone AFTER DELETE ON ledger_balances DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  EXECUTE FUNCTION check_ledger_balances();
"""


def upgrade() -> None:
    op.create_table(
        "ledger_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid()),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="ck_ledger_accounts_currency"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_accounts"),
        sa.UniqueConstraint("id", "currency", name="uq_ledger_accounts_id"),
        sa.UniqueConstraint(
            "kind", "subject", "currency", postgresql_nulls_not_distinct=True, name="uq_ledger_accounts_kind"
        ),
    )
    op.create_index("ix_ledger_accounts_subject", "ledger_accounts", ["subject"])
    op.create_table(
        "postings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("xid", sa.BigInteger(), nullable=False, server_default=OWN_XID),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("debit_id", sa.Uuid(), nullable=False),
        sa.Column("credit_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text()),
        sa.Column("subject_id", sa.Uuid()),
        sa.Column("reverses_id", sa.Uuid()),
        sa.Column("posted_by", sa.Uuid()),
        sa.Column("posted_at", MOMENT, nullable=False),
        sa.Column("input_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("amount_micros > 0", name="ck_postings_amount"),
        sa.CheckConstraint("debit_id <> credit_id", name="ck_postings_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_postings"),
        # Both accounts are of the posting's currency: money that does not balance cannot be written down.
        sa.ForeignKeyConstraint(
            ["debit_id", "currency"], ["ledger_accounts.id", "ledger_accounts.currency"], name="fk_postings_debit_id"
        ),
        sa.ForeignKeyConstraint(
            ["credit_id", "currency"], ["ledger_accounts.id", "ledger_accounts.currency"], name="fk_postings_credit_id"
        ),
        sa.ForeignKeyConstraint(["reverses_id"], ["postings.id"], name="fk_postings_reverses_id"),
    )
    op.create_index("ix_postings_xid", "postings", ["xid", "seq"])
    op.create_index("ix_postings_debit_id", "postings", ["debit_id", "xid", "seq"])
    op.create_index("ix_postings_credit_id", "postings", ["credit_id", "xid", "seq"])
    op.create_index(
        "ix_postings_subject_id", "postings", ["subject_id"], postgresql_where=sa.text("subject_id IS NOT NULL")
    )
    op.create_index(
        "uq_postings_reverses_id",
        "postings",
        ["reverses_id"],
        unique=True,
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
    )
    op.create_table(
        "ledger_balances",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("posted_micros", sa.BigInteger(), nullable=False),
        sa.Column("before_micros", sa.BigInteger(), nullable=False),
        sa.Column("xid", sa.BigInteger(), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_ledger_balances"),
        sa.ForeignKeyConstraint(["account_id"], ["ledger_accounts.id"], name="fk_ledger_balances_account_id"),
    )
    op.create_table(
        "posting_seals",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_posting_seals"),
        sa.UniqueConstraint("posting_id", name="uq_posting_seals_posting_id"),
    )
    for statement in (KEEP, CHECK, TRIGGERS):
        op.execute(statement)
    op.execute("REVOKE EXECUTE ON FUNCTION keep_ledger_balances(), check_ledger_balances() FROM PUBLIC")
    op.execute(f"REVOKE UPDATE, DELETE ON ledger_accounts, postings, posting_seals FROM {LABEL_ROLE}")
    op.execute(f"REVOKE INSERT, UPDATE, DELETE ON ledger_balances FROM {LABEL_ROLE}")


def downgrade() -> None:
    raise NotImplementedError("label tables only go forward; restore a backup instead")
