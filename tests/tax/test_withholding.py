"""How much is withheld and why: every rule of every regime, and ten thousand payees at once."""

from __future__ import annotations

import time
from datetime import date
from types import SimpleNamespace

import pytest
from sqlalchemy import event, text

from app.kernel import db
from app.tax.rules import tables
from app.tax.rules.kinds import lead_for, valid_until
from app.tax.rules.withholding import WHY_SENTENCES, rate_for, regime_of
from app.tax.service import blocked, withholding
from app.tax.service.payer import country_of_currency
from app.tax.service.telling import Teller

TODAY = date(2026, 6, 1)
MOST_SECONDS = 2.0


def a_form(kind="w8ben", **facts):
    usual = {
        "country": "DE",
        "claims_treaty": True,
        "chapter4": "",
        "is_backup": False,
        "valid_until": date(2029, 12, 31),
    }
    return SimpleNamespace(kind=kind, **(usual | facts))


@pytest.mark.parametrize(
    ("form", "known", "rate", "why"),
    [
        (None, {}, 300_000, "no_form"),
        (None, {"is_company": True}, 300_000, "no_form"),
        (None, {"is_us": True}, 240_000, "us_no_form"),
        (a_form("w9", country="US", valid_until=None), {}, 0, "w9"),
        (a_form("w9", country="US", valid_until=None, is_backup=True), {}, 240_000, "backup"),
        (a_form(), {}, 0, "treaty_free"),
        (a_form(country="JP"), {"is_us": True}, 0, "treaty_free"),
        (a_form(country="IN"), {}, 150_000, "treaty"),
        (a_form(country="IT"), {}, 50_000, "treaty"),
        (a_form(country="NZ"), {}, 100_000, "treaty"),
        (a_form(country="BR"), {}, 300_000, "treaty_over"),
        (a_form(country="CL"), {}, 300_000, "treaty_over"),
        (a_form(country="HU"), {}, 300_000, "treaty_over"),
        (a_form(country="RU"), {}, 300_000, "treaty_over"),
        (a_form(claims_treaty=False), {}, 300_000, "no_claim"),
        (a_form(valid_until=date(2026, 5, 31)), {}, 300_000, "ended"),
        (a_form(valid_until=TODAY), {}, 0, "treaty_free"),
        (a_form("w8bene", chapter4="nonparticipating_ffi"), {}, 300_000, "outside_fatca"),
        (a_form("w8bene", chapter4="active_nffe"), {"is_company": True}, 0, "treaty_free"),
    ],
)  # fmt: skip
def test_the_rate_follows_from_the_form_and_the_day(form, known, rate, why):
    found = rate_for("us", form, TODAY, **known)
    assert (found.rate_ppm, found.why, found.version) == (rate, why, "us-2026.1")


def test_a_treaty_that_ended_counts_for_what_was_paid_before():
    hungary = a_form(country="HU")
    assert rate_for("us", hungary, date(2023, 12, 31)).rate_ppm == 0
    assert rate_for("us", hungary, date(2024, 1, 1)).rate_ppm == 300_000


def test_where_tables_disagree_the_highest_counts():
    for country, rate in (("IT", 50_000), ("ES", 50_000), ("NZ", 100_000), ("TH", 150_000)):
        treaty = tables.us_table().treaty_on(country, TODAY)
        assert treaty.rate_ppm == rate == max(treaty.told_ppm), country


