"""What a bank sends back is read as it is meant, and nothing in it can harm or fool us."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid5
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.money import exponent
from app.payouts.gateways.bankfile import reading
from app.payouts.gateways.bankfile.checking import amount_text
from app.payouts.gateways.bankfile.pain import members, pain_file
from app.payouts.gateways.bankfile.reasons import REASONS, problem_of
from app.payouts.gateways.bankfile.returned import STATES, read_back
from app.payouts.gateways.rail import PROBLEMS, Report
from app.payouts.rules.refusals import BankReportRefused
from tests.payouts.orders import BANK, MADE_AT, NAMES, order

FIRST, SECOND = uuid5(NAMES, "first"), uuid5(NAMES, "second")
FILE, BATCH = "run-2026-11", "run-2026-11-1"
MEMBERS = {FILE: (FIRST, SECOND), BATCH: (FIRST, SECOND)}


def document(kind: str, body: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{kind}">{body}</Document>'
    ).encode()


def reason(code: str = "", said: str = "") -> str:
    rsn = f"<Rsn><Cd>{code}</Cd></Rsn>" if code else ""
    info = f"<AddtlInf>{escape(said)}</AddtlInf>" if said else ""
    return f"<StsRsnInf>{rsn}{info}</StsRsnInf>" if rsn or info else ""


def payment(payout: UUID | str, status: str, why: str = "", amount: str = "") -> str:
    known = payout.hex if isinstance(payout, UUID) else payout
    sum_of = f'<OrgnlTxRef><Amt><InstdAmt Ccy="EUR">{amount}</InstdAmt></Amt></OrgnlTxRef>' if amount else ""
    state = f"<TxSts>{status}</TxSts>" if status else ""
    return f"<TxInfAndSts><StsId>S1</StsId><OrgnlEndToEndId>{known}</OrgnlEndToEndId>{state}{why}{sum_of}</TxInfAndSts>"


def status_report(
    *payments: str, group: str = "", group_why: str = "", batch: str = "", batch_why: str = "", version: str = "10"
) -> bytes:
    group_status = f"<GrpSts>{group}</GrpSts>" if group else ""
    batch_status = f"<PmtInfSts>{batch}</PmtInfSts>" if batch else ""
    inside = f"<OrgnlPmtInfId>{BATCH}</OrgnlPmtInfId>{batch_status}{batch_why}{''.join(payments)}"
    info = f"<OrgnlPmtInfAndSts>{inside}</OrgnlPmtInfAndSts>" if payments or batch else ""
    return document(
        f"pain.002.001.{version}",
        "<CstmrPmtStsRpt><GrpHdr><MsgId>B-1</MsgId><CreDtTm>2026-11-27T10:00:00+01:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{FILE}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>"
        f"{group_status}{group_why}</OrgnlGrpInfAndSts>{info}</CstmrPmtStsRpt>",
    )


def movement(
    payout: UUID | str = "",
    amount: str = "",
    sign: str = "",
    returned: str = "",
    currency: str = "EUR",
    batch: str = "",
    code: str = "",
) -> str:
    known = payout.hex if isinstance(payout, UUID) else payout
    refs = f"<EndToEndId>{known}</EndToEndId>" if known else ""
    refs = (f"<PmtInfId>{batch}</PmtInfId>" if batch else "") + refs
    sum_of = f'<Amt Ccy="{currency}">{amount}</Amt>' if amount else ""
    direction = f"<CdtDbtInd>{sign}</CdtDbtInd>" if sign else ""
    back = f"<RtrInf><Rsn><Cd>{returned}</Cd></Rsn><AddtlInf>Konto erloschen</AddtlInf></RtrInf>" if returned else ""
    return f"<TxDtls><Refs>{refs}</Refs>{sum_of}{direction}{code}{back}</TxDtls>"


def entry(
    *parts: str, amount: str = "12.50", sign: str = "DBIT", status: str = "<Sts><Cd>BOOK</Cd></Sts>", currency: str = "EUR", extra: str = "",
    batch: str = "",
) -> str:  # fmt: skip
    many = f"<Btch><PmtInfId>{batch}</PmtInfId></Btch>" if batch else ""
    details = f"<NtryDtls>{many}{''.join(parts)}</NtryDtls>" if parts or many else ""
    return (
        f'<Ntry><NtryRef>7</NtryRef><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>{extra}{status}'
        f"<BookgDt><Dt>2026-11-30</Dt></BookgDt><AcctSvcrRef>BANK-9</AcctSvcrRef>{details}</Ntry>"
    )


def statement(*entries: str, version: str = "08") -> bytes:
    body = f"<BkToCstmrStmt><GrpHdr><MsgId>S</MsgId></GrpHdr><Stmt><Id>1</Id>{''.join(entries)}</Stmt></BkToCstmrStmt>"
    return document(f"camt.053.001.{version}", body)


def told(reports: Sequence[Report]) -> list[tuple[UUID | None, str, str]]:
    return [(report.payout_id, report.state, report.problem) for report in reports]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("RCVD", "accepted"),
        ("ACTC", "accepted"),
        ("ACCP", "accepted"),
        ("PDNG", "accepted"),
        ("ACSP", "in_transit"),
        ("ACSC", "paid"),
        ("ACCC", "paid"),
    ],
)
@pytest.mark.parametrize("version", ["03", "10", "12"])
def test_each_state_of_a_payment_is_understood(status: str, state: str, version: str):
    assert told(read_back(status_report(payment(FIRST, status), version=version))) == [(FIRST, state, "")]


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("AC01", "account_unknown"), ("AC04", "account_closed"), ("AM04", "no_funds"), ("BE01", "holder_differs"), ("MS03", "bank_refused"),
        ("AM14", "limit_reached"), ("AG01", "not_supported"), ("RC01", "details_invalid"), ("CNOR", "unreachable"), ("ZZ99", "other"), ("", "other"),
    ],
)  # fmt: skip
def test_a_rejected_payment_says_why_in_our_words(code: str, problem: str):
    (report,) = read_back(status_report(payment(FIRST, "RJCT", reason(code, "Konto < geschlossen"), "12.50")))
    assert (report.payout_id, report.state, report.problem) == (FIRST, "failed", problem)
    assert (report.amount_minor, report.currency, report.reference) == (1_250, "EUR", "S1")
    assert report.at == datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
    assert report.facts.get("said", "Konto < geschlossen") == "Konto < geschlossen"
    assert report.facts.get("reason", "") == code


def test_every_code_of_a_bank_is_one_of_our_problems():
    assert set(REASONS.values()) <= set(PROBLEMS)
    assert problem_of("ac04") == "account_closed"
    assert problem_of("") == ""


def test_what_is_said_of_the_whole_file_is_said_of_each_payment_in_it():
    raw = status_report(group="RJCT", group_why=reason("FF01"))
    assert told(read_back(raw, MEMBERS)) == [
        (FIRST, "failed", "details_invalid"),
        (SECOND, "failed", "details_invalid"),
    ]
    (alone,) = read_back(raw)
    assert (alone.payout_id, alone.facts["batch"]) == (None, FILE)
    assert told(read_back(status_report(group="ACCP"), MEMBERS)) == [(FIRST, "accepted", ""), (SECOND, "accepted", "")]
    assert read_back(status_report(group="PART"), MEMBERS) == []


def test_what_is_said_of_a_batch_is_said_of_each_payment_in_it_unless_they_are_named():
    assert told(read_back(status_report(batch="ACSC"), MEMBERS)) == [(FIRST, "paid", ""), (SECOND, "paid", "")]
    raw = status_report(payment(FIRST, ""), group="PART", batch="RJCT", batch_why=reason("AM04"))
    assert told(read_back(raw, MEMBERS)) == [(FIRST, "failed", "no_funds"), (SECOND, "failed", "no_funds")]
    assert told(read_back(raw)) == [(FIRST, "failed", "no_funds")]
    both = status_report(payment(FIRST, "RJCT", reason("AC04")), payment(SECOND, "ACSC"), group="PART", batch="PART")
    assert told(read_back(both, MEMBERS)) == [(FIRST, "failed", "account_closed"), (SECOND, "paid", "")]


def test_a_rejected_file_that_names_only_who_is_at_fault_is_rejected_for_everybody():
    at_fault = payment(FIRST, "RJCT", reason("AC04"))
    wanted = [(FIRST, "failed", "account_closed"), (SECOND, "failed", "other")]
    assert told(read_back(status_report(at_fault, group="RJCT"), MEMBERS)) == wanted
    assert told(read_back(status_report(at_fault, group="PART", batch="RJCT"), MEMBERS)) == wanted
    assert told(read_back(status_report(at_fault, group="RJCT", batch="RJCT"), MEMBERS)) == wanted
    assert told(read_back(status_report(at_fault, group="PART", batch="PART"), MEMBERS)) == wanted[:1]
    assert told(read_back(status_report(at_fault, group="RJCT"))) == wanted[:1]


def test_a_booked_debit_is_paid_and_a_pending_one_under_way():
    raw = statement(entry(movement(FIRST)), entry(movement(SECOND), status="<Sts>PDNG</Sts>"))
    first, second = read_back(raw)
    assert (first.payout_id, first.state, first.amount_minor, first.currency) == (FIRST, "paid", 1_250, "EUR")
    assert (first.at, first.reference) == (datetime(2026, 11, 30, tzinfo=UTC), "BANK-9")
    assert (second.payout_id, second.state) == (SECOND, "in_transit")
    assert read_back(statement(entry(movement(FIRST), status="<Sts>INFO</Sts>"))) == []


@pytest.mark.parametrize("version", ["02", "08"])
def test_older_and_newer_statements_are_read(version: str):
    status = "<Sts>BOOK</Sts>" if version == "02" else "<Sts><Cd>BOOK</Cd></Sts>"
    assert told(read_back(statement(entry(movement(FIRST), status=status), version=version))) == [(FIRST, "paid", "")]


def test_one_booking_of_many_payments_is_told_apart():
    raw = statement(entry(movement(FIRST, "10.00"), movement(SECOND, "2.50"), batch=BATCH))
    assert [(each.payout_id, each.amount_minor) for each in read_back(raw)] == [(FIRST, 1_000), (SECOND, 250)]
    unnamed = statement(entry(movement(FIRST), movement(SECOND)))
    assert [each.amount_minor for each in read_back(unnamed)] == [None, None]


@pytest.mark.parametrize(
    "raw", [statement(entry(batch=BATCH)), statement(entry(movement(batch=BATCH, payout="NOTPROVIDED")))]
)
def test_a_booking_that_names_only_the_batch_is_of_everyone_in_it(raw: bytes):
    found = read_back(raw, MEMBERS)
    assert told(found) == [(FIRST, "paid", ""), (SECOND, "paid", "")]
    assert {each.amount_minor for each in found} == {None}
    (alone,) = read_back(raw)
    assert (alone.payout_id, alone.amount_minor) == (None, 1_250)


def test_a_return_is_one_where_the_bank_calls_it_so():
    family = "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>RRTN</SubFmlyCd></Fmly></Domn></BkTxCd>"
    raw = statement(
        entry(movement(FIRST, returned="AC04"), sign="CRDT"),
        entry(movement(SECOND), sign="CRDT", extra="<RvslInd>true</RvslInd>"),
        entry(movement(SECOND, code=family), sign="CRDT"),
    )
    found = read_back(raw)
    assert told(found) == [
        (FIRST, "returned", "account_closed"),
        (SECOND, "returned", "other"),
        (SECOND, "returned", "other"),
    ]
    assert found[0].facts["said"] == "Konto erloschen"
    pending = entry(movement(FIRST, returned="AC04"), sign="CRDT", status="<Sts>PDNG</Sts>")
    assert read_back(statement(pending)) == []


def test_a_payee_who_sends_a_cent_under_our_id_returns_nothing():
    (report,) = read_back(statement(entry(movement(FIRST), amount="0.01", sign="CRDT")))
    assert (report.payout_id, report.state, report.amount_minor) == (None, "returned", 1)
    assert report.facts["end_to_end"] == FIRST.hex


def test_who_draws_money_from_us_under_our_id_pays_nobody():
    drawn = "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RDDT</Cd><SubFmlyCd>ESDD</SubFmlyCd></Fmly></Domn></BkTxCd>"
    (report,) = read_back(statement(entry(movement(FIRST, code=drawn))))
    assert (report.payout_id, report.state) == (None, "paid")


def test_what_left_and_is_not_ours_is_told_and_what_merely_came_in_is_not():
    raw = statement(entry(movement("INVOICE 7")), entry(), entry(movement("SALE 1"), sign="CRDT"), entry(sign="CRDT"))
    assert told(read_back(raw)) == [(None, "paid", ""), (None, "paid", "")]


def test_a_notice_of_an_entry_is_read_like_a_statement():
    body = f"<BkToCstmrDbtCdtNtfctn><Ntfctn>{entry(movement(FIRST))}</Ntfctn></BkToCstmrDbtCdtNtfctn>"
    assert told(read_back(document("camt.054.001.08", body))) == [(FIRST, "paid", "")]


@settings(deadline=None)
@given(st.integers(1, 10**15), st.sampled_from(("EUR", "JPY", "KWD", "AED", "CLF")), st.integers(0, 4))
def test_amounts_come_back_to_the_last_unit(minor: int, currency: str, zeros: int):
    text = amount_text(minor, currency)
    text += "0" * zeros if "." in text else ("." + "0" * zeros) * (zeros > 0)
    (report,) = read_back(statement(entry(movement(FIRST), amount=text, currency=currency)))
    assert (report.amount_minor, report.currency) == (minor, currency)
    assert type(report.amount_minor) is int
    assert exponent(currency) in (0, 2, 3, 4)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("12.505", "EUR"),
        ("1.5", "JPY"),
        ("12,50", "EUR"),
        ("-1", "EUR"),
        ("1e5", "EUR"),
        ("NaN", "EUR"),
        ("", "EUR"),
        (".", "EUR"),
        ("12.50", "EURO"),
        ("12.50", ""),
        ("٣", "EUR"),
        ("9" * 40, "EUR"),
    ],
)
def test_what_is_no_amount_is_refused_and_said(amount: str, currency: str):
    with pytest.raises(BankReportRefused) as refusal:
        read_back(statement(entry(movement(FIRST), amount=amount, currency=currency)))
    assert refusal.value.msgid == BankReportRefused.AMOUNT


LAUGHS = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
BOMBS = {
    "a billion laughs": f'<?xml version="1.0"?><!DOCTYPE D [<!ENTITY l0 "ha">{LAUGHS}]><Document>&l9;</Document>'.encode(),
    "a file of ours": b'<!DOCTYPE D [<!ENTITY f SYSTEM "file:///etc/passwd">]><Document>&f;</Document>',
    "a page elsewhere": b'<!DOCTYPE D SYSTEM "http://127.0.0.1/x.dtd"><Document/>',
    "a parameter": b'<!DOCTYPE D [<!ENTITY % p SYSTEM "file:///dev/zero"> %p;]><Document/>',
    "in sixteen bits": '<!DOCTYPE D [<!ENTITY f "x">]><Document>&f;</Document>'.encode("utf-16"),
    "nothing at all after a sign of nothing": b"\x00" + statement(entry()),
    "a sign of nothing inside": statement(entry(movement(FIRST))).replace(b"BANK-9", b"BANK\x00"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_declares_anything_is_not_read(name: str):
    began = time.process_time()
    with pytest.raises(BankReportRefused) as refusal:
        read_back(BOMBS[name])
    assert refusal.value.msgid == BankReportRefused.UNSAFE
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not xml",
        b"<Document/>",
        b"<Document>&undeclared;</Document>",
        b"<Document><BkToCstmrStmt/></Document>",
        document("camt.053.001.08", ""),
        document("camt.053.001.08", "<BkToCstmrStmt/><BkToCstmrStmt/>"),
        document("camt.052.001.08", "<BkToCstmrAcctRpt/>"),
        document("pain.001.001.09", "<CstmrCdtTrfInitn/>"),
        statement(entry())[:-20],
        statement(entry()).replace(b"urn:iso", b"urn:evil"),
        statement(entry(movement("\xe9"))).decode().encode("latin-1"),
        statement(entry()).replace(b"BANK-9", b"&#0;"),
        statement(entry()).replace(b"BANK-9", b"\xff"),
    ],
)
def test_what_is_no_report_of_a_bank_is_refused(raw: bytes):
    with pytest.raises(BankReportRefused):
        read_back(raw)


def test_files_too_large_and_too_full_are_refused_at_once():
    began = time.process_time()
    for raw in (b" " * (reading.LARGEST + 1), document("camt.053.001.08", f"<a>{'<b/>' * 1_600_000}</a>")):
        with pytest.raises(BankReportRefused) as refusal:
            read_back(raw)
        assert refusal.value.msgid == BankReportRefused.TOO_LARGE
    assert time.process_time() - began < 2


def test_a_file_as_deep_as_a_well_says_nothing():
    with pytest.raises(BankReportRefused):
        read_back(document("camt.053.001.08", "<a>" * 200_000 + "</a>" * 200_000))


def test_a_large_batch_named_again_and_again_is_refused():
    everyone = {BATCH: tuple(uuid5(NAMES, str(number)) for number in range(1_000))}
    with pytest.raises(BankReportRefused) as refusal:
        read_back(statement(*(entry(batch=BATCH) for _ in range(300))), everyone)
    assert refusal.value.msgid == BankReportRefused.TOO_LARGE


def test_texts_of_a_bank_are_cut_and_put_on_one_line():
    (report,) = read_back(status_report(payment(FIRST, "RJCT", reason("AC04", "x\n" * 5_000_000))))
    assert len(report.facts["said"]) <= 140
    assert "\n" not in report.facts["said"]


@given(st.binary(max_size=300), st.text(max_size=100))
def test_nothing_but_a_refusal_comes_of_what_is_no_report(raw: bytes, text: str):
    for tried in (raw, document("camt.053.001.08", text)):
        with pytest.raises(BankReportRefused):
            read_back(tried)


@settings(deadline=None)
@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=60).filter(
        lambda text: "\ufffe" not in text and "\uffff" not in text
    )
)
def test_whatever_a_bank_calls_a_payment_only_our_ids_are_ours(known: str):
    (report,) = read_back(status_report(payment(escape(known), "ACSC")))
    assert report.payout_id is None or report.payout_id.hex == known.strip().replace("-", "").lower()


def test_ten_thousand_entries_are_read_in_three_seconds():
    raw = statement(*(entry(movement(uuid5(NAMES, str(number)))) for number in range(10_000)))
    began = time.process_time()
    assert len(read_back(raw)) == 10_000
    assert time.process_time() - began < 3
    assert set(STATES.values()) <= {"accepted", "in_transit", "paid", "failed"}


def test_a_file_goes_out_and_the_banks_words_find_every_payment_of_it():
    sent = [order(), order(currency="USD"), order(1_200, "JPY")]
    raw = pain_file(BANK, sent, version="pain.001.001.09", message_id=FILE, made_at=MADE_AT)
    inside = members(BANK, sent, FILE)
    batch = inside[f"{FILE}-1"]
    ids = [each.hex for each in inside[FILE]]
    assert all(known in raw.decode() for known in ids)
    assert told(read_back(status_report(group="ACTC"), inside)) == [(each.payout_id, "accepted", "") for each in sent]
    assert told(read_back(statement(entry(batch=f"{FILE}-1")), inside)) == [(known, "paid", "") for known in batch]
    back = statement(entry(movement(sent[2].payout_id, "1200", returned="AC04", currency="JPY"), sign="CRDT"))
    (report,) = read_back(back, inside)
    assert (report.payout_id, report.state, report.amount_minor) == (sent[2].payout_id, "returned", 1_200)
