"""The only place that speaks with Printful: version 1 of its interface, the one that knows a store's own products.

https://developers.printful.com/docs/ - each question gives one answer, and none of its failures is an exception but
being told to wait. Addresses are put together here from the configured ones; nothing that it says leads elsewhere.
"""

from __future__ import annotations

import hashlib
import http.client
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from app.kernel import cache, clock, limits, observe
from app.kernel.db import current
from app.storefront.rules.printing_refusals import PrinterBusy

PER_MINUTE: Final = "120/minute"
"""What Printful allows for one store's token, counted over all our processes."""
IN_BACKGROUND: Final = "90/minute"
"""What work that nobody waits for may take of it."""
SECONDS: Final = 20.0
PICTURE_SECONDS: Final = 8.0
LARGEST: Final = 5 << 20
LONGEST_WAIT: Final = 3_600
PAGE: Final = 20
WHY_LENGTH: Final = 300

log = observe.log("storefront")
_T = TypeVar("_T")


class Ref(msgspec.Struct, frozen=True):
    """Which thing in the catalogue something is made of."""

    product_id: int = 0
    variant_id: int = 0


class SyncVariant(msgspec.Struct, frozen=True):
    """A variant of a product of the store's."""

    id: int
    name: str = ""
    variant_id: int = 0
    retail_price: str | None = None
    currency: str | None = None
    size: str | None = None
    color: str | None = None
    synced: bool = True
    is_ignored: bool = False
    product: Ref = Ref()


class SyncProduct(msgspec.Struct, frozen=True):
    """A product of the store's; its thumbnail is the mockup."""

    id: int
    name: str = ""
    thumbnail_url: str | None = None
    is_ignored: bool = False


class Synced(msgspec.Struct, frozen=True):
    """A product with its variants."""

    sync_product: SyncProduct
    sync_variants: list[SyncVariant] = []


class CatalogVariant(msgspec.Struct, frozen=True):
    """A variant in the catalogue: what it costs us in dollars, and whether it can be made now."""

    id: int
    price: str = "0"
    in_stock: bool = True


class CatalogProduct(msgspec.Struct, frozen=True):
    """A product in the catalogue."""

    variants: list[CatalogVariant] = []


class ShippingOption(msgspec.Struct, frozen=True):
    """A way of sending, and what it costs."""

    id: str
    name: str
    rate: str
    currency: str
    minDeliveryDays: int | None = None  # noqa: N815 as Printful spells it
    maxDeliveryDays: int | None = None  # noqa: N815


class Shipment(msgspec.Struct, frozen=True):
    """A parcel that left."""

    carrier: str = ""
    service: str = ""
    tracking_number: str | None = None
    tracking_url: str | None = None


class PrintOrder(msgspec.Struct, frozen=True):
    """An order there."""

    id: int
    external_id: str | None = None
    status: str = ""
    error: str | None = None
    shipments: list[Shipment] = []


class Store(msgspec.Struct, frozen=True):
    """A store that a token opens."""

    id: int
    name: str = ""


