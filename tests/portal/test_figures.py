"""The numbers that matter: who is told them, where they lead, and how they are drawn and written."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.contracts.rules.terms import Clause
from app.kernel.web.languages import spelling
from app.lists.rules import HEIGHT, WIDTH, Figure
from tests.factories.catalog import narrowed
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member
from tests.factories.money import MARCH, a_contract, a_payee, a_report, run_of, sold, terms, tracks_of

PLACES = ("/portal", "/portal/artists", "/portal/royalties", "/portal/payouts")
EARNED = "Earned by payees"


def entered(client_of, tenant, member):
    client = client_of(f"{tenant.slug}.localhost")
    assert client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD}).status_code == 303
    return client


@pytest.fixture
def published(tmp_path):
    """A label with a published period, and the run."""
    tenant = a_label()
    (recording,) = tracks_of(tenant, 1)
    a_contract(tenant, terms(a_payee(tenant, "Ada Ltd"), Clause(id="all", rate=Decimal("0.5"))))
    a_report(tenant, tmp_path, [sold(recording, Net="1234.50")])
    return tenant, run_of(tenant, MARCH)


def test_home_and_roster_tell_what_payees_earned_and_lead_to_the_run(client_of, published):
    tenant, run = published
    client = entered(client_of, tenant, a_member(tenant, role="owner"))
    for place in PLACES:
        shown = client.get(place).text
        assert EARNED in shown
        assert f'href="/portal/royalties/runs/{run.id}"' in shown
        assert "617.25" in shown
    part = client.get("/portal/artists", headers={"hx-request": "true", "hx-request-type": "partial"})
    assert EARNED not in part.text


@pytest.mark.parametrize("role", ["royalties", "accountant", "artist", "artist_manager"])
@pytest.mark.parametrize("part", [{"artists": ["ada"]}, {"imprints": ["blue"]}])
def test_who_sees_a_part_alone_is_told_nothing_of_the_whole_label(client_of, published, role, part):
    tenant, _ = published
    member = a_member(tenant, role=role)
    narrowed(tenant, member, **part)
    client = entered(client_of, tenant, member)
    for place in PLACES:
        shown = client.get(place).text
        assert EARNED not in shown
        assert "Owed to payees" not in shown
        assert "617.25" not in shown


def test_a_role_is_told_only_the_numbers_that_it_may_see(client_of, published):
    tenant, _ = published
    shown = entered(client_of, tenant, a_member(tenant, role="accountant")).get("/portal").text
    assert EARNED in shown
    assert "Releasing in 30 days" not in shown


def test_a_rivals_home_knows_nothing_of_it(client_of, published, rival):
    _, run = published
    shown = entered(client_of, rival, a_member(rival, role="owner")).get("/portal").text
    assert str(run.id) not in shown
    assert "617.25" not in shown


def test_days_and_amounts_are_written_as_where_the_reader_is(client_of, published):
    tenant, run = published
    client = entered(client_of, tenant, a_member(tenant, role="owner"))
    address = f"/portal/royalties/runs/{run.id}"
    assert "Mar 1, 2026" in client.get(address).text
    assert "1 Mar 2026" in client.get(address, headers={"accept-language": "en-GB,en;q=0.9"}).text


@pytest.mark.parametrize(
    ("language", "country", "locale"),
    [("en", "GB", "en_GB"), ("en", "", "en"), ("ar", "US", "ar"), ("en", "QQ", "en"), ("pt-BR", "PT", "pt_BR")],
)
def test_a_language_is_written_as_in_a_country_where_that_is_known(language, country, locale):
    assert spelling(language, country) == locale


def test_few_steps_are_columns_and_many_a_line_within_the_picture():
    few = Figure("Earned", 3, "/", before=2, course=(-4, 0, 2, 3))
    assert few.change == 0.5
    assert few.line == ""
    assert [box[3] for box in few.columns] == [1.5, 1.5, round(HEIGHT * 2 / 3, 1), HEIGHT]
    assert all(x >= 0 and x + width <= WIDTH and y >= 0 for x, y, width, _ in few.columns)
    many = Figure("Sales", 3, "/", course=tuple(range(28)))
    assert many.columns == []
    points = [tuple(map(float, point.split(","))) for point in many.line.split()]
    assert (points[0][0], points[-1][0]) == (0, WIDTH)
    assert all(0 <= y <= HEIGHT for _, y in points)


def test_what_has_no_before_has_no_change_and_one_step_no_picture():
    one = Figure("Earned", 3, "/", course=(3,))
    assert (one.change, one.columns, one.line) == (None, [], "")
