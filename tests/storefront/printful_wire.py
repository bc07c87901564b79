"""A stand-in for Printful on this machine: real HTTP, the published shapes of version 1, and bad days on request.

Shapes: https://developers.printful.com/docs/ (stores, sync products, catalogue, shipping rates, orders, webhooks).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from itertools import count
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from PIL import Image

Thing = dict[str, Any]
TOKEN, STORE = "token-of-the-store", 10


class Said(Exception):
    """An answer that is not a result."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers


@dataclass
class Printer:
    """The printer. Tests read and set what stands here."""

    base: str = ""
    token: str = TOKEN
    stores: list[Thing] = field(default_factory=lambda: [{"id": STORE, "type": "native", "name": "Kite Shop"}])
    products: dict[int, Thing] = field(default_factory=dict)
    catalog: dict[int, Thing] = field(default_factory=dict)
    orders: dict[str, Thing] = field(default_factory=dict)
    rates: list[Thing] = field(default_factory=list)
    hook: Thing | None = None
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    trouble: dict[str, str] = field(default_factory=dict)
    """`METHOD /path` to what goes wrong there: silent, lost (done, but not said), slow, 500, 429, refused."""

    def __post_init__(self) -> None:
        self.lock, self.names = threading.RLock(), count(1000)

    def add(self, title: str = "Tour Shirt", sizes: tuple[str, ...] = ("S", "M"), price: str = "25.00") -> Thing:
        """A product of the store's, of a product of the catalogue of its own."""
        key, kind = next(self.names), next(self.names)
        made = [{"id": next(self.names), "product_id": kind, "size": size, "color": "Black", "price": "9.50",
                 "in_stock": True} for size in sizes]  # fmt: skip
        self.catalog[kind] = {"product": {"id": kind, "title": "Unisex Tee"}, "variants": made}
        self.products[key] = {
            "sync_product": {"id": key, "external_id": f"x{key}", "name": title, "variants": len(made), "synced": len(made),
                             "thumbnail_url": f"{self.base}/files/{key}.png", "is_ignored": False},
            "sync_variants": [
                {"id": next(self.names), "external_id": f"x{each['id']}", "sync_product_id": key, "synced": True,
                 "name": f"{title} / {each['size']}", "variant_id": each["id"], "retail_price": price, "currency": "EUR",
                 "is_ignored": False, "size": each["size"], "color": "Black",
                 "product": {"variant_id": each["id"], "product_id": kind, "image": "", "name": "Tee"}, "files": []}
                for each in made
            ],
        }  # fmt: skip
        return self.products[key]

    def ship(self, name: str, tracking: str = "1Z999") -> Thing:
        """Send an order off; gives the event."""
        order = self.orders[name]
        order["status"] = "fulfilled"
        order["shipments"].append({
            "id": next(self.names), "carrier": "UPS", "service": "Ground", "tracking_number": tracking,
            "tracking_url": f"https://tracking.test/{tracking}", "created": int(time.time()), "reshipment": False,
            "items": [],
        })  # fmt: skip
        return self.event("package_shipped", {"shipment": order["shipments"][-1], "order": order})

    def event(self, kind: str, data: Thing) -> Thing:
        """What the printer sends when something happens."""
        return {"type": kind, "created": int(time.time()), "retries": 0, "store": STORE, "data": data}

    def count(self, begins: str) -> int:
        """How often something was asked."""
        return sum(f"{method} {path}".startswith(begins) for method, path, _ in self.asked)

    def answer(self, method: str, path: str, said: Any) -> Any:
        """What it says to a question."""
        parts = urlsplit(path)
        where, query = unquote(parts.path), parse_qs(parts.query)
        if method == "POST" and where == "/orders":
            return self._order(said, is_confirmed=query.get("confirm") == ["1"])
        if method == "POST" and where == "/shipping/rates":
            return self.rates
        if where == "/webhooks":
            self.hook = said if method == "POST" else None
            return said or {}
        if where == "/stores":
            return self.stores
        return self._found(where, query)

    def _found(self, where: str, query: dict[str, list[str]]) -> Any:
        if where == "/store/products":
            first, most = int(query["offset"][0]), int(query["limit"][0])
            return [each["sync_product"] for each in self.products.values()][first : first + most]
        kind, _, name = where.strip("/").rpartition("/")
        things: Thing = {"store/products": self.products, "products": self.catalog, "orders": self.orders}[kind]
        key: Any = name.removeprefix("@") if kind == "orders" else int(name)
        if key not in things:
            raise Said(404, "Not Found")
        return things[key]

    def _order(self, said: Thing, *, is_confirmed: bool) -> Thing:
        name = said["external_id"]
        if len(name) > 32 or name in self.orders:
            raise Said(400, f"Order with this external ID already exists: {name}")
        known = {each["id"] for one in self.products.values() for each in one["sync_variants"]}
        if not all(item["sync_variant_id"] in known for item in said["items"]):
            raise Said(400, "Invalid sync variant")
        made = {"id": next(self.names), "external_id": name, "status": "pending" if is_confirmed else "draft",
                "shipping": said["shipping"], "recipient": said["recipient"], "items": said["items"], "shipments": []}  # fmt: skip
        self.orders[name] = made
        return made


def _handler(printer: Printer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/files/"):
                shown = BytesIO()
                Image.new("RGB", (400, 400), "navy").save(shown, "PNG")
                self._say(200, shown.getvalue(), "image/png")
                return
            self._answer()

        def _answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            said = json.loads(raw) if raw else None
            with printer.lock:
                printer.asked.append((self.command, self.path, said))
                trouble = next(
                    (why for at, why in printer.trouble.items() if f"{self.command} {self.path}".startswith(at)), ""
                )
                status, body, headers = self._done(said, trouble)
            if trouble == "slow":
                self._drip()
            elif trouble not in ("silent", "lost"):
                self._say(status, json.dumps(body).encode(), "application/json", headers)
            self.close_connection = True

        def _done(self, said: Any, trouble: str) -> tuple[int, Thing, dict[str, str]]:
            try:
                if self.headers.get("authorization") != f"Bearer {printer.token}":
                    raise Said(401, "The access token provided is invalid.")
                if trouble in ("429", "500", "silent", "slow"):
                    raise Said(int(trouble) if trouble.isdigit() else 500, trouble, **{"Retry-After": "7"})
                if trouble == "refused":
                    raise Said(400, "Recipient: ZIP code is missing")
                result = printer.answer(self.command, self.path, said)
            except Said as other:
                error = {"reason": "BadRequest", "message": other.message}
                return other.status, {"code": other.status, "result": other.message, "error": error}, other.headers
            return 200, {"code": 200, "result": result, "paging": {"total": len(printer.products), "offset": 0, "limit": 20}}, {}  # fmt: skip

        def _drip(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(60):
                try:
                    self.wfile.write(b" ")
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(0.1)

        def _say(self, status: int, raw: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(raw)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        do_POST = do_DELETE = _answer  # noqa: N815 as the library calls them

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def printer_here() -> Iterator[Printer]:
    """The printer, listening on this machine for the length of a block."""
    printer = Printer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(printer))
    server.daemon_threads = True
    printer.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield printer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