Kind = Literal["done", "refused", "missing", "denied", "unclear"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question gave: `unclear` is done or not, nobody knows; all others are certain."""

    kind: Kind
    body: Any = None
    total: int = 0
    why: str = ""

    def read(self, kind: type[_T]) -> _T | None:
        """The body as what it should be; None where it is not."""
        try:
            return msgspec.convert(self.body, kind, strict=False) if self.kind == "done" else None
        except msgspec.ValidationError:
            log.warning("printful.unreadable", wanted=str(kind))
            return None


class Printful:
    """A store at Printful, opened by its token."""

    def __init__(self, token: str, store_id: str = "", *, in_background: bool = True) -> None:
        self._token, self._store, self._in_background = token, store_id, in_background
        self._bucket = f"printful:{hashlib.sha256(token.encode()).hexdigest()[:32]}"

    def stores(self) -> Answer:
        """The stores that the token opens."""
        return self._ask("GET", "/stores")

    def products(self, offset: int) -> Answer:
        """A page of the store's products."""
        return self._ask("GET", f"/store/products?{urlencode({'offset': offset, 'limit': PAGE})}")

    def product(self, product_id: int) -> Answer:
        """A product of the store's with its variants."""
        return self._ask("GET", f"/store/products/{product_id:d}")

    def catalog(self, product_id: int) -> Answer:
        """A product of the catalogue."""
        return self._ask("GET", f"/products/{product_id:d}")

    def rates(self, said: Mapping[str, Any], *, seconds: float) -> Answer:
        """What sending something costs."""
        return self._ask("POST", "/shipping/rates", said, seconds=seconds)

    def order(self, external_id: str) -> Answer:
        """An order by our own name for it."""
        return self._ask("GET", f"/orders/@{quote(external_id, safe='')}")

    def place(self, said: Mapping[str, Any]) -> Answer:
        """Order something, to be made at once."""
        return self._ask("POST", "/orders?confirm=1", said)

    def tell(self, url: str, kinds: Sequence[str], products: Sequence[int]) -> Answer:
        """Have it tell us news from now on; of stock, that of these products."""
        said = {"url": url, "types": list(kinds), "params": {"stock_updated": {"product_ids": list(products)}}}
        return self._ask("POST", "/webhooks", said)

    def tell_no_more(self) -> Answer:
        """Have it tell us nothing any more."""
        return self._ask("DELETE", "/webhooks")

    def _ask(
        self, method: str, path: str, said: Mapping[str, Any] | None = None, *, seconds: float = SECONDS
    ) -> Answer:
        self._take_turn()
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json", "User-Agent": "label-shop"}
        if self._store:
            headers["X-PF-Store-Id"] = self._store
        if said is not None:
            headers["Content-Type"] = "application/json"
        payload = None if said is None else msgspec.json.encode(said)
        try:
            status, answered, raw = _exchange(
                current().settings.printful_api_base, method, path, headers, payload, seconds
            )
        except (OSError, http.client.HTTPException, ValueError) as trouble:
            log.warning("printful.silent", path=path.partition("?")[0], reason=type(trouble).__name__)
            return Answer("unclear")
        if status == 429:
            self._wait(answered.get("retry-after", ""))
        return _answer(status, raw)

    def _take_turn(self) -> None:
        """Be one of those that are allowed in this minute; `Busy` when all were there."""
        until = cache.shared().get(f"{self._bucket}:until", float)
        if until is not None and until > clock.now().timestamp():
            raise PrinterBusy(max(1, int(until - clock.now().timestamp()) + 1))
        if self._in_background:
            limits.hit(None, f"{self._bucket}:background", IN_BACKGROUND)
        limits.hit(None, self._bucket, PER_MINUTE)

    def _wait(self, retry_after: str) -> None:
        """Ask nothing more, in any process, until Printful says that it listens again."""
        seconds = int(retry_after) if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 6 else 60
        seconds = min(max(1, seconds), LONGEST_WAIT)
        cache.shared().set(f"{self._bucket}:until", clock.now().timestamp() + seconds, seconds=seconds)
        raise PrinterBusy(seconds)


def picture(url: str, most_bytes: int) -> bytes | None:
    """A mockup, from the configured place of Printful's files only; None where it lies elsewhere or does not come."""
    base, parts = current().settings.printful_files_base, urlsplit(url)
    home = urlsplit(base)
    if (parts.scheme, parts.netloc) != (home.scheme, home.netloc):
        return None
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        status, _, raw = _exchange(base, "GET", path, {"Accept": "image/*"}, None, PICTURE_SECONDS, most_bytes)
    except (OSError, http.client.HTTPException, ValueError):
        return None
    return raw if status == 200 else None


def _answer(status: int, raw: bytes) -> Answer:
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = None
    said = body if isinstance(body, dict) else {}
    if 200 <= status < 300 and "result" in said:
        paging = said.get("paging")
        total = paging.get("total") if isinstance(paging, dict) else 0
        return Answer("done", said["result"], total if isinstance(total, int) else 0)
    kind: Kind = "unclear"
    if status in (401, 403):
        kind = "denied"
    elif status == 404 and said:
        kind = "missing"
    elif 400 <= status < 500 and status not in (404, 408) and said:
        kind = "refused"
    error = said.get("error")
    why = error.get("message") if isinstance(error, dict) else said.get("result")
    return Answer(kind, why=str(why or "")[:WHY_LENGTH])


def _exchange(
    base: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    payload: bytes | None,
    seconds: float,
    most_bytes: int = LARGEST,
) -> tuple[int, dict[str, str], bytes]:
    """One request and its answer; redirects are not followed, and all of it takes `seconds` at most."""
    parts, began = urlsplit(base), time.monotonic()
    opened = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = opened(parts.hostname or "", parts.port, timeout=seconds)
    watch = threading.Timer(seconds, lambda: None)
    try:
        connection.connect()
        watch = threading.Timer(max(0.01, seconds - (time.monotonic() - began)), _cut, [connection.sock])
        watch.daemon = True
        watch.start()
        connection.request(method, path, payload, {**headers, "Connection": "close"})
        response = connection.getresponse()
        raw = response.read(most_bytes + 1)
        if len(raw) > most_bytes or time.monotonic() - began >= seconds:
            raise ValueError("too much, or too late")
        return response.status, {name.lower(): value for name, value in response.getheaders()}, raw
    finally:
        watch.cancel()
        connection.close()


def _cut(line: socket.socket) -> None:
    """End a conversation that takes too long, however slowly the other side goes on speaking."""
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
