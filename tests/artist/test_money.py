"""The one number, earnings and what changed, statements down to the row that a store sent, questions."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from app.artist.rules.dates import days_until, when
from app.artist.rules.earnings import HEIGHT, WIDTH, Span, changed, columns, isolated, parted
from app.kernel import db
from app.kernel.money import format_money
from app.royalties.models import RoyaltyPeriod
from tests.artist.stage import APP, link
from tests.factories.money import APRIL, MARCH, a_period, a_report, a_run, pay_out, run_of, sold, statement

DAY = date(2026, 4, 1)


def text_of(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def number_on(page):
    """The one number of the home page, as it is spelled."""
    found = re.search(r'<h1 id="standing">(.*?)</h1>', page.text, re.DOTALL)
    assert found, page.text
    return re.sub(r"<[^>]+>|\s|You have|available", "", found[1])


def test_the_one_number_is_what_the_ledger_owes(stage):
    _, ada = stage.person("ada")
    assert "Nothing to pay out yet" in ada.get(APP).text
    run = stage.published()
    owed = statement(stage.tenant, run, stage.payees[0]).closing_micros
    assert owed > 0
    assert number_on(ada.get(APP)) == format_money(owed, "USD", "en")
    assert 'href="/artist/money"' in ada.get(APP).text
    pay_out(stage.tenant, stage.contracts[0], stage.payees[0], 1_000_000, on=DAY)
    assert number_on(ada.get(APP)) == format_money(owed - 1_000_000, "USD", "en")


def test_what_came_ahead_is_named_and_takes_nothing_from_what_is_owed(stage):
    run, (_, eve) = stage.published(), stage.person("eve")
    owed = statement(stage.tenant, run, stage.payees[1]).closing_micros
    pay_out(stage.tenant, stage.contracts[1], stage.payees[1], owed + 5_000_000, on=DAY)
    page = eve.get(APP)
    assert number_on(page) == "$0.00"
    assert "\u2066$5.00\u2069 of what came ahead is still to be earned back." in page.text
    assert "Get paid" not in page.text


def drawn(page):
    """How many columns the picture has."""
    return re.search(r'<svg [^>]*role="img".*?</svg>', page.text, re.DOTALL)[0].count("<rect")


def test_earnings_are_drawn_and_told_period_by_period(stage):
    _, ada = stage.person("ada")
    stage.published()
    page = ada.get(APP)
    assert drawn(page) == 1
    assert "Your first statement." in page.text
    a_report(stage.tenant, stage.tmp_path, [sold(stage.recordings[0], Net="900", Store="Tidal")], month=DAY)
    run_of(stage.tenant, APRIL)
    page = ada.get(APP)
    assert drawn(page) == 2
    assert "more than in the period before" in page.text
    assert "Most of the difference comes from \u2068Tidal\u2069." in page.text
    rows = re.findall(r'<tr><th scope="row"><bdi>([^<]+)</bdi></th><td class="end"><bdi[^>]*>([^<]+)</bdi>', page.text)
    assert [name for name, _ in rows] == ["Apr 2026", "Mar 2026"]
    assert rows[0][1] == "$405.00"


def test_a_statement_opens_down_to_the_row_that_a_store_sent(stage):
    run, (_, ada) = stage.published(), stage.person("ada")
    told = stage.told(run)
    assert told in ada.get(f"{APP}/statements").text
    page = ada.get(told)
    own = statement(stage.tenant, run, stage.payees[0])
    for micros in (own.payable_micros, own.earned_micros, own.closing_micros, own.reserve_micros):
        assert format_money(micros, "USD", "en") in page.text
    assert "Spotify" in ada.get(f"{told}?q=spotify").text
    assert "Nothing fits" in ada.get(f"{told}?q=nowhere").text
    assert ada.get(f"{told}?by=rumour").status_code == 422
    line = link(ada, told, rf"{told}/lines/\d+")
    formula = text_of(ada.get(line))
    for said in (
        "How the amount comes about",
        "Rate of the clause",
        "50%",
        "Left after deductions",
        "90%",
        "Clause all",
    ):
        assert said in formula, said
    row = ada.get(link(ada, line, rf"{line}/rows/[^\"]+"))
    assert row.status_code == 200
    raw = dict(re.findall(r"<dt><bdi>([^<]+)</bdi></dt><dd class=\"mono\"><bdi>([^<]+)</bdi>", row.text))
    assert raw["ISRC"] == stage.recordings[0].isrc
    assert Decimal(raw["Net"]) > 0
    assert re.search("SHA-256 is [0-9a-f]{64}", row.text)
    assert ada.get(f"{line}/rows/{stage.releases[0]}/1").status_code == 404


def test_a_question_is_asked_in_the_app_and_its_answer_is_a_task_until_it_was_read(stage):
    run, (_, ada), royalties = stage.published(), stage.person("ada"), stage.staff("royalties")
    told = stage.told(run)
    line = link(ada, told, rf"{told}/lines/\d+")
    assert ada.post(f"{line}/notes", data={"body": " "}).status_code == 422
    assert ada.post(f"{line}/notes", data={"body": "Why so little?"}).status_code == 303
    portal = line.replace("/artist/statements/", "/portal/royalties/statements/")
    assert royalties.post(f"{portal}/notes", data={"body": "It was a free week."}).status_code == 303
    home = ada.get(APP).text
    assert "Your question was answered" in home
    news = re.search(rf'href="({APP}/news/[^"]+)"', home)[1]
    assert ada.get(news).headers["location"] == f"{line}#thread"
    assert "It was a free week." in ada.get(line).text
    assert "Your question was answered" not in ada.get(APP).text
    assert stage.person("eve")[1].get(news).status_code == 404


def test_opening_the_line_reads_the_answer_too(stage):
    run, (_, ada), royalties = stage.published(), stage.person("ada"), stage.staff("royalties")
    told = stage.told(run)
    line = link(ada, told, rf"{told}/lines/\d+")
    ada.post(f"{line}/notes", data={"body": "Why?"})
    portal = line.replace("/artist/statements/", "/portal/royalties/statements/")
    royalties.post(f"{portal}/notes", data={"body": "Because."})
    assert "Your question was answered" in ada.get(APP).text
    ada.get(line)
    assert "Your question was answered" not in ada.get(APP).text


def test_a_trial_and_a_run_that_is_not_published_are_told_to_nobody(stage):
    run = a_run(stage.tenant, a_period(stage.tenant, *MARCH))
    _, ada = stage.person("ada")
    assert ada.get(stage.told(run)).status_code == 404
    assert "No statements yet" in ada.get(f"{APP}/statements").text
    with db.tenant_read(stage.tenant) as session:
        assert session.query(RoyaltyPeriod).count() == 1


def spans(*micros):
    return [Span(date(2026, n, 1), date(2026, n, 28), amount) for n, amount in enumerate(micros, 1)]


@pytest.mark.parametrize(
    "micros", [(1,), (0, 0), (5, 10), (10, 0, 5), (-5, 10), (-3, -9), (0, -1, 1), (10**15, 1, -(10**14))]
)
def test_every_column_lies_within_its_drawing_and_is_as_high_as_its_amount(micros):
    drawn = columns(spans(*micros))
    assert [column.is_newest for column in drawn] == [False] * (len(micros) - 1) + [True]
    for column in drawn:
        assert 0 <= column.x <= column.x + column.width <= WIDTH
        assert 0 <= column.y <= column.y + column.height <= HEIGHT + 0.02
        assert (column.height == 0) == (column.span.micros == 0)
    tallest = max(drawn, key=lambda column: column.height)
    assert abs(tallest.span.micros) == max(map(abs, micros))


def test_what_changed_names_the_store_that_moved_furthest_the_same_way():
    found = changed(150, 100, stores={"A": 90, "B": 60}, earlier={"A": 30, "B": 70})
    assert (found.micros, found.percent, found.store) == (50, 50, "A")
    assert changed(50, 100, stores={"A": 50}, earlier={"A": 20, "B": 80}).store == "B"
    assert changed(50, 0, stores={}, earlier={}).percent is None
    assert changed(7, 7, stores={"A": 7}, earlier={"B": 7}).store is None


@pytest.mark.parametrize(
    ("micros", "currency", "locale", "minor"),
    [(1_204_180_000, "EUR", "en", ".18"), (1_204_180_000, "EUR", "de", ",18"), (5_000_000, "JPY", "en", ""),
     (1_234_000, "KWD", "en", ".234"), (-12_500_000, "AED", "ar", ".50")],
)  # fmt: skip
def test_minor_units_stand_apart(micros, currency, locale, minor):
    whole, found, after = parted(format_money(micros, currency, locale), locale)
    assert found == minor
    assert whole + found + after == format_money(micros, currency, locale), "as everywhere else"
    assert isolated("−5").startswith("\u2066")


@pytest.mark.parametrize(
    ("said", "how", "left"),
    [(None, "unknown", None), ("2026-04-01", "today", 0), ("2026-04-02", "coming", 1), ("2026-03-31", "out", None),
     ("2026-04", "coming", None), ("2026-03", "out", None), ("2026", "coming", None), ("2025", "out", None)],
)  # fmt: skip
def test_a_release_is_out_once_its_last_possible_day_is_over(said, how, left):
    assert when(said, DAY) == how
    assert days_until(said, DAY) == left
