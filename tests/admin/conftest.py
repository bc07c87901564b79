"""The console as operators use it: over HTTP, signed in, with labels of the test's own."""

from __future__ import annotations

import re
from itertools import count

import pytest

from admin.service import add_operator
from app.kernel import db
from app.kernel.activity import Activity
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD

CONSOLE = "admin.localhost"
_numbers = count(1)


@pytest.fixture
def operator(client_of, connected):
    """Sign in an operator: their mail address and their browser."""

    def operator(language="en"):
        email = f"console-{next(_numbers)}@house.test"
        with db.platform_work() as session:
            add_operator(session, email=email, password=PASSWORD)
        client = client_of(CONSOLE)
        client.headers["accept-language"] = language
        assert client.post("/admin/sign-in", data={"email": email, "password": PASSWORD}).status_code == 303
        return email, client

    return operator


@pytest.fixture
def console(operator):
    """An operator's browser."""
    return operator()[1]


@pytest.fixture
def mine(connected):
    return a_label()


def cells(page, *, titled):
    """The rows of the table of this name, each a list of what its cells say."""
    table = re.search(rf'<div class="grid-wrap"[^>]*aria-label="{re.escape(titled)}".*?</table>', page.text, re.DOTALL)
    if table is None:
        return []
    body = table[0].partition("<tbody>")[2]
    rows = re.findall(r"<tr.*?</tr>", body, re.DOTALL)
    return [[said(cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL)] for row in rows]


def said(html):
    """A piece of a page as it is read."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def happened(tenant, action):
    """The rows that a label's own activity has of an action."""
    with db.tenant_read(tenant) as session:
        return session.query(Activity).filter_by(action=action).order_by(Activity.seq).all()
