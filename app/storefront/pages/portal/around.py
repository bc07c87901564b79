"""What the portal's pages of the shop share: addresses, tabs, words, and how forms are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.core import Locale
from litestar import Request, Response
from litestar.datastructures import UploadFile

from app.contracts.rules.numbers import read_number, shown_number
from app.identity.pages import visitor_of
from app.identity.policies import Visitor, allows
from app.identity.rules.permissions import Permission
from app.kernel import clock, files
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.files import StoredFile
from app.kernel.ids import parse_uuid
from app.kernel.media.artwork import Looked
from app.kernel.money import AmountMalformed, exact, exponent, from_micros, to_micros
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web.pages import page, told_refusal
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.refusals import status_of
from app.lists.errors import FilterUnusable
from app.roster.rules.countries import country_names
from app.storefront.policies import require_shop
from app.storefront.rules.portal_refusals import NumberUnusable, PictureUnusable, SentUnusable
from app.storefront.service import pictures

STORE: Final = "/portal/store"
ORDERS: Final = f"{STORE}/orders"
PRODUCTS: Final = f"{STORE}/products"
STOCK: Final = f"{STORE}/stock"
CUSTOMERS: Final = f"{STORE}/customers"
DISCOUNTS: Final = f"{STORE}/discounts"
CODES: Final = f"{STORE}/codes"
MARKETS: Final = f"{STORE}/markets"
DIFFERENCES: Final = f"{STORE}/differences"
PREVIEWS: Final = f"{STORE}/previews"
PRINTFUL: Final = f"{STORE}/printful"
TEXTS: Final = f"{STORE}/pages"

STATE_SENTENCES: Final = {
    "placed": sentence("Not paid yet"),
    "paid": sentence("Payment received"),
    "in_fulfilment": sentence("Being prepared"),
    "shipped": sentence("Sent"),
    "delivered": sentence("Delivered"),
    "cancelled": sentence("Cancelled"),
    "refunded": sentence("Refunded"),
}
TONES: Final = {
    "placed": "", "paid": "warning", "in_fulfilment": "accent", "shipped": "info", "delivered": "success",
    "refunded": "danger",
}  # fmt: skip
KIND_SENTENCES: Final = {
    "digital": sentence("Download"),
    "physical": sentence("Physical"),
    "bundle": sentence("Bundle"),
    "membership": sentence("Membership"),
}
REASON_SENTENCES: Final = {
    "returned": sentence("Sent back"),
    "damaged": sentence("Arrived damaged"),
    "lost": sentence("Never arrived"),
    "cancelled": sentence("The buyer changed their mind"),
    "unavailable": sentence("We cannot deliver it"),
    "goodwill": sentence("Goodwill"),
}
"""Usual reasons of refunds; others are kept as they were typed."""

MONEY: Final[dict[str, Any]] = {"recent": True, "in_person": True}
LONGEST: Final = 20_000
MOST_LINES: Final = 500
PAGE_DIGITS: Final = 5
Sent = Mapping[str, Any]
AnyRequest = Request[Any, Any, Any]


def store_page(
    request: AnyRequest, name: str, here: str, *, refusal: Refusal | None = None, **values: Any
) -> Response[str]:
    """A page of the shop in the portal; with a refusal it says why, beside the fields where that is known."""
    realm, visitor = realm_of(request), visitor_of(request)
    said = {
        "problem": told_refusal(realm, refusal) if refusal else None,
        "problems": refusal.fields if isinstance(refusal, Invalid) else {},
        "is_behind": isinstance(refusal, Conflict),
        "may_edit": allows(visitor, "store.edit") and visitor.scope.is_whole,
        "kinds": KIND_SENTENCES,
        "states": STATE_SENTENCES,
        "tones": TONES,
    }
    status = status_of(refusal) if refusal else 200
    return page(f"shop/{name}.html", realm, status=status, **{**said, "here": here, **values})


def visitor_for(request: AnyRequest, permission: Permission = "store.view") -> tuple[Visitor, Tenant]:
    """Who asks, with a permission for the whole shop, and at which label."""
    visitor = visitor_of(request)
    require_shop(visitor, permission)
    return visitor, tenant_of(request)


def today_of(tenant: Tenant) -> date:
    """The label's own day."""
    return clock.now().astimezone(ZoneInfo(tenant.time_zone)).date()


def sent_along(request: AnyRequest) -> Sent:
    """What an address brings along, also what is empty, as a form would send it."""
    if len(request.url.query) > LONGEST:
        raise SentUnusable
    found: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        found.setdefault(name, []).append(value)
    return found


def one(data: Sent, name: str) -> str:
    """A value that is sent once; of several the last, as of a box with a hidden answer before it."""
    value = data.get(name, "")
    text = str(value[-1] if isinstance(value, list) and value else value or "")
    if "\x00" in text or len(text) > LONGEST * 10:
        raise SentUnusable
    return text.strip()


