"""Bank accounts are read however people type them; what cannot be right is told, and where."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schwifty import IBAN

from app.payouts.rules import refusals
from app.payouts.rules.accounts import (
    BankDetails,
    Typed,
    bare,
    fingerprint_text,
    holder_name,
    iban_lengths,
    is_iban,
    is_routing_number,
    masked,
    masked_details,
    read_account,
    sepa_countries,
)
from app.payouts.rules.letters import SEPA, is_written, sepa_text
from tests.payouts.orders import BRITISH, GERMAN, US_NUMBERS, iban, ibans, routing_numbers

ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def by_iban(number: str, routing: str = "", holder: str = "Mara Ellis") -> BankDetails:
    return read_account(Typed("iban", holder, number, routing))


def american(number: str = "123456789", routing: str = "021000021", kind: str = "checking") -> BankDetails:
    return read_account(Typed("us", "Sam Poe", number, routing, kind))


def british(number: str = "31926819", routing: str = "601613") -> BankDetails:
    return read_account(Typed("gb", "Ann Lee", number, routing))


def dressed(code: str, chance: random.Random) -> str:
    """A number as somebody may type it."""
    signs = (sign + chance.choice(("", "", " ", "-", "\u00a0", "\u200e", "–", "\t", ".")) for sign in code)
    text = "".join(signs)
    return text.translate(ARABIC) if chance.random() < 0.3 else text.lower()


@settings(deadline=None)
@given(ibans(), st.randoms(use_true_random=False))
def test_an_iban_is_read_however_it_is_typed(code: str, chance: random.Random):
    found = by_iban(dressed(code, chance))
    assert (found.number, found.country, found.scheme) == (code, code[:2], "iban")
    assert by_iban(f"IBAN {code}").number == code


@settings(deadline=None)
@given(ibans(), st.integers(4, 33), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_always_noticed(code: str, place: int, digit: str):
    place %= len(code)
    wrong = code[:place] + digit + code[place + 1 :]
    if wrong == code or place < 4 or not code[place].isdigit():
        return
    assert not is_iban(wrong)
    with pytest.raises(refusals.IbanWrong) as told:
        by_iban(wrong)
    assert told.value.fields == {"number": refusals.IbanWrong.message}


@given(ibans())
def test_the_quick_check_says_what_the_registry_says(code: str):
    assert is_iban(code)
    assert IBAN(code).is_valid


def test_check_digits_that_no_bank_gives_out_are_no_iban_though_they_add_up():
    aliases = {"02": "99", "97": "00", "98": "01"}
    codes = [iban("DE", f"{number:018}") for number in range(200)]
    found = [f"DE{aliases[code[2:4]]}{code[4:]}" for code in codes if code[2:4] in aliases]
    assert {alias[2:4] for alias in found} == set(aliases.values())
    assert not any(is_iban(alias) or IBAN(alias, allow_invalid=True).is_valid for alias in found)


@pytest.mark.parametrize("country", sorted(iban_lengths()))
def test_accounts_of_every_country_with_an_iban_are_read(country: str):
    code = str(IBAN.random(country, random=random.Random(7), use_registry=False))
    assert is_iban(code)
    assert by_iban(code).number == code


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("", refusals.IbanUnreadable),
        ("DE", refusals.IbanUnreadable),
        ("3704 0044 0532 0130 00", refusals.IbanUnreadable),
        ("DE89\x00370400440532013000", refusals.IbanUnreadable),
        ("DE89370400440532013000'; --", refusals.IbanUnreadable),
        ("D" * 10_000_000, refusals.IbanUnreadable),
        ("XX8937040044053201300", refusals.IbanCountryUnknown),
        ("US8937040044053201300", refusals.IbanCountryUnknown),
        ("DZ580002100001113000000570", refusals.IbanCountryUnknown),
        (GERMAN[:-1], refusals.IbanLengthWrong),
        (GERMAN + "0", refusals.IbanLengthWrong),
        ("DE89370400440532013001", refusals.IbanWrong),
        ("DE98370400440532013000", refusals.IbanWrong),
        ("DE8937040044053201300A", refusals.IbanWrong),
    ],
)
def test_what_is_wrong_with_an_iban_is_told(number: str, why: type[refusals.AccountRefused]):
    with pytest.raises(why) as told:
        by_iban(number)
    assert list(told.value.fields) == ["number"]
    assert "%(" not in told.value.fields["number"]
    assert GERMAN not in str(told.value)


def test_the_bank_follows_from_the_iban_or_is_given_and_must_be_of_its_country():
    assert by_iban(GERMAN).routing == "COBADEFFXXX"
    assert by_iban(GERMAN, "deut de ff").routing == "DEUTDEFF"
    assert by_iban(BRITISH, "BARCGGGG").routing == "BARCGGGG"
    assert by_iban("FR1420041010050500013M02606", "CMBMMCMX").routing == "CMBMMCMX"
    with pytest.raises(refusals.BicElsewhere) as told:
        by_iban(GERMAN, "ABNANL2A")
    assert told.value.fields == {"routing": "This BIC is of a bank in NL, the account is in DE."}


@pytest.mark.parametrize("bic", ["DEUTDE", "DEUTDEFFX", "DEUTXXFF", "D3UTDEFF", "DEUTDEFF\x00", "Ж" * 8, "A" * 10**6])
def test_what_is_no_bic_is_told(bic: str):
    with pytest.raises(refusals.BicWrong) as told:
        by_iban(GERMAN, bic)
    assert list(told.value.fields) == ["routing"]


@settings(deadline=None)
@given(routing_numbers(), US_NUMBERS, st.sampled_from(("checking", "savings")), st.randoms(use_true_random=False))
def test_a_us_account_is_read_however_it_is_typed(routing: str, number: str, kind: str, chance: random.Random):
    found = american(dressed(number, chance), dressed(routing, chance), kind)
    assert (found.routing, found.number, found.country) == (routing, number, "US")
    assert found.is_savings == (kind == "savings")


@given(routing_numbers(), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_of_a_routing_number_is_always_noticed(routing: str, place: int, more: int):
    digit = str((int(routing[place]) + more) % 10)
    assert is_routing_number(routing)
    assert not is_routing_number(routing[:place] + digit + routing[place + 1 :])


@pytest.mark.parametrize(
    ("changes", "why", "field"),
    [
        ({"routing": "021000022"}, refusals.RoutingNumberWrong, "routing"),
        ({"routing": "000000000"}, refusals.RoutingNumberWrong, "routing"),
        ({"routing": "990000003"}, refusals.RoutingNumberWrong, "routing"),
        ({"routing": "02100002"}, refusals.RoutingNumberWrong, "routing"),
        ({"routing": ""}, refusals.RoutingNumberWrong, "routing"),
        ({"number": "123"}, refusals.UsAccountWrong, "number"),
        ({"number": "1" * 18}, refusals.UsAccountWrong, "number"),
        ({"number": "0000"}, refusals.UsAccountWrong, "number"),
        ({"number": "12a45"}, refusals.UsAccountWrong, "number"),
        ({"number": "12³4½"}, refusals.UsAccountWrong, "number"),
        ({"kind": ""}, refusals.AccountKindMissing, "kind"),
        ({"kind": "gold"}, refusals.AccountKindMissing, "kind"),
    ],
)
def test_what_is_wrong_with_a_us_account_is_told(changes: dict[str, str], why: type[Exception], field: str):
    with pytest.raises(why) as told:
        american(**changes)
    assert list(told.value.fields) == [field]  # type: ignore[attr-defined]


def test_a_uk_account_is_read_by_sort_code_and_by_iban_and_is_one_account():
    typed = british("3192 6819", "60-16-13")
    assert (typed.routing, typed.number) == ("601613", "31926819")
    assert british(BRITISH, "") == british(BRITISH, "601613") == typed
    assert fingerprint_text(typed) == fingerprint_text(by_iban(BRITISH)) == "gb:601613:31926819"


@pytest.mark.parametrize(
    ("number", "routing", "why"),
    [
        ("31926819", "60161", refusals.SortCodeWrong),
        ("31926819", "000000", refusals.SortCodeWrong),
        ("31926819", "", refusals.SortCodeWrong),
        ("1926819", "601613", refusals.UkAccountWrong),
        ("00000000", "601613", refusals.UkAccountWrong),
        (BRITISH, "601614", refusals.SortCodeDiffers),
        (BRITISH[:-1] + "8", "", refusals.IbanWrong),
    ],
)
def test_what_is_wrong_with_a_uk_account_is_told(number: str, routing: str, why: type[Exception]):
    with pytest.raises(why):
        british(number, routing)


@pytest.mark.parametrize("scheme", ["", "stripe", "IBAN", "__class__"])
def test_no_other_way_of_naming_an_account_is_known(scheme: str):
    with pytest.raises(refusals.SchemeUnknown) as told:
        read_account(Typed(scheme, "Mara", GERMAN))
    assert list(told.value.fields) == ["scheme"]


def test_a_name_is_kept_as_it_is_written():
    assert holder_name("  Jörg \t Müller\n") == "Jörg Müller"
    assert holder_name("Zoe\u0308") == "Zoë"
    assert holder_name("محمد علي") == "محمد علي"
    assert len(holder_name("A" * 70)) == 70


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", refusals.HolderUnusable.message),
        ("A", refusals.HolderUnusable.message),
        ("A" * 71, refusals.HolderUnusable.message),
        ("A" * 10_000_000, refusals.HolderUnusable.message),
        ("Mara\x00Ellis", refusals.HolderUnusable.UNREADABLE),
        ("Mara \u202eEllis", refusals.HolderUnusable.UNREADABLE),
        ("Mara \ud800", refusals.HolderUnusable.UNREADABLE),
        ("李小龙", refusals.HolderUnusable.NOT_LATIN),
        ("-- .. //", refusals.HolderUnusable.NOT_LATIN),
    ],
)
def test_a_name_that_no_bank_takes_is_told(name: str, why: str):
    began = time.process_time()
    with pytest.raises(refusals.HolderUnusable) as told:
        holder_name(name)
    assert told.value.fields == {"holder": why}
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Jörg Öztürk & Söhne", "Joerg Oeztuerk + Soehne"),
        ("Łódź, Åse Ærø, Þór", "Lodz, Ase AEro, THor"),
        ("François Lefèvre", "Francois Lefevre"),
        ("Владимир Щукин", "Vladimir Shchukin"),
        ("Ωμέγα", "Omega"),
        ("محمد علي", "mhmd aly"),
        ("ﬁne ②", "fine 2"),
        ("//a///b/", "a/b"),
        ("٠٩", "09"),
        ("李", "."),
        ("a\x00b", "a.b"),
    ],
)
def test_names_are_written_in_letters_that_every_bank_takes(text: str, written: str):
    assert sepa_text(text) == written


@given(st.text(max_size=200), st.integers(2, 140))
def test_whatever_is_written_every_bank_takes_it(text: str, most: int):
    written = sepa_text(text, most)
    assert set(written) <= SEPA
    assert len(written) <= most
    assert written == written.strip(" /")
    assert sepa_text(written, most) == written
    assert not is_written("..")


def test_an_account_is_shown_so_that_only_its_owner_knows_it():
    assert masked_details(by_iban(GERMAN)) == "DE•• •••• 3000"
    assert masked_details(american("123456789")) == "US •••• 6789"
    assert masked_details(british()) == "GB •••• 6819"
    assert masked(country="US", number="1234", scheme="us") == "US •••• 34"
    assert GERMAN not in f"{by_iban(GERMAN)!r} {Typed('iban', 'x', GERMAN)!r}"


def test_one_account_is_found_again_and_two_are_told_apart():
    assert fingerprint_text(by_iban(GERMAN, holder="Somebody Else")) == fingerprint_text(by_iban(GERMAN.lower()))
    assert fingerprint_text(american(kind="savings")) == fingerprint_text(american()) == "us:021000021:123456789"
    assert (
        len({fingerprint_text(each) for each in (american(), american("1234567890"), by_iban(GERMAN), british())}) == 4
    )


def test_the_euros_own_payments_reach_who_belongs_to_them():
    assert {"DE", "CH", "GB", "NO", "RS", "SM"} <= sepa_countries()
    assert not {"AE", "KW", "TR", "US"} & sepa_countries()


@given(st.text(max_size=120), st.sampled_from(("iban", "us", "gb")))
def test_no_typed_number_can_break_the_reading(text: str, scheme: str):
    typed = Typed(scheme, "Mara Ellis", text, text, text)
    with pytest.raises(refusals.AccountRefused) as told:
        read_account(typed)
    assert told.value.fields
    assert bare(text).isascii() or not bare(text).isdigit()
