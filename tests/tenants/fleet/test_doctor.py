"""The doctor is silent about what is healthy, and names every way in which a label or a role differs."""

from __future__ import annotations

import pytest

from app.kernel.db.database import owner_session, raw_owner_connection
from app.main.commands.doctor import books
from migrations.compiled import label_head
from tenants.fleet.doctor import Finding, examine, render_head, role_problems
from tenants.fleet.fingerprint import HEAD_FILE, Fingerprint, head_fingerprint
from tenants.provisioning.skeleton import build_label
from tenants.provisioning.spares import LABELS_PER_CELL
from tests.factories.labels import the_label

DRIFTS = {
    "ALTER TABLE {l}.members DROP COLUMN language": "column members.language is missing",
    "ALTER TABLE {l}.members ADD COLUMN shoe_size int": "column members.shoe_size does not belong there",
    "ALTER TABLE {l}.members ALTER COLUMN name DROP NOT NULL": "column members.name is",
    "ALTER TABLE {l}.members ALTER COLUMN name TYPE varchar(20)": "column members.name is",
    "ALTER TABLE {l}.members ALTER COLUMN name SET DEFAULT 'x'": "column members.name is",
    "CREATE TABLE {l}.stray (n int)": "table stray does not belong there",
    "DROP TABLE {l}.invitations CASCADE": "table invitations is missing",
    "CREATE INDEX ix_stray ON {l}.members (name)": "index ix_stray does not belong there",
    "ALTER TABLE {l}.members ADD CHECK (name <> 'x')": "constraint members.members_name_check does not belong there",
    "ALTER TABLE {l}.activity DISABLE TRIGGER ALL": "trigger activity.",
    "GRANT SELECT ON {l}.members TO {rival}": "table members is",
    "GRANT SELECT ON {l}.members TO PUBLIC": "table members is",
    "GRANT UPDATE ON {l}.activity TO {l}": "table activity is",
    "REVOKE INSERT ON {l}.members FROM {l}": "table members is",
    "ALTER TABLE {l}.members ENABLE ROW LEVEL SECURITY": "table members is",
    "CREATE OR REPLACE FUNCTION {l}.keep_ledger_balances() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN END $$": (
        "function keep_ledger_balances is"
    ),
    "GRANT EXECUTE ON FUNCTION {l}.keep_ledger_balances() TO PUBLIC": "function keep_ledger_balances is",
    "GRANT UPDATE ON {l}.ledger_balances TO {l}": "table ledger_balances is",
    "CREATE VIEW {l}.window AS SELECT 1 AS n": "table window does not belong there",
    "DROP SCHEMA {l} CASCADE": "has no schema",
}

ROLE_DRIFTS = {
    "ALTER ROLE boptone_login CREATEDB": "the role boptone_login has more rights than to sign in",
    "ALTER ROLE boptone_login INHERIT": "the role boptone_login has more rights than to sign in",
    "ALTER TABLE {l}.members OWNER TO boptone_login": "the role boptone_login owns something",
    "ALTER ROLE {l} LOGIN": "a label's role may sign in or has rights beyond its schema",
    "ALTER ROLE {l} BYPASSRLS": "a label's role may sign in or has rights beyond its schema",
    "GRANT {rival} TO {l}": "a label's role is a member of another role",
    "GRANT SELECT ON {l}.members TO boptone_platform": "the role boptone_platform may read a label's table",
    "GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO PUBLIC": "everyone may call set_config",
    "GRANT TEMPORARY ON DATABASE {database} TO PUBLIC": "everyone may create schemas or temporary tables",
}


CROWD = f"more than {LABELS_PER_CELL} label roles hang on one login; open another cell"
"""True of a server on which a whole suite opens its labels, and told of nothing but that."""


def examined(settings):
    return [finding for finding in examine(settings) if finding.problem != CROWD]


def rights(owner):
    return [problem for problem in role_problems(owner) if problem != CROWD]


def findings_of(settings, label):
    return [finding.problem for finding in examined(settings) if finding.label == label]


def test_more_labels_than_a_cell_is_for_are_named(fleet):
    with raw_owner_connection(fleet, "home") as owner, owner.transaction(force_rollback=True):
        for number in range(LABELS_PER_CELL + 2):
            owner.execute(f"CREATE ROLE crowd_{number}")
            owner.execute(f"GRANT crowd_{number} TO boptone_login")
        assert CROWD in role_problems(owner)