def many(data: Sent, name: str) -> list[str]:
    """The values that are sent under one name, in order."""
    value = data.get(name, [])
    found = [str(each).strip() for each in (value if isinstance(value, list) else [value])]
    if len(found) > MOST_LINES or any("\x00" in each or len(each) > LONGEST for each in found):
        raise SentUnusable
    return found


def lines(data: Sent, names: Sequence[str]) -> list[dict[str, str]]:
    """Rows of fields that are sent again and again."""
    columns = [many(data, name) for name in names]
    if len({len(column) for column in columns}) != 1:
        raise SentUnusable
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def chosen(data: Sent, name: str = "id") -> list[UUID]:
    """The rows of a list that were chosen; what is no id is none."""
    return [key for text in many(data, name) if (key := parse_uuid(text)) is not None]


def page_of(request: AnyRequest) -> int:
    """Which page of a list is asked for, from 1."""
    text = request.query_params.get("after", "1")
    if not text.isdecimal() or len(text) > PAGE_DIGITS:
        raise FilterUnusable
    return max(int(text), 1)


def version_of(data: Sent) -> int:
    """Which version an editor saw; none that there is where they do not say."""
    return whole(one(data, "match")) if one(data, "match").isdecimal() else -1


def whole(text: str, *, least: int = 0, most: int = 1_000_000_000, field: str = "") -> int:
    """A whole number as people write it, within limits."""
    bare = text.replace(" ", "").replace("\u00a0", "")
    sign, digits = (-1, bare[1:]) if bare[:1] in ("-", "−") else (1, bare.removeprefix("+"))
    if not digits.isdecimal() or len(digits) > 9 or not least <= sign * int(digits) <= most:
        raise NumberUnusable(field, text)
    return sign * int(digits)


def optional_whole(text: str, *, least: int = 0, most: int = 1_000_000_000, field: str = "") -> int | None:
    """The same; nothing for nothing."""
    return whole(text, least=least, most=most, field=field) if text else None


def amount(text: str, currency: str, language: str, *, field: str = "") -> int:
    """An amount as people write it, in micros; whole minor units of its currency, and not below zero."""
    try:
        value = read_number(text, language)
        with exact():
            minor = value.scaleb(exponent(currency))
            if value < 0 or minor != minor.to_integral_value() or value >= 10**9:
                raise NumberUnusable(field, text)
    except AmountMalformed as refusal:
        raise NumberUnusable(field, text) from refusal
    return to_micros(value)


def optional_amount(text: str, currency: str, language: str, *, field: str = "") -> int | None:
    """The same; nothing for nothing."""
    return amount(text, currency, language, field=field) if text else None


def typed_amount(micros: int | None, currency: str, language: str) -> str:
    """An amount as it stands in a field; nothing for none."""
    if micros is None:
        return ""
    with exact():
        value = from_micros(micros)
        whole_units = value == value.to_integral_value()
        return shown_number(value, language) if whole_units else _padded(value, exponent(currency), language)


def _padded(value: Decimal, digits: int, language: str) -> str:
    text = shown_number(value, language)
    point = next((char for char in reversed(text) if not char.isdecimal()), "")
    behind = len(text) - text.rindex(point) - 1 if point else 0
    return text + "0" * max(digits - behind, 0)


def day_of(text: str, *, field: str = "") -> date | None:
    """A day as browsers send it; nothing for nothing."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise NumberUnusable(field, text) from wrong


def moment_of(tenant: Tenant, text: str, *, field: str = "") -> datetime | None:
    """A moment as browsers send it, on the label's own clock; a day alone begins at midnight."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise NumberUnusable(field, text) from wrong
    plain = datetime.combine(found.date(), time(found.hour, found.minute))
    return plain.replace(tzinfo=ZoneInfo(tenant.time_zone))


def typed_moment(tenant: Tenant, when: datetime | None) -> str:
    """A moment as it stands in a field, on the label's own clock."""
    return when.astimezone(ZoneInfo(tenant.time_zone)).strftime("%Y-%m-%dT%H:%M") if when else ""


def language_names(reader: str, languages: Sequence[str]) -> dict[str, str]:
    """What languages are called by a reader."""
    locale = reader.replace("-", "_")
    return {each: Locale.parse(each, sep="-").get_display_name(locale) or each for each in languages}


def language_asked(request: AnyRequest, tenant: Tenant) -> str:
    """The language in which something is edited; the label's first where none is asked for."""
    wanted = request.query_params.get("language", "")
    return wanted if wanted in tenant.languages else tenant.languages[0]


def countries(language: str) -> dict[str, str]:
    """Countries by their codes as a language calls them."""
    return dict(country_names(language))


def uploaded(visitor: Visitor, upload: Any) -> tuple[StoredFile, Looked]:
    """A picture that was sent, looked at and kept; `PictureUnusable` where it cannot be used."""
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise PictureUnusable(PictureUnusable.MISSING)
    raw = upload.file.read(pictures.LARGEST + 1)
    looked = pictures.looked_at(raw)
    stored = files.store_stream(visitor.actor, [raw], name=upload.filename, media_type=upload.content_type)
    return stored, looked
