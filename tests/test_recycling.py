"""The label of a test that has ended: what the next one gets of it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.kernel import db
from tests.factories import recycling
from tests.factories.catalog import a_release
from tests.factories.labels import a_label


@pytest.fixture
def places(connected, monkeypatch):
    """Nothing is free but what this test gives back."""
    monkeypatch.setattr(recycling, "_free", [])
    monkeypatch.setattr(recycling, "_underway", [])


def schemas(slug_of):
    with db.owner_work() as owner:
        return {name for (name,) in owner.execute("SELECT nspname FROM pg_namespace").fetchall()} & slug_of


def given_back(change=None):
    """A label that was used and is held no more; its id."""
    label = a_label()
    a_release(label, "Of before")
    if change:
        with db.owner_work() as owner:
            owner.execute(change.format(label.id).encode())
    known = label.id
    del label
    recycling.ended(may_be_used=True)
    return known


def content(label):
    with db.tenant_work(label) as session:
        tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")).all()
        return {name: session.scalar(text(f'SELECT count(*) FROM "{name}"')) for name in tables}


def starts(label):
    with db.tenant_work(label) as session:
        query = "SELECT sequencename, start_value, last_value FROM pg_sequences WHERE schemaname = current_schema() ORDER BY 1"
        return session.execute(text(query)).all()


def test_it_is_as_empty_as_a_new_one_and_has_nothing_of_the_old(places):
    first = a_label()
    fresh, sequences = content(first), starts(first)
    del first
    recycling._underway.clear()
    before = given_back()
    after = a_label()
    assert after.id != before
    assert schemas({before}) == set()
    assert recycling._free == []
    assert content(after) == fresh
    assert starts(after) == sequences
    a_release(after, "Of now")  # its keys are its own


def test_one_that_is_held_stays_whose_it_is(places):
    held = a_label()
    recycling.ended(may_be_used=True)
    other = a_label()
    assert schemas({held.id}) == {held.id}
    assert other.id != held.id


@pytest.mark.parametrize(
    "change",
    [
        'CREATE TABLE "{0}".marks (id int)',
        'ALTER TABLE "{0}".works ADD COLUMN more int',
        'DROP TABLE "{0}".saved_views',
        'CREATE FUNCTION "{0}".more() RETURNS int LANGUAGE sql RETURN 1',
    ],
)
def test_one_whose_tables_were_changed_is_nobodys(places, change):
    before = given_back(change)
    after = a_label()
    assert schemas({before, after.id}) == {before, after.id}
