"""Payments as ISO 20022 has them: pain.001 in the version that the bank takes.

Orders are put into one batch a day, currency, speed and kind of service, so that each can be booked as one sum.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID
from xml.sax.saxutils import escape

from stdnum import iso11649

from app.payouts.gateways.bankfile.checking import (
    amount_text,
    check,
    control_sum,
    end_to_end,
    holder,
    is_account,
    refused,
)
from app.payouts.gateways.bankfile.debtor import Debtor
from app.payouts.gateways.rail import Destination, Order, Speed
from app.payouts.rules.accounts import sepa_countries
from app.payouts.rules.letters import is_written, sepa_text
from app.payouts.rules.refusals import BankFileRefused, OrderRefused, OwnAccountUnusable

Version = Literal["pain.001.001.03", "pain.001.001.09"]
VERSIONS: Final[tuple[Version, ...]] = ("pain.001.001.03", "pain.001.001.09")

_NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:"
_MESSAGE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}")
_MOST_BATCHES: Final = 99
_LONGEST_TEXT: Final = 140
_CLEARING: Final = {"us": "USABA", "gb": "GBDSC"}
"""How ISO 20022 calls the two national ways of numbering banks."""


class Batch(NamedTuple):
    """What orders of one batch share."""

    on: date
    currency: str
    is_sepa: bool
    speed: Speed


def pain_file(
    debtor: Debtor, orders: Sequence[Order], *, version: Version, message_id: str, made_at: datetime
) -> bytes:
    """The file for the bank, the same bytes for the same orders; valid against the ISO schema of its version.

    `message_id` names the file to the bank for good (letters, digits and dashes, at most 32); the bank refuses a second
    file of that name. Every payment carries its payout's id as its end-to-end id.
    """
    check(orders)
    _check_debtor(debtor)
    header = (
        f"<GrpHdr><MsgId>{_checked(message_id)}</MsgId><CreDtTm>{made_at.isoformat(timespec='seconds')}</CreDtTm>"
        f"<NbOfTxs>{len(orders)}</NbOfTxs><CtrlSum>{control_sum(orders)}</CtrlSum>"
        f"<InitgPty>{_name(debtor)}{_company(debtor)}</InitgPty></GrpHdr>"
    )
    batches = _batches(debtor, orders, message_id)
    body = "".join(_batch(debtor, batch_id, batch, inside, version) for batch_id, (batch, inside) in batches.items())
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{_NAMESPACE}{version}">'
        f"<CstmrCdtTrfInitn>{header}{body}</CstmrCdtTrfInitn></Document>\n"
    )
    return text.encode()


def members(debtor: Debtor, orders: Sequence[Order], message_id: str) -> dict[str, tuple[UUID, ...]]:
    """Which payouts a bank means that speaks of the whole file, or of one batch in it, by name."""
    found = {message_id: tuple(order.payout_id for order in orders)}
    for batch_id, (_, inside) in _batches(debtor, orders, message_id).items():
        found[batch_id] = tuple(order.payout_id for order in inside)
    return found


def _batches(debtor: Debtor, orders: Sequence[Order], message_id: str) -> dict[str, tuple[Batch, list[Order]]]:
    found: dict[Batch, list[Order]] = {}
    for order in orders:
        is_sepa = is_between_sepa(debtor, order)
        found.setdefault(Batch(order.on, order.currency, is_sepa, order.speed), []).append(order)
    if len(found) > _MOST_BATCHES:
        raise BankFileRefused(BankFileRefused.TOO_LARGE)
    return {f"{message_id}-{place}": (batch, found[batch]) for place, batch in enumerate(sorted(found), start=1)}


def is_between_sepa(debtor: Debtor, order: Order) -> bool:
    """Whether an order goes by the euro's own payments: euros between accounts that they reach."""
    reached = sepa_countries()
    ends = ((debtor.scheme, debtor.number[:2]), (order.to.scheme, order.to.number[:2]))
    return order.currency == "EUR" and all(scheme == "iban" and country in reached for scheme, country in ends)


def _checked(message_id: str) -> str:
    if not _MESSAGE_ID.fullmatch(message_id):
        raise BankFileRefused
    return message_id


def _check_debtor(debtor: Debtor) -> None:
    own = Destination(debtor.scheme, debtor.name, debtor.number, debtor.routing, debtor.country)
    if not is_account(own) or not is_written(sepa_text(debtor.name)):
        raise OwnAccountUnusable
    if debtor.currency and not re.fullmatch(r"[A-Z]{3}", debtor.currency):
        raise OwnAccountUnusable