def test_other_countries_withhold_nothing_and_every_reason_can_be_said_in_every_language():
    from app.kernel.web.languages import LANGUAGES, say

    assert regime_of("DE") == regime_of(None) == "none"
    assert rate_for("none", None, TODAY, payer_country="DE")[:3] == (0, "none", {"payer_country": "DE"})
    assert rate_for("none", a_form(), TODAY, payer_country=None)[:2] == (0, "unset")
    reasons = [
        rate_for(regime, form, TODAY, payer_country="DE", is_us=is_us)
        for regime in ("us", "none")
        for form in (None, a_form(), a_form(valid_until=date(2020, 12, 31)), a_form(claims_treaty=False),
                     a_form(country="IN"), a_form(country="BR"), a_form(chapter4="nonparticipating_ffi"),
                     a_form("w9", valid_until=None), a_form("w9", valid_until=None, is_backup=True))
        for is_us in (True, False)
    ]  # fmt: skip
    reasons.append(rate_for("none", None, TODAY, payer_country=None))
    assert {each.why for each in reasons} == set(WHY_SENTENCES)
    for language in LANGUAGES:
        teller = Teller(language, lambda text, language=language, **places: say(text, language, **places))
        for each in reasons:
            assert "%(" not in teller.why(each), (language, each.why)


def test_a_w8_counts_until_the_end_of_the_third_year_and_leads_are_told_once():
    assert valid_until("w8ben", date(2026, 1, 1)) == valid_until("w8bene", date(2026, 12, 31)) == date(2029, 12, 31)
    assert valid_until("w9", TODAY) is None
    end = date(2029, 12, 31)
    assert lead_for(end, None, date(2029, 11, 1)) == 60
    assert lead_for(end, None, date(2029, 10, 31)) is None
    assert lead_for(end, 60, date(2029, 12, 16)) is None
    assert lead_for(end, 60, date(2029, 12, 17)) == 14
    assert lead_for(end, None, date(2030, 1, 1)) is None


def test_the_country_follows_from_a_currency_of_one_country():
    assert [country_of_currency(code) for code in ("USD", "GBP", "AED", "EUR", "XOF")] == ["US", "GB", "AE", None, None]


@pytest.mark.slow
def test_ten_thousand_payees_take_two_queries_and_no_time(scene):
    with db.tenant_work(scene.tenant) as session:
        session.execute(
            text(
                "INSERT INTO parties (id, kind, legal_name, country) SELECT gen_random_uuid(), 'person', 'P ' || n, "
                "(ARRAY['US', 'DE', NULL])[1 + n % 3] FROM generate_series(1, 10000) n"
            )
        )
        session.execute(
            text(
                "INSERT INTO payees (id, party_id, name, currency) SELECT gen_random_uuid(), id, legal_name, 'USD' "
                "FROM parties WHERE legal_name LIKE 'P %'"
            )
        )
        session.execute(
            text(
                "INSERT INTO tax_forms (id, party_id, number, kind, edition, country, claims_treaty, sealed, digest, language, "
                "signed_on, signed_at, valid_until, evidence, superseded_at) "
                "SELECT gen_random_uuid(), id, v, 'w8ben', 'x', 'IN', v = 2, '', '', 'en', DATE '2026-01-01' + v, now(), "
                "'2029-12-31', '{}', CASE v WHEN 1 THEN now() END FROM parties, generate_series(1, 2) v "
                "WHERE legal_name LIKE 'P %' AND country = 'DE'"
            )
        )
        session.execute(text("ANALYZE parties, payees, tax_forms"))
        payees = list(session.scalars(text("SELECT id FROM payees")))
    with db.tenant_read(scene.tenant) as session:
        said = []
        event.listen(session.connection(), "before_cursor_execute", lambda *args: said.append(args[2]))
        began = time.perf_counter()
        found = withholding(session, payees, TODAY)
        took = time.perf_counter() - began
        queries = len(said)
        held = blocked(session, payees)
    assert queries == 2
    assert took < MOST_SECONDS
    assert held == set()
    assert len(found) == len(payees)
    counts = {}
    for each in found.values():
        counts[each.rate_ppm, each.why] = counts.get((each.rate_ppm, each.why), 0) + 1
    assert counts == {(240_000, "us_no_form"): 3333, (150_000, "treaty"): 3334, (300_000, "no_form"): 3335}
    with db.tenant_read(scene.tenant) as session:
        assert withholding(session, payees[:0], TODAY) == {}
        earlier = withholding(session, payees, date(2026, 1, 2))
    assert {each.why for each in earlier.values()} == {"us_no_form", "no_form", "no_claim"}
