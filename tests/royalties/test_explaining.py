"""Which contract pays a sale, and why: the page's answer is what a run does."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.contracts.rules.fitting import Circumstances
from app.contracts.rules.terms import Clause, When
from app.contracts.schemas import Scope
from app.contracts.service import splitting
from app.kernel import db
from app.kernel.actor import Actor
from app.royalties.service.explaining import explain
from tests.contracts.desk import CONTRACTS, artist_named, recordings_of
from tests.factories.catalog import a_release
from tests.factories.labels import a_label
from tests.factories.money import a_contract, a_payee, a_period, a_report, a_run, statement, terms

SALE = Circumstances("DE", "stream", None, None, None, "csv", date(2026, 3, 1))


@pytest.fixture
def mine(connected):
    return a_label()


def test_the_most_specific_contract_pays_and_every_other_says_why_not(client_as, mine, tmp_path):
    release = a_release(mine, "Night", artists=["Ada"])
    first, second = recordings_of(mine, release)
    payee, streams = a_payee(mine), Clause(id="streams", rate=Decimal("0.3"), when=When(channels=("stream",)))
    rest = Clause(id="rest", rate=Decimal("0.1"))
    whole = a_contract(mine, terms(payee, rest), title="Whole label")
    artist = Scope("artist", artist_named(mine, "Ada").id)
    elder = a_contract(mine, terms(payee, rest), title="Elder", scopes=[artist], ends_on=date(2022, 1, 1))
    german = a_contract(mine, terms(payee, streams, rest), title="German", scopes=[Scope("release", release, "DE")])
    american = a_contract(mine, terms(payee, rest), title="American", scopes=[Scope("recording", first.id, "US")])
    points = a_contract(
        mine, terms(payee, rest), title="Points", kind="producer", scopes=[Scope("recording", first.id)]
    )
    with db.tenant_read(mine) as session:
        (piece,) = explain(session, first.id, None, SALE)
    fates = {tried.contract.title: tried.fate for tried in piece.tried}
    assert fates == {
        "American": "elsewhere", "Points": "pays", "German": "pays", "Elder": "over", "Whole label": "beaten",
    }  # fmt: skip
    assert [paying.contract.id for paying in piece.paying] == [german.id, points.id]
    assert [each.clause.id for each in piece.paying[0].clauses if each.is_chosen] == ["streams"]
    page = client_as(mine).get(f"{CONTRACTS}/explain?recording={first.id}&territory=DE&sold_on=2026-03-01").text
    for said in ("German", "This clause counts", "It is for another territory", "It had ended", "30 %"):
        assert said in page
    with db.tenant_work(mine) as session:
        first_row = session.merge(first)
        first_row.isrc = "QZABC2600001"
    row = {"ISRC": "QZABC2600001", "Title": first.title, "Territory": "DE", "Net": "100"}
    a_report(mine, tmp_path, [row])
    run = a_run(mine, a_period(mine, date(2026, 3, 1), date(2026, 3, 31)))
    assert statement(mine, run, payee, german).earned_micros == 30_000_000
    assert statement(mine, run, payee, points).earned_micros == 10_000_000
    assert {whole.id, elder.id, american.id, second.id}


def test_a_product_whose_tracks_have_deals_of_their_own_is_looked_at_track_by_track(client_as, mine):
    release = a_release(mine, "Night", artists=["Ada"])
    first, second = recordings_of(mine, release)
    payee, other = a_payee(mine), a_payee(mine)
    a_contract(mine, terms(payee), title="Whole")
    with db.tenant_work(mine) as session:
        halves = {payee.id: 500_000, other.id: 500_000}
        splitting.propose(session, Actor.system(mine), second.id, halves, effective_from=date(2026, 1, 1))
    with db.tenant_read(mine) as session:
        pieces = explain(session, None, release, SALE)
    assert {piece.recording: bool(piece.paying[0].sheet) for piece in pieces} == {first.id: False, second.id: True}
    page = client_as(mine).get(f"{CONTRACTS}/explain?release={release}").text
    assert "One of 2 equal parts" in page
    assert "divided by the split" in page


def test_a_sale_that_nobody_pays_says_so(client_as, mine):
    recording = recordings_of(mine, a_release(mine, "Night"))[0]
    client = client_as(mine)
    assert "No contract pays this sale" in client.get(f"{CONTRACTS}/explain?recording={recording.id}").text
    a_contract(mine, terms(a_payee(mine), Clause(id="x", rate=Decimal(1), when=When(channels=("sync",)))))
    page = client.get(f"{CONTRACTS}/explain?recording={recording.id}&channel=stream").text
    assert "No clause is about this sale" in page
    assert "Does not fit" in page
    assert client.get(f"{CONTRACTS}/explain?recording=x").status_code == 422
    assert client.get(f"{CONTRACTS}/explain?recording={recording.id}&sold_on=x").status_code == 422
