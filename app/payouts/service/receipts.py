"""The receipt of a payout: what it came from, the split of artist side and platform, fee, tax, and what arrived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from babel.dates import format_date
from babel.numbers import format_percent
from sqlalchemy.orm import Session

from app.brand.service.drawing import Sheet, draw_sheet
from app.kernel import clock
from app.kernel.money import format_money, from_micros
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web.own_words import offer, say_own, words_of
from app.payouts.models import Payout, PayoutMethod
from app.payouts.rules.states import OVER
from app.payouts.rules.states import SENTENCES as STATES
from app.roster.models import Payee

HEADS: Final = (
    "Number", "Payee", "Account", "State", "Speed", "Currency", "Gross", "Platform share", "Tax withheld", "Fee",
    "Sent", "Asked", "Arrived", "Shared before",
)  # fmt: skip
SHEET: Final = {
    "title": sentence("Payout receipt"),
    "sent_label": sentence("Paid to %(account)s"),
    "parts": sentence("How it was worked out"),
    "amount": sentence("Amount"),
    "gross": sentence("Taken from the balance"),
    "platform": sentence("Platform share, %(part)s; the artist side keeps %(kept)s"),
    "withheld": sentence("Tax withheld, %(part)s"),
    "fee": sentence("Fee of the instant payout, %(part)s"),
    "fee_returned": sentence("It took longer than an hour, so the fee of %(fee)s was given back."),
    "exempt": sentence("%(amount)s of it is a fee that was given back: share and tax were taken of it before."),
    "borne": sentence("Share and tax of %(amount)s more are taken: of a fee given back whose payout came back later."),
    "sent": sentence("Paid out"),
    "number": sentence("Payout %(number)s"),
}
offer(*SHEET.values())


def cells(payout: Payout, payee: str, account: str, zone: str) -> list[Any]:
    """A row of an export; amounts are decimals, days are the label's own."""
    amounts = (
        payout.gross_micros,
        payout.platform_micros,
        payout.withheld_micros,
        payout.fee_micros,
        payout.sent_micros,
    )
    return [
        payout.number,
        payee,
        account,
        payout.state,
        payout.speed,
        payout.currency,
        *(from_micros(each) for each in amounts),
        clock.day_in(zone, payout.asked_at),
        clock.day_in(zone, payout.paid_at) if payout.paid_at else None,
        from_micros(payout.exempt_micros),
    ]


def percent(ppm: int, language: str) -> str:
    """A share as the reader writes it."""
    return str(format_percent(Decimal(ppm).scaleb(-6), "#,##0.##%", locale=language.replace("-", "_")))


def draw(tenant: Tenant, said: Mapping[str, Any], language: str) -> bytes:
    """A receipt as PDF, in the label's brand; drawn while no transaction is open, which would end over it."""
    return draw_sheet(tenant, Sheet("payout.typ", said, language))


def worded(session: Session, tenant: Tenant, payout: Payout, language: str) -> dict[str, Any]:
    """What a payout's receipt says."""
    payee = session.get_one(Payee, payout.payee_id)
    method = session.get_one(PayoutMethod, payout.method_id)
    own = words_of(tenant, language)

    def say(msgid: str, **places: object) -> str:
        return say_own(own, msgid, language, **places)

    def money(micros: int) -> str:
        return format_money(micros, payout.currency, language.replace("-", "_"))

    day = clock.day_in(tenant.time_zone, payout.paid_at or payout.asked_at)
    return {
        "title": say(SHEET["title"]),
        "payee": payee.name,
        "number": say(SHEET["number"], number=payout.number),
        "day": format_date(day, "long", locale=language.replace("-", "_")),
        "state": say(STATES[payout.state]),
        "sent_label": say(SHEET["sent_label"], account=method.masked),
        "sent": money(payout.sent_micros),
        "parts_title": say(SHEET["parts"]),
        "amount": say(SHEET["amount"]),
        "parts": [[say(text, **places), money(micros)] for text, places, micros in _parts(payout, language)],
        "total": say(SHEET["sent"]),
        "notes": [say(text, **{name: money(micros)}) for text, name, micros in _notes(payout)],
    }


def exempt_said(micros: int) -> str:
    """The sentence on what of a payout was shared and taxed before, or is now as well; empty where nothing was."""
    if not micros:
        return ""
    return SHEET["exempt"] if micros > 0 else SHEET["borne"]


def _notes(payout: Payout) -> Iterator[tuple[str, str, int]]:
    """What is to be said of a payout besides its parts: sentences, what they call their amount, and the amount."""
    if payout.exempt_micros:
        yield exempt_said(payout.exempt_micros), "amount", abs(payout.exempt_micros)
    if payout.fee_returned_at and payout.state not in OVER:
        yield SHEET["fee_returned"], "fee", payout.fee_micros


def _parts(payout: Payout, language: str) -> list[tuple[str, dict[str, str], int]]:
    kept = percent(1_000_000 - payout.platform_ppm, language)
    shares = {"part": percent(payout.platform_ppm, language), "kept": kept}
    parts = [(SHEET["gross"], {}, payout.gross_micros), (SHEET["platform"], shares, -payout.platform_micros)]
    if payout.withheld_micros:
        parts.append((SHEET["withheld"], {"part": percent(payout.withheld_ppm, language)}, -payout.withheld_micros))
    if payout.fee_micros:
        parts.append((SHEET["fee"], {"part": percent(payout.fee_ppm, language)}, -payout.fee_micros))
    return parts