def test_a_healthy_fleet_has_no_findings(fleet, spares):
    spares(2)
    assert examined(fleet) == []


@pytest.mark.parametrize("change", sorted(DRIFTS))
def test_the_doctor_names_what_differs_and_whose_it_is(fleet, change):
    label, rival = the_label("canary").id, the_label("rival").id
    with raw_owner_connection(fleet, "home") as owner:
        owner.execute(change.format(l=label, rival=rival))
    problems = findings_of(fleet, "canary")
    assert any(problem.startswith(DRIFTS[change]) for problem in problems), problems
    assert findings_of(fleet, "rival") == []


@pytest.mark.parametrize("change", sorted(ROLE_DRIFTS))
def test_the_doctor_names_a_right_too_many(fleet, change):
    label, rival = the_label("canary").id, the_label("rival").id
    with raw_owner_connection(fleet, "home") as owner, owner.transaction(force_rollback=True):
        assert rights(owner) == []  # roles belong to the whole server: the change is never committed
        owner.execute(change.format(l=label, rival=rival, database=owner.info.dbname))
        problems = rights(owner)
    assert any(problem.startswith(ROLE_DRIFTS[change]) for problem in problems), problems


def test_an_invalid_index_and_an_unproven_constraint_are_named(fleet):
    label = the_label("canary").id
    with raw_owner_connection(fleet, "home") as owner:
        name = owner.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass AND NOT indisprimary LIMIT 1",
            [f"{label}.members"],
        ).fetchone()[0]
        owner.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [name])
        owner.execute(f"ALTER TABLE {label}.members ADD CONSTRAINT later CHECK (name <> '') NOT VALID")
    problems = " ".join(findings_of(fleet, "canary"))
    assert "(invalid)" in problems
    assert "constraint members.later does not belong there" in problems


def test_a_schema_nobody_knows_is_named_and_a_foreign_one_is_left_alone(fleet):
    stray = "l_" + "0" * 26
    with owner_session(fleet, "home") as owner:
        with owner.transaction():
            build_label(owner, stray)
        owner.execute(f"CREATE SCHEMA l_{'1' * 26}")
    problems = [finding.problem for finding in examined(fleet)]
    assert problems == [f"schema {stray} carries our marker and no label has it"]
    with raw_owner_connection(fleet, "home") as owner:
        owner.execute(f"DROP SCHEMA {stray} CASCADE; DROP ROLE {stray}")


def test_a_label_that_waits_or_is_quarantined_is_told_so(fleet):
    with owner_session(fleet, "home") as owner:
        owner.execute("UPDATE shared.tenants SET schema_revision = 'l0001' WHERE slug = 'canary'")
        owner.execute("UPDATE shared.tenants SET quarantine = 'l0002: it broke' WHERE slug = 'rival'")
    assert findings_of(fleet, "canary") == [f"is at revision l0001, head is {label_head()}; run `boptone migrate`"]
    assert findings_of(fleet, "rival") == ["is quarantined: l0002: it broke"]


def test_a_label_in_a_cell_that_the_settings_do_not_know_is_named_and_the_others_are_examined(fleet):
    with owner_session(fleet, "home") as owner:
        owner.execute("UPDATE shared.tenants SET cell = 'east' WHERE slug = 'rival'")
        owner.execute(f"ALTER TABLE {the_label('canary').id}.members ADD COLUMN shoe_size int")
    problem = "lies in the cell east, which the settings do not know; name its database in CELL_URLS"
    assert [finding for finding in examined(fleet) if finding.label == "rival"] == [Finding("east", "rival", problem)]
    assert findings_of(fleet, "canary") == ["column members.shoe_size does not belong there"]
    assert books(fleet) == []


def test_the_rendered_fingerprint_is_fresh(fleet):
    kept = HEAD_FILE.read_bytes()
    try:
        rendered = render_head(fleet)
        assert HEAD_FILE.read_bytes() == kept, "run `boptone migrate --render`"
        assert rendered == head_fingerprint()
        assert rendered.revision == label_head()
    finally:
        HEAD_FILE.write_bytes(kept)


def test_two_fingerprints_with_the_same_objects_have_the_same_digest():
    one = Fingerprint("l1", {"a": "x", "b": "y"})
    assert one.digest == Fingerprint("l2", {"b": "y", "a": "x"}).digest
    assert one.digest != Fingerprint("l1", {"a": "x", "b": "z"}).digest
