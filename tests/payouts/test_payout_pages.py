"""Payouts as people see and ask for them: quotes, double clicks, approval, accounts, runs, and whose money it is."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update

from app.kernel import db, mail
from app.payouts.models import Payout, PayoutMethod
from app.payouts.service import sending
from app.roster.models import Artist
from tests.factories.catalog import narrowed
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member
from tests.factories.payouts import a_day_later, an_iban, ask, check_books, four_numbers, owed, the_payout
from tests.identity.post import work

EUR = 1_000_000


@pytest.fixture
def label(connected):
    return a_label()


@pytest.fixture
def payee(label, tmp_path):
    return owed(label, tmp_path)[0]


@pytest.fixture
def artist(client_of, label, payee):
    """The artist behind the payee, signed in."""
    return an_artist(client_of, label, payee)


def an_artist(client_of, label, payee):
    with db.tenant_work(label) as session:
        act = session.scalars(select(Artist).order_by(Artist.created_at).limit(1)).one()
        act.party_id = payee.party_id
        key = act.key
    member = a_member(label, role="artist")
    narrowed(label, member, artists=[key])
    client = client_of(f"{label.slug}.localhost")
    assert client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD}).status_code == 303
    return client


def confirmed(client, address, **asked):
    """The quote's own form, filled as the page gives it."""
    shown = client.get(f"{address}/quote", params={"currency": "EUR", **asked})
    assert shown.status_code == 200, shown.text
    form = shown.text[
        shown.text.rindex('<form method="post" action="/portal/payees') if "/portal/payees" in address else 0 :
    ]
    return dict(re.findall(r'name="(currency|speed|key|amount)" value="([^"]*)"', form)), shown.text


def test_a_quote_tells_every_part_before_anybody_confirms(client_as, label, payee):
    client = client_as(label)
    form, text = confirmed(client, f"/portal/payees/{payee.id}", amount="100", speed="instant")
    for said in ("€100.00", "-€10.00", "-€0.90", "€89.10", "10%", "90%", "1%"):
        assert said in text, said
    assert (form["speed"], form["amount"]) == ("instant", "100.000000")
    assert four_numbers(label, payee) == (1000 * EUR, 0, 0, 0), "looking costs nothing"


