"""A layout that nobody knew, as a person explains it: kept, and used for every file that looks the same."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy.orm import Session

from app.contracts.rules.terms import CHANNELS
from app.kernel import clock, ids
from app.kernel.actor import Actor
from app.kernel.money import CurrencyUnknown, is_currency
from app.kernel.sentences import sentence
from app.roster.rules import slug
from app.royalties.models import ReportLayout, SalesReport
from app.royalties.rules.layouts import FIELDS, Field, Layout, built_in
from app.royalties.rules.refusals import MappingUnusable, ReportElsewhere
from app.royalties.service import importing

FIELD_NAMES: Final = {
    "isrc": sentence("ISRC"),
    "upc": sentence("Barcode (UPC, EAN)"),
    "catalog_number": sentence("Catalogue number"),
    "store_id": sentence("Number at the store"),
    "title": sentence("Title"),
    "artist": sentence("Artist"),
    "store": sentence("Store"),
    "channel": sentence("Channel"),
    "commercial_model": sentence("Commercial model"),
    "configuration": sentence("Configuration"),
    "price_band": sentence("Price band"),
    "territory": sentence("Country"),
    "currency": sentence("Currency"),
    "sold_from": sentence("Sold on, or from"),
    "sold_until": sentence("Sold until"),
    "adjustment": sentence("Adjustment"),
    "quantity": sentence("Quantity"),
    "net": sentence("Amount that is paid"),
    "gross": sentence("Gross amount"),
    "unit_price": sentence("Price of one (PPD)"),
    "retail_price": sentence("Retail price of one"),
    "fees": sentence("Fees"),
    "tax": sentence("Tax"),
    "mechanical": sentence("Mechanicals withheld"),
    "fx_rate": sentence("Exchange rate"),
    "reference": sentence("Number of the sale"),
}
"""What a person is asked for each column."""

CHANNEL_WORDS: Final = (
    ("download|purchase", "download"),
    ("physical|vinyl|\\bcd\\b|cassette", "physical"),
    ("ugc|user|content id|video", "ugc"),
    ("sync", "sync"),
    ("merch", "merch"),
    ("neighbou?ring|performance|broadcast", "neighbouring"),
    ("stream|subscription|play", "stream"),
)
_LONGEST: Final = 120


class Said(msgspec.Struct, kw_only=True, frozen=True):
    """What a person says about a layout: its sender, what the columns mean by their places, what holds for all rows."""

    name: str
    meanings: dict[int, str]
    channel: str = "stream"
    currency: str = ""
    dates: str = "ymd"
    decimals: str = "auto"


def teach(session: Session, actor: Actor, report: SalesReport, said: Said) -> ReportLayout:
    """Keep a layout for the columns of a report that waits for one, and have the report read by it."""
    if report.state != "mapping":
        raise ReportElsewhere
    layout = _layout(report.facts["unknown"]["names"], said)
    row = ReportLayout(
        id=ids.new_id(),
        key=layout.key,
        name=layout.name,
        definition=msgspec.to_builtins(layout),
        created_by=actor.id,
        created_at=clock.now(),
    )
    session.add(row)
    report.state = "received"
    report.facts = {name: value for name, value in report.facts.items() if name == "period"}
    session.flush()
    importing.tell(session, actor, report, "sales_report.mapped", layout=layout.name)
    importing.ask(session, report)
    return row


def _layout(names: list[str], said: Said) -> Layout:
    name = said.name.strip()[:_LONGEST]
    chosen = {field: names[at] for at, field in said.meanings.items() if field and 0 <= at < len(names)}
    fields: dict[str, Any] = {field: Field(columns=(column,)) for field, column in chosen.items()}
    _check(name, said, chosen)
    words = CHANNEL_WORDS if "channel" in chosen else ()
    fields["channel"] = Field(columns=(chosen["channel"],) if words else (), value=said.channel, words=words)
    if "currency" not in chosen:
        fields["currency"] = Field(value=said.currency.strip().upper())
    if "store" not in chosen:
        fields["store"] = Field(value=name)
    source = next((known.source for known in built_in() if known.name.casefold() == name.casefold()), slug(name))
    return msgspec.convert(
        {
            "key": f"{slug(name) or 'layout'}-{ids.new_id().hex[-8:]}",
            "name": name,
            "source": source or name.casefold(),
            "signature": tuple(column for column in names if column),
            "fields": fields,
            "dates": said.dates,
            "decimals": said.decimals,
        },
        Layout,
    )


def _check(name: str, said: Said, chosen: dict[str, str]) -> None:
    problems = {}
    if not name:
        problems["name"] = MappingUnusable.NAMELESS
    if "net" not in chosen:
        problems["net"] = MappingUnusable.WITHOUT_AMOUNT
    if not {"isrc", "upc", "title", "catalog_number", "store_id"} & set(chosen):
        problems["title"] = MappingUnusable.WITHOUT_ASSET
    unknown = set(said.meanings.values()) - {*FIELDS, ""}
    twice = len([field for field in said.meanings.values() if field]) != len(chosen)
    if unknown or twice or said.channel not in CHANNELS or said.dates not in ("ymd", "dmy", "mdy"):
        problems["columns"] = MappingUnusable.TWICE
    if problems:
        raise MappingUnusable(fields=problems)
    if "currency" not in chosen and not is_currency(said.currency.strip().upper()):
        raise CurrencyUnknown(code=said.currency)