def _batch(debtor: Debtor, batch_id: str, batch: Batch, orders: Sequence[Order], version: Version) -> str:
    day = batch.on.isoformat()
    execution = day if version == "pain.001.001.03" else f"<Dt>{day}</Dt>"
    currency = f"<Ccy>{debtor.currency}</Ccy>" if debtor.currency else ""
    booked = "true" if debtor.is_batch_booked else "false"
    bearer = "SLEV" if batch.is_sepa else "SHAR"
    head = (
        f"<PmtInf><PmtInfId>{batch_id}</PmtInfId><PmtMtd>TRF</PmtMtd><BtchBookg>{booked}</BtchBookg>"
        f"<NbOfTxs>{len(orders)}</NbOfTxs><CtrlSum>{control_sum(orders)}</CtrlSum>"
        f"<PmtTpInf>{_service(batch)}</PmtTpInf><ReqdExctnDt>{execution}</ReqdExctnDt>"
        f"<Dbtr>{_name(debtor)}</Dbtr><DbtrAcct>{_account_id(debtor.scheme, debtor.number)}{currency}</DbtrAcct>"
        f"<DbtrAgt>{_agent(debtor, version) or _NOT_PROVIDED}</DbtrAgt><ChrgBr>{bearer}</ChrgBr>"
    )
    return f"{head}{''.join(_payments(orders, version))}</PmtInf>"


_NOT_PROVIDED: Final = "<FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId>"
"""What stands for a bank that its account's IBAN already says."""


def _service(batch: Batch) -> str:
    if batch.is_sepa:
        instant = "<LclInstrm><Cd>INST</Cd></LclInstrm>" if batch.speed == "instant" else ""
        return f"<SvcLvl><Cd>SEPA</Cd></SvcLvl>{instant}"
    return f"<SvcLvl><Cd>{'URGP' if batch.speed == 'instant' else 'NURG'}</Cd></SvcLvl>"


def _payments(orders: Sequence[Order], version: Version) -> Iterator[str]:
    for order in orders:
        to = order.to
        if not is_account(to):
            raise refused(order, OrderRefused.ACCOUNT)
        agent = _agent(to, version)
        country = to.address_country
        address = f"<PstlAdr><Ctry>{country}</Ctry></PstlAdr>" if re.fullmatch(r"[A-Z]{2}", country) else ""
        yield (
            f"<CdtTrfTxInf><PmtId><EndToEndId>{end_to_end(order.payout_id)}</EndToEndId></PmtId>"
            f'<Amt><InstdAmt Ccy="{order.currency}">{amount_text(order.amount_minor, order.currency)}</InstdAmt></Amt>'
            f"{f'<CdtrAgt>{agent}</CdtrAgt>' if agent else ''}"
            f"<Cdtr><Nm>{escape(holder(order))}</Nm>{address}</Cdtr>"
            f"<CdtrAcct>{_account_id(to.scheme, to.number)}{_account_kind(to)}</CdtrAcct>"
            f"{_remittance(order.text)}</CdtTrfTxInf>"
        )


def _account_id(scheme: str, number: str) -> str:
    return f"<Id><IBAN>{number}</IBAN></Id>" if scheme == "iban" else f"<Id><Othr><Id>{number}</Id></Othr></Id>"


def _account_kind(to: Destination) -> str:
    return f"<Tp><Cd>{'SVGS' if to.is_savings else 'CACC'}</Cd></Tp>" if to.scheme == "us" else ""


def _agent(account: Debtor | Destination, version: Version) -> str:
    """The account's bank; empty where only an IBAN is known, which says it."""
    if account.scheme == "iban":
        tag = "BIC" if version == "pain.001.001.03" else "BICFI"
        return f"<FinInstnId><{tag}>{account.routing}</{tag}></FinInstnId>" if account.routing else ""
    clearing, country = _CLEARING[account.scheme], account.scheme.upper()
    return (
        f"<FinInstnId><ClrSysMmbId><ClrSysId><Cd>{clearing}</Cd></ClrSysId><MmbId>{account.routing}</MmbId>"
        f"</ClrSysMmbId><PstlAdr><Ctry>{country}</Ctry></PstlAdr></FinInstnId>"
    )


def _name(debtor: Debtor) -> str:
    return f"<Nm>{escape(sepa_text(debtor.name))}</Nm>"


def _company(debtor: Debtor) -> str:
    known = escape(sepa_text(debtor.company_id, 35))
    return f"<Id><OrgId><Othr><Id>{known}</Id></Othr></OrgId></Id>" if known else ""


def _remittance(text: str) -> str:
    """A creditor reference (ISO 11649) as such, which the receiver's books understand; anything else as a text."""
    written = sepa_text(text, _LONGEST_TEXT)
    if not written:
        return ""
    if iso11649.is_valid(written):
        reference = iso11649.compact(written)
        kind = "<Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp>"
        return f"<RmtInf><Strd><CdtrRefInf>{kind}<Ref>{reference}</Ref></CdtrRefInf></Strd></RmtInf>"
    return f"<RmtInf><Ustrd>{escape(written)}</Ustrd></RmtInf>"