def test_a_double_click_is_one_payout(client_as, label, payee):
    client, address = client_as(label), f"/portal/payees/{payee.id}"
    form, _ = confirmed(client, address, amount="100", speed="standard")
    first, second = (client.post(f"{address}/payouts", data=form) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert four_numbers(label, payee)[2] == 100 * EUR
    changed = client.post(f"{address}/payouts", data=form | {"amount": "200"})
    assert changed.status_code == 422
    assert "sent before with other details" in changed.text


def test_past_the_days_cap_the_quote_says_standard_before_anybody_confirms(client_as, label, tmp_path):
    (rich,) = owed(label, tmp_path, ["300000"])
    form, text = confirmed(client_as(label), f"/portal/payees/{rich.id}", speed="instant")
    assert "No more can be paid instantly today" in text
    assert form["speed"] == "standard"


@pytest.mark.parametrize("amount", ["0", "-5", "1e3", "NaN", "12.345", "abc", "9" * 40, "1000.01", "5"])
def test_an_amount_that_is_none_is_refused_in_a_sentence(client_as, label, payee, amount):
    client = client_as(label)
    answer = client.get(f"/portal/payees/{payee.id}/quote", params={"currency": "EUR", "amount": amount})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert four_numbers(label, payee)[2] == 0


@pytest.mark.parametrize("field", [{"currency": "XXY"}, {"speed": "at once"}, {"state": "paid"}, {"payee": "x"}])
def test_a_form_with_something_else_in_it_moves_nothing(client_as, label, payee, field):
    client, address = client_as(label), f"/portal/payees/{payee.id}"
    form, _ = confirmed(client, address, amount="100")
    assert client.post(f"{address}/payouts", data=form | field).status_code in (400, 422)
    assert four_numbers(label, payee)[2] == 0


def test_an_artist_is_paid_and_reads_the_receipt(artist, client_as, label, payee):
    address = f"/portal/payees/{payee.id}"
    form, _ = confirmed(artist, address, amount="100", speed="standard")
    place = artist.post(f"{address}/payouts", data=form).headers["location"]
    sending.send_due(label)
    a_day_later(label)
    shown = artist.get(place)
    assert "Paid" in shown.text
    assert "€90.00" in shown.text
    answer = artist.get(f"{place}/receipt")
    assert answer.content.startswith(b"%PDF"), answer.text
    check_books(label)


def test_an_artist_finds_nothing_of_another_payees(artist, client_as, label, payee, tmp_path):
    with db.tenant_work(label) as session:
        other = session.get_one(Payout, ask(label, payee, 5_000)[0].id)
    stranger = owed_other(label, tmp_path)
    for path in (f"/portal/payees/{stranger.id}", f"/portal/payees/{stranger.id}/accounts"):
        assert artist.get(path).status_code == 404
    theirs = ask(label, stranger, 5_000)[0]
    for path in (f"/portal/payouts/{theirs.id}", f"/portal/payouts/{theirs.id}/receipt"):
        assert artist.get(path).status_code == 404
    assert artist.post(f"/portal/payouts/{theirs.id}/cancellation").status_code == 404
    assert artist.get("/portal/payouts/runs").status_code == 403
    assert artist.get(f"/portal/payouts/{other.id}").status_code == 200
    assert str(theirs.id) not in artist.get("/portal/payouts").text


def owed_other(label, folder):
    from tests.factories.money import APRIL, a_contract, a_payee, a_report, run_of, sold, terms, tracks_of
    from tests.factories.payouts import a_method

    (recording,) = tracks_of(label, 1)
    stranger = a_payee(label, currency="EUR")
    from app.contracts.schemas import Scope

    a_contract(label, terms(stranger, currency="EUR"), scopes=[Scope("recording", recording.id)])
    a_report(label, folder, [sold(recording, Net="2000", Currency="EUR")], month=APRIL[0])
    run_of(label, APRIL)
    a_method(label, stranger)
    return stranger


def test_a_manager_who_only_looks_asks_for_nothing(client_of, label, payee):
    with db.tenant_work(label) as session:
        act = session.scalars(select(Artist).limit(1)).one()
        act.party_id = payee.party_id
        key = act.key
    member = a_member(label, role="artist_manager")
    narrowed(label, member, artists=[key])
    client = client_of(f"{label.slug}.localhost")
    client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    assert client.get(f"/portal/payees/{payee.id}").status_code == 200
    assert client.get(f"/portal/payees/{payee.id}/quote", params={"currency": "EUR"}).status_code == 403
    assert client.get(f"/portal/payees/{payee.id}/accounts").status_code == 403


def test_an_account_is_added_announced_frozen_and_never_shown_whole(artist, label, payee):
    iban, address = an_iban("7788"), f"/portal/payees/{payee.id}/accounts"
    with db.tenant_work(label) as session:
        from app.roster.models import Party

        session.execute(update(Party).where(Party.id == payee.party_id).values(email="ada@old.test"))
    wrong = artist.post(address, data={"scheme": "iban", "holder": "Ada", "number": iban[:-1] + "1"})
    assert wrong.status_code == 422
    form = {"scheme": "iban", "holder": "Ada", "number": f"{iban[:4]} {iban[4:8]}-{iban[8:].lower()}"}
    assert artist.post(address, data=form).status_code == 303
    assert artist.post(address, data=form).status_code == 422, "the same account again"
    page = artist.get(address).text
    assert iban not in page
    assert "7788" in page
    work()
    told = [one for one in mail.caught(db.current().settings, label.id) if "ada@old.test" in str(one.to)]
    assert told
    assert iban not in told[-1].text
    with db.tenant_read(label) as session:
        newest = session.scalars(select(PayoutMethod).order_by(PayoutMethod.added_at.desc()).limit(1)).one()
        assert iban.encode() not in newest.sealed


def test_shares_of_accounts_must_be_whole(artist, label, payee):
    address = f"/portal/payees/{payee.id}"
    artist.post(f"{address}/accounts", data={"scheme": "iban", "holder": "Ada", "number": an_iban("7789")})
    with db.tenant_read(label) as session:
        keys = [str(each) for each in session.scalars(select(PayoutMethod.id).where(PayoutMethod.payee_id == payee.id))]
    for shares in (["50", "49"], ["100", "0"], ["150", "-50"], ["x", "50"]):
        assert artist.post(f"{address}/shares", data={"method": keys, "share": shares}).status_code == 422
    assert artist.post(f"{address}/shares", data={"method": keys, "share": ["70", "30"]}).status_code == 303


def test_a_schedule_is_kept_and_a_senseless_one_refused(artist, label, payee):
    address = f"/portal/payees/{payee.id}"
    for form in ({"rhythm": "weekly", "weekday": "8"}, {"rhythm": "monthly", "day": "0"}, {"rhythm": "hourly"}):
        assert artist.post(f"{address}/schedule", data=form).status_code == 422
    assert artist.post(f"{address}/schedule", data={"rhythm": "monthly", "day": "31"}).status_code == 303
    assert "next on" in artist.get(f"{address}/accounts").text


def test_a_run_is_prepared_by_one_and_approved_by_another(client_as, label, tmp_path):
    payees = owed(label, tmp_path, ["1000", "9500", "5", "700"])
    maker, checker = client_as(label, role="royalties"), client_as(label, role="finance_approver")
    place = maker.post("/portal/payouts/runs").headers["location"]
    page = maker.get(place).text
    assert "Less than the least that is paid" in page
    with db.tenant_read(label) as session:
        from app.payouts.models import PayoutRunLine

        line = session.scalars(select(PayoutRunLine).where(PayoutRunLine.payee_id == payees[3].id)).one()
    maker.post(f"{place}/lines", data={"line": [str(line.number)], "excluded": "1"})
    assert maker.post(f"{place}/submission").status_code == 303
    assert maker.post(f"{place}/approval", data={"batch_hash": "x"}).status_code == 403
    assert checker.post(f"{place}/approval", data={"batch_hash": "0" * 64}).status_code == 422
    seen = re.search(r'name="batch_hash" value="([0-9a-f]{64})"', checker.get(place).text)[1]
    assert checker.post(f"{place}/approval", data={"batch_hash": seen}).status_code == 303
    assert checker.post(f"{place}/approval", data={"batch_hash": seen}).status_code in (409, 422)
    sending.send_due(label)
    a_day_later(label)
    with db.tenant_read(label) as session:
        paid = {row.gross_micros: row.id for row in session.scalars(select(Payout).where(Payout.state == "paid"))}
    assert set(paid) == {1000 * EUR, 9500 * EUR}
    told = checker.get(f"/portal/payouts/{paid[1000 * EUR]}").text.partition("What the bank was told")[2]
    said = set(re.findall(r"<span>(\w[^<]*)</span>", told.partition("</section>")[0]))
    assert "On its way" in said, "the bank's word is said in the reader's"
    assert "accepted" not in said
    check_books(label)


def test_a_label_promises_more_and_never_less(client_as, label):
    owner = client_as(label)
    form = {"rail": "sandbox", "fee": "0.5", "currency": ["EUR"], "minimum": ["10"], "match": "0"}
    assert owner.post("/portal/settings/payouts", data=form | {"fee": "1.5"}).status_code == 422
    assert owner.post("/portal/settings/payouts", data=form | {"minimum": ["25"]}).status_code == 422
    assert owner.post("/portal/settings/payouts", data=form).status_code == 303
    assert owner.post("/portal/settings/payouts", data=form).status_code == 422, "somebody else saved meanwhile"
    assert client_as(label, role="royalties").post("/portal/settings/payouts", data=form).status_code == 403


def test_a_disputed_amount_is_held_and_a_second_person_renews(client_as, label, payee):
    one, two = client_as(label), client_as(label)
    address, letter = f"/portal/payees/{payee.id}/holds", {"evidence": ("letter.txt", b"That is my sample.")}
    form = {"currency": "EUR", "amount": "150", "reason": "A sample is disputed"}
    assert one.post(address, data=form | {"amount": "2000"}, files=letter).status_code == 422
    assert "letter.txt" not in one.get("/portal/files").text, "of what was refused nothing stands among all files"
    assert one.post(address, data=form, files=letter).status_code == 303
    assert four_numbers(label, payee) == (850 * EUR, 0, 0, 150 * EUR)
    page = one.get(f"/portal/payees/{payee.id}").text
    assert "A sample is disputed" in page
    shown = re.search(r"/portal/files/[0-9a-f-]{36}", page)[0]
    assert two.get(two.get(shown).headers["location"]).content == b"That is my sample."
    for other in (client_as(label, role="product"), client_as(a_label())):
        assert other.get(shown).status_code == 404
    assert one.post("/portal/files/removals", data={"id": shown.rpartition("/")[2]}).status_code == 409
    assert two.get(shown).status_code == 303, "what shows it stays"
    hold = re.search(r"/portal/holds/([0-9a-f-]{36})/renewal", page)[1]
    assert one.post(f"/portal/holds/{hold}/renewal").status_code in (403, 409)
    assert two.post(f"/portal/holds/{hold}/renewal").status_code == 303
    assert two.post(f"/portal/holds/{hold}/release").status_code == 303
    assert four_numbers(label, payee) == (1000 * EUR, 0, 0, 0)
    check_books(label)


def test_a_file_for_the_bank_is_made_once_and_its_report_settles(client_as, label, payee):
    owner = client_as(label)
    form = {"rail": "bank_file", "fee": "1", "currency": ["EUR"], "minimum": ["20"], "match": "0"}
    assert owner.post("/portal/settings/payouts", data=form).status_code == 303
    account = {"scheme": "iban", "holder": "Label GmbH", "number": an_iban("0042")}
    assert owner.post("/portal/settings/payouts/account", data=account).status_code == 303
    form, _ = confirmed(owner, f"/portal/payees/{payee.id}", amount="100", speed="instant")
    assert form["speed"] == "standard", "a file is never instant"
    assert owner.post(f"/portal/payees/{payee.id}/payouts", data=form).status_code == 303
    assert sending.send_due(label) == 0, "only a person hands over"
    made = {"form": "pain.001.001.09", "currency": "EUR"}
    assert owner.post("/portal/payouts/bank/files", data=made).status_code == 303
    assert owner.post("/portal/payouts/bank/files", data=made).status_code == 422, "nothing is left for a second one"
    link = re.search(r"/portal/payouts/bank/files/[0-9a-f-]{36}", owner.get("/portal/payouts/bank").text)[0]
    raw = owner.get(link, follow_redirects=True).content
    assert b"pain.001.001.09" in raw
    assert b"90.00" in raw
    with db.tenant_read(label) as session:
        payout = session.scalars(select(Payout)).one()
        assert payout.state == "sent"
    report = PAIN_002.format(original=re.search(rb"<MsgId>([^<]+)", raw)[1].decode(), payout=payout.id.hex)
    answer = owner.post("/portal/payouts/bank/reports", files={"report": ("r.xml", report.encode(), "text/xml")})
    assert answer.status_code == 303, answer.text
    assert the_payout(label, payout.id).state == "paid"
    assert (
        owner.post(
            "/portal/payouts/bank/reports", files={"report": ("r.xml", b"<!DOCTYPE x><x/>", "text/xml")}
        ).status_code
        == 422
    )
    check_books(label)


PAIN_002 = (
    '<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt><GrpHdr>'
    "<MsgId>B1</MsgId><CreDtTm>2026-11-29T10:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{original}"
    "</OrgnlMsgId><OrgnlMsgNmId>pain.001</OrgnlMsgNmId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>"
    "{original}-1</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>{payout}</OrgnlEndToEndId><TxSts>ACSC</TxSts>"
    "</TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
)


def test_a_rival_label_finds_nothing(client_as, label, rival, payee):
    payout = ask(label, payee, 5_000)[0]
    thief = client_as(rival)
    for path in (f"/portal/payees/{payee.id}", f"/portal/payouts/{payout.id}", f"/artist/money/{payee.id}"):
        assert thief.get(path).status_code == 404
    assert thief.post(f"/portal/payouts/{payout.id}/cancellation").status_code == 404
    assert the_payout(label, payout.id).state == "approved"
