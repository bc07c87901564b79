"""Money in the app: four numbers, a payout from asking to the receipt, accounts, tax forms, and what home says of it all."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select, update

from app.kernel import clock, db
from app.kernel.actor import Actor
from app.kernel.money import format_money
from app.payouts.models import Payout, PayoutMethod
from app.payouts.service import sending
from app.tax.models import TaxSettings
from app.tax.service import payer
from tests.artist.stage import APP, seen
from tests.artist.test_money import number_on, text_of
from tests.factories.catalog import narrowed
from tests.factories.members import a_member
from tests.factories.payouts import a_day_later, a_method, an_iban, check_books, earn, four_numbers, some_rates
from tests.tax.scene import W8BEN

MONEY = f"{APP}/money"


@pytest.fixture
def paid(stage):
    """A label whose first artist is owed something, and has an account."""
    stage.published()
    earn(stage.tenant, stage.payees[0], 500_000_000)
    a_method(stage.tenant, stage.payees[0])
    return stage


def place_of(stage, number=0):
    return f"{MONEY}/{stage.payees[number].id}"


def asked(client, address, **wish):
    """The form of a quote as the app shows it, and the quote."""
    shown = client.get(f"{address}/quote", params={"currency": "USD", **wish})
    assert shown.status_code == 200, shown.text
    form = dict(re.findall(r'name="(currency|speed|key|amount)" value="([^"]*)"', shown.text))
    return form, shown


def test_the_money_tab_shows_four_numbers_that_add_up_and_every_reason(paid):
    _, ada = paid.person("ada")
    page = ada.get(MONEY)
    assert page.status_code == 200
    numbers = four_numbers(paid.tenant, paid.payees[0])
    for micros in (*numbers, sum(numbers)):
        assert format_money(micros, "USD", "en") in page.text
    words = unescape(text_of(page))
    for said in ("Available", "Pending", "On its way", "Held", "All together", "Earned under a contract", "No day yet"):
        assert said in words, said
    assert f"Deal of {paid.payees[0].name}" in words
    assert 'aria-current="page"' in page.text


def test_home_and_the_money_tab_say_the_same(paid):
    _, ada = paid.person("ada")
    available = four_numbers(paid.tenant, paid.payees[0])[0]
    assert number_on(ada.get(APP)) == format_money(available, "USD", "en")
    form, _ = asked(ada, place_of(paid), amount="100", speed="standard")
    ada.post(f"{place_of(paid)}/payouts", data=form)
    left = four_numbers(paid.tenant, paid.payees[0])[0]
    assert left == available - 100_000_000
    assert number_on(ada.get(APP)) == format_money(left, "USD", "en"), "what is on its way is not available any more"
    assert "$100.00" in ada.get(MONEY).text


def test_an_artist_is_paid_in_the_app_and_nowhere_leaves_it(paid):
    _, ada = paid.person("ada")
    form, quote = asked(ada, place_of(paid), amount="100", speed="instant")
    for said in ("$100.00", "-$10.00", "-$0.90", "$89.10"):
        assert said in quote.text, said
    assert quote.text.count('class="btn primary') == 1
    assert "$89.10" in re.search(r'<button class="btn primary[^>]*>(.*?)</button>', quote.text, re.DOTALL)[1]
    first, second = (ada.post(f"{place_of(paid)}/payouts", data=form) for _ in range(2))
    place = first.headers["location"]
    assert place.startswith(f"{MONEY}/payouts/")
    assert second.headers["location"] == place, "a double click is one payout"
    sending.send_due(paid.tenant)
    a_day_later(paid.tenant)
    page = ada.get(place)
    assert "Paid" in page.text
    assert f'href="{place}/receipt"' in page.text
    for shown in (quote, page, ada.get(MONEY)):
        leads = re.findall(r'(?:href|action)="(/[^"]*)"', shown.text)
        assert [each for each in leads if each.startswith("/portal")] == []
    check_books(paid.tenant)


def test_what_is_declined_is_said_in_the_app(paid):
    _, ada = paid.person("ada")
    answer = ada.get(f"{place_of(paid)}/quote", params={"currency": "USD", "amount": "999999", "speed": "instant"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'class="tabs"' in answer.text
    assert 'value="999999"' in answer.text
    wrong = ada.post(f"{place_of(paid)}/accounts", data={"scheme": "iban", "holder": "Ada", "number": "DE00"})
    assert wrong.status_code == 422
    assert 'class="tabs"' in wrong.text


def test_accounts_and_the_schedule_are_kept_in_the_app(paid):
    _, ada = paid.person("ada")
    accounts = f"{place_of(paid)}/accounts"
    form = {"scheme": "iban", "holder": "Ada", "number": an_iban("7788"), "currency": "USD"}
    assert ada.post(accounts, data=form).headers["location"] == accounts
    page = ada.get(accounts)
    assert "7788" in page.text
    assert form["number"] not in page.text
    monthly = ada.post(f"{place_of(paid)}/schedule", data={"rhythm": "monthly", "day": "1"})
    assert monthly.headers["location"] == accounts
    assert "Paid by itself" in ada.get(MONEY).text
    keys = re.findall(r'name="method" value="([^"]+)"', page.text)
    shares = ada.post(f"{place_of(paid)}/shares", data={"method": keys, "share": ["70", "30"]})
    assert shares.headers["location"] == accounts
    assert "70%" in ada.get(MONEY).text
    assert ada.post(f"{accounts}/{keys[1]}/removal").headers["location"] == accounts
    assert "7788" not in ada.get(accounts).text


def test_home_asks_for_an_account_and_says_until_when_a_new_one_waits(stage):
    stage.published()
    _, ada = stage.person("ada")
    home = ada.get(APP).text
    assert f"Say where the money of {stage.payees[0].name} goes" in home
    assert f'href="{place_of(stage)}/accounts"' in home
    method = a_method(stage.tenant, stage.payees[0], is_old=False)
    home = ada.get(APP).text
    assert "Say where the money" not in home
    assert f"Nothing is paid to {method.masked} yet" in home
    assert "Nothing is paid to a new account for 72 hours" in ada.get(MONEY).text
    with db.tenant_work(stage.tenant) as session:
        session.execute(update(PayoutMethod).values(usable_from=clock.now() - timedelta(minutes=1)))
    assert "Nothing is paid to" not in ada.get(APP).text


def pays_tax_in(tenant, country):
    with db.tenant_work(tenant) as session:
        match = str(getattr(session.scalar(select(TaxSettings)), "version", 0))
        payer.keep(session, Actor.system(tenant), payer.wanted_fields({"country": country}), match=match)


def test_home_asks_for_a_tax_form_where_its_lack_costs_something_and_it_is_signed_in_the_app(paid):
    _, ada = paid.person("ada")
    pays_tax_in(paid.tenant, "DE")
    assert "Fill in a tax form" not in ada.get(APP).text, "a label of another country withholds nothing"
    pays_tax_in(paid.tenant, "US")
    home, tax = ada.get(APP).text, f"{place_of(paid)}/tax"
    assert f"Fill in a tax form for {paid.payees[0].name}" in home
    assert "\u206630%\u2069 of each payout is withheld" in home
    assert f'href="{tax}"' in home
    assert ada.get(f"{tax}/interview").headers["location"] == f"{tax}/interview/who"
    steps = list(W8BEN)
    for place, step in enumerate(steps):
        shown = ada.get(f"{tax}/interview/{step}")
        assert f'action="{tax}/interview/{step}"' in shown.text
        assert 'class="tabs"' in shown.text
        onward = f"interview/{steps[place + 1]}" if place + 1 < len(steps) else "signature"
        assert ada.post(f"{tax}/interview/{step}", data={}).status_code == 422
        assert ada.post(f"{tax}/interview/{step}", data=W8BEN[step]).headers["location"] == f"{tax}/{onward}"
    form = {"name": "Ada Beispiel", "agrees": "1", "seen": seen(ada, f"{tax}/signature")}
    assert 'class="tabs"' in ada.post(f"{tax}/signature", data=form | {"agrees": ""}).text
    assert ada.post(f"{tax}/signature", data=form).headers["location"] == tax
    page = ada.get(tax)
    assert "In force" in page.text
    assert "Fill in a tax form" not in ada.get(APP).text
    paper = ada.get(re.search(rf'href="({tax}/forms/[^"]+/paper)"', page.text)[1])
    assert paper.content.startswith(b"%PDF")


def test_a_payout_that_came_back_is_a_task_until_the_payee_is_paid_anew_and_each_step_is_news(stage):
    stage.published()
    some_rates(stage.tenant, [stage.payees[0].currency])
    earn(stage.tenant, stage.payees[0], 500_000_000)
    a_method(stage.tenant, stage.payees[0], "0002")  # the sandbox's bank sends back what it paid there
    _, ada = stage.person("ada")
    form, _ = asked(ada, place_of(stage), amount="100", speed="standard")
    place = ada.post(f"{place_of(stage)}/payouts", data=form).headers["location"]
    sending.send_due(stage.tenant)
    a_day_later(stage.tenant)
    assert "A payout arrived" in ada.get(f"{APP}/news").text
    assert "came back" not in ada.get(APP).text
    a_day_later(stage.tenant)
    with db.tenant_read(stage.tenant) as session:
        payout = session.scalars(select(Payout)).one()
    assert payout.state == "returned"
    home = ada.get(APP).text
    assert f"Payout #{payout.number} came back" in home
    assert f'href="{place}"' in home
    assert "The whole amount is back on the balance." in ada.get(place).text
    news = ada.get(f"{APP}/news").text
    assert "A payout came back" in news
    assert f"#{payout.number}" in news
    assert ada.get(re.search(rf'href="({APP}/news/[0-9a-f-]+)"', news)[1]).headers["location"] == place
    form, _ = asked(ada, place_of(stage), amount="100", speed="standard")
    assert ada.post(f"{place_of(stage)}/payouts", data=form).status_code == 303
    assert "came back" not in ada.get(APP).text


def test_another_artist_finds_nothing_of_it(paid, client_as, rival):
    _, ada = paid.person("ada")
    _, eve = paid.person("eve")
    form, _ = asked(ada, place_of(paid), amount="100", speed="standard")
    payout = ada.post(f"{place_of(paid)}/payouts", data=form).headers["location"]
    theirs = client_as(rival, "artist")
    for client in (eve, theirs):
        for path in ("", "/accounts", "/quote?currency=USD", "/tax", "/tax/interview/who"):
            assert client.get(f"{place_of(paid)}{path}").status_code == 404, path
        for path in (payout, f"{payout}/receipt"):
            assert client.get(path).status_code == 404
        assert client.post(f"{payout}/cancellation").status_code == 404
        assert client.post(f"{place_of(paid)}/payouts", data=form).status_code == 404
    assert paid.payees[0].name not in eve.get(f"{APP}/news").text
    assert "A payout was asked for" not in eve.get(f"{APP}/news").text
    assert paid.payees[0].name not in theirs.get(MONEY).text


def test_staff_see_in_the_app_what_is_of_their_own_artists_alone(paid):
    owner = paid.staff("owner")
    assert "No money of your own here" in owner.get(MONEY).text
    for payee in paid.payees:
        assert payee.name not in owner.get(APP).text
    for path in ("", "/accounts", "/quote?currency=USD", "/tax", "/tax/interview/who"):
        assert owner.get(f"{place_of(paid)}{path}").status_code == 404, "the portal is where the label's money is"
    assert owner.get(f"/portal/payees/{paid.payees[0].id}").status_code == 200


def test_who_looks_after_two_chooses_whose_money_it_is(paid):
    member = a_member(paid.tenant, role="artist_manager", name="Max")
    narrowed(paid.tenant, member, artists=["ada", "eve"])
    page = paid.signed_in(member).get(MONEY)
    for number, payee in enumerate(paid.payees):
        assert payee.name in page.text
        assert f'href="{place_of(paid, number)}"' in page.text
    assert "Get paid" not in paid.signed_in(member).get(place_of(paid)).text, "a manager looks, and asks for nothing"


def test_a_device_may_keep_the_money_tab_and_nothing_else_of_money(paid):
    _, ada = paid.person("ada")
    assert ada.get(MONEY).headers["x-keep"] == "1"
    assert ada.get(place_of(paid)).headers["x-keep"] == "1"
    for path in ("/accounts", "/quote?currency=USD", "/tax"):
        answer = ada.get(f"{place_of(paid)}{path}")
        assert "x-keep" not in answer.headers, path
        assert answer.headers["x-seen-by"], path
    assert "x-keep" not in ada.get(f"{MONEY}?x=1").headers
