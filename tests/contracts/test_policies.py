"""Who meets which contract, who decides what, and who answers for a share."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from app.contracts.models import ContractScope, Recoupable, SplitShare
from app.contracts.schemas import Scope
from app.contracts.service import splitting
from app.kernel import db
from app.kernel.actor import Actor
from app.roster.models import Imprint
from tests.contracts.desk import CONTRACTS, SPLITS, artist_named, recordings_of, signed_in, tied, typed
from tests.factories.catalog import a_release, narrowed
from tests.factories.labels import a_label
from tests.factories.members import a_member
from tests.factories.money import a_contract, a_cost, a_payee, terms


@pytest.fixture
def mine(connected):
    return a_label()


@pytest.fixture
def deals(mine):
    """A contract on each level, of Ada's things and of Eve's, and one about everything."""
    payee = a_payee(mine)
    found = {"everything": a_contract(mine, terms(payee), title="About everything")}
    for name in ("Ada", "Eve"):
        release = a_release(mine, f"By {name}", artists=[name], label=f"{name}'s imprint")
        recording = recordings_of(mine, release)[0]
        with db.tenant_read(mine) as session:
            imprint = session.scalars(select(Imprint.id).where(Imprint.name == f"{name}'s imprint")).one()
        for level, subject in (
            ("imprint", imprint), ("artist", artist_named(mine, name).id), ("release", release),
            ("recording", recording.id),
        ):  # fmt: skip
            title = f"{name}, {level}"
            found[title] = a_contract(mine, terms(payee), title=title, scopes=[Scope(level, subject)])
    found["both"] = a_contract(
        mine,
        terms(payee),
        title="Ada and Eve",
        scopes=[Scope("release", release, "DE"), Scope("artist", artist_named(mine, "Ada").id, "DE")],
    )
    return found


def seen_by(client, deals):
    page = client.get(CONTRACTS).text
    return {title for title, deal in deals.items() if f"{CONTRACTS}/{deal.id}" in page}


def test_whoever_is_narrowed_meets_contracts_that_lie_in_their_scope(client_as, client_of, mine, deals):
    assert seen_by(client_as(mine), deals) == set(deals)
    by_artist = a_member(mine, role="legal")
    narrowed(mine, by_artist, artists=["ada"])
    client = signed_in(client_of, mine, by_artist)
    assert seen_by(client, deals) == {"Ada, artist", "Ada, release", "Ada, recording"}
    for title, deal in deals.items():
        expected = 200 if title in ("Ada, artist", "Ada, release", "Ada, recording") else 404
        assert client.get(f"{CONTRACTS}/{deal.id}").status_code == expected, title
    assert "Eve" not in client.get(f"{CONTRACTS}/export").text
    by_imprint = a_member(mine, role="legal")
    narrowed(mine, by_imprint, imprints=["ada-s-imprint"])
    found = seen_by(signed_in(client_of, mine, by_imprint), deals)
    assert {"Ada, imprint", "Ada, release", "Ada, recording"} <= found
    assert not [title for title in found if "Eve" in title or title in ("everything", "both")]


def test_each_role_meets_what_its_permissions_say(client_as, mine, deals):
    deal = deals["everything"]
    legal, royalties, product = (client_as(mine, role) for role in ("legal", "royalties", "product"))
    for path in (CONTRACTS, f"{CONTRACTS}/{deal.id}", f"{CONTRACTS}/export", f"{CONTRACTS}/explain"):
        assert product.get(path).status_code == 403, path
        assert royalties.get(path).status_code == 200, path
    for path in ("edit", "end", "costs", "collateral"):
        answer = royalties.post(f"{CONTRACTS}/{deal.id}/{path}", data={"on": "2030-01-01"}, files={"receipt": b""})
        assert answer.status_code in (400, 403, 405), path
    assert royalties.get(f"{CONTRACTS}/new").status_code == 403
    assert legal.get(f"{CONTRACTS}/new").status_code == 200
    assert legal.get(f"{CONTRACTS}/{deal.id}/edit").status_code == 200


def test_nobody_writes_a_contract_about_what_lies_outside_their_scope(client_as, client_of, mine, deals):
    client_as(mine)
    ada = a_payee(mine, "Ada Ruiz")
    tied(mine, artist_named(mine, "Ada"), ada)
    scoped = a_member(mine, role="legal")
    narrowed(mine, scoped, artists=["ada"])
    client = signed_in(client_of, mine, scoped)
    eve = artist_named(mine, "Eve").id
    for said in ({"everything": "1"}, {"everything": "", "scope": "1", "s1_subject": f"artist:{eve}"}):
        answer = client.post(CONTRACTS, data=typed(ada, **said))
        assert answer.status_code == 422
        assert "Choose what the contract is about" in answer.text
    mine_alone = f"artist:{artist_named(mine, 'Ada').id}"
    good = typed(ada, everything="", scope="1", s1_subject=mine_alone, s1_territories="FR")
    assert client.post(CONTRACTS, data=good).status_code == 303
    foreign = typed(a_payee(mine), everything="", scope="1", s1_subject=mine_alone)
    answer = client.post(CONTRACTS, data=foreign)
    assert answer.status_code == 422
    assert "Choose payees from the list" in answer.text
    with db.tenant_read(mine) as session:
        assert session.scalars(select(ContractScope).where(ContractScope.territory == "FR")).one()


def test_a_cost_of_another_contract_is_not_found(client_as, mine, deals):
    first, second = deals["everything"], deals["both"]
    from app.contracts.service import recouping

    with db.tenant_work(mine) as session:
        cost = recouping.propose(session, Actor.system(mine), first, a_cost("5"))
    client = client_as(mine)
    assert client.post(f"{CONTRACTS}/{second.id}/costs/{cost.id}/approval").status_code == 404
    assert client.post(f"{CONTRACTS}/{first.id}/costs/{cost.id}/approval").status_code == 303
    with db.tenant_read(mine) as session:
        assert session.get_one(Recoupable, cost.id).state == "approved"


def test_a_split_is_proposed_and_each_share_confirmed_or_contested(client_as, mine):
    release = a_release(mine, "Shared", artists=["Ada"])
    recording = recordings_of(mine, release)[0]
    one, two = a_payee(mine, "One"), a_payee(mine, "Two")
    client, address = client_as(mine), f"{SPLITS}/{recording.id}"
    assert "Nobody shares" in client.get(address).text
    said = {"effective_from": "2026-01-01", "share": ["1", "2"], "h1_payee": str(one.id), "h1_percent": "33,3333"}
    said |= {"h2_payee": str(two.id), "h2_percent": "70"}
    over = client.post(address, data=said)
    assert over.status_code == 422
    assert "at most 100" in over.text
    assert 'value="33,3333"' in over.text
    assert client.post(address, data=said | {"h2_percent": "50"}).status_code == 303
    page = client.get(address).text
    assert "33.3333 %" in page
    assert "The rest stays with the contract" in page
    sheet = shares(mine)[0].sheet_id
    answer = f"{SPLITS}/sheets/{sheet}/payees"
    assert client.post(f"{answer}/{one.id}/confirmation", data={"note": "By phone"}).status_code == 303
    assert client.post(f"{answer}/{two.id}/contest", data={"note": "Wants more"}).status_code == 303
    assert {share.payee_id: share.state for share in shares(mine)} == {one.id: "confirmed", two.id: "contested"}
    assert "Wants more" in client.get(address).text
    assert "A share in a recording is contested" in client.get(address).text
    assert client.post(f"{answer}/{recording.id}/contest", data={}).status_code == 404
    royalties = client_as(mine, "royalties")
    assert royalties.get(address).status_code == 200
    assert royalties.post(f"{answer}/{one.id}/contest", data={}).status_code == 403
    assert royalties.post(address, data=said).status_code == 403


def test_an_artist_answers_for_their_own_share_and_no_other(client_of, mine):
    recording = recordings_of(mine, a_release(mine, "Shared", artists=["Ada", "Eve"]))[0]
    own, other = a_payee(mine, "Ada Ruiz"), a_payee(mine, "Eve Stone")
    tied(mine, artist_named(mine, "Ada"), own)
    unrelated = recordings_of(mine, a_release(mine, "Not hers", artists=["Eve"]))[0]
    with db.tenant_work(mine) as session:
        halves = {own.id: 500_000, other.id: 500_000}
        actor, day = Actor.system(mine), date(2026, 1, 1)
        sheet = splitting.propose(session, actor, recording.id, halves, effective_from=day)
        splitting.propose(session, actor, unrelated.id, {other.id: 1}, effective_from=day)
    singer = a_member(mine, role="artist")
    narrowed(mine, singer, artists=["ada"])
    client = signed_in(client_of, mine, singer)
    assert "Ada Ruiz" in client.get(f"{SPLITS}/{recording.id}").text
    assert client.get(f"{SPLITS}/{unrelated.id}").status_code == 404
    answer = f"{SPLITS}/sheets/{sheet.id}/payees"
    assert client.post(f"{answer}/{own.id}/confirmation", data={}).status_code == 303
    assert client.post(f"{answer}/{other.id}/confirmation", data={}).status_code == 403
    assert client.post(f"{SPLITS}/{recording.id}", data={"share": "1"}).status_code == 403
    assert {share.payee_id: share.state for share in shares(mine, sheet.id)}[own.id] == "confirmed"


def shares(tenant, sheet=None):
    query = select(SplitShare)
    with db.tenant_read(tenant) as session:
        return list(session.scalars(query.where(SplitShare.sheet_id == sheet) if sheet else query))


def test_the_roster_tells_when_an_artists_contract_ends_to_those_who_see_it(client_as, client_of, mine):
    a_release(mine, "One", artists=["Ada"])
    artist = artist_named(mine, "Ada")
    scopes = [Scope("artist", artist.id)]
    a_contract(mine, terms(a_payee(mine)), title="Ends once", scopes=scopes, ends_on=date(2077, 3, 9))
    assert "Mar 9, 2077" in client_as(mine).get("/portal/artists").text
    assert "Ends once" in client_as(mine).get(f"/portal/artists/{artist.id}").text
    manager = a_member(mine, role="artist_manager")
    narrowed(mine, manager, artists=["ada"])
    assert "Mar 9, 2077" in signed_in(client_of, mine, manager).get("/portal/artists").text
    product = client_as(mine, "product")
    assert "Mar 9, 2077" not in product.get("/portal/artists").text
    assert "Ends once" not in product.get(f"/portal/artists/{artist.id}").text


def test_a_rival_finds_no_contract_and_no_split(client_as, mine, rival, deals):
    stranger = client_as(rival)
    deal = deals["Ada, recording"]
    recording = recordings_of(mine, a_release(mine, "Ours"))[0]
    for path in (f"{CONTRACTS}/{deal.id}", f"{CONTRACTS}/{deal.id}/edit", f"{SPLITS}/{recording.id}"):
        assert stranger.get(path).status_code == 404, path
    assert "Ada, recording" not in stranger.get(CONTRACTS).text
    assert stranger.get(f"{CONTRACTS}/explain?recording={recording.id}").status_code == 422
