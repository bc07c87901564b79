"""A stand-in for the card processor on this machine: real HTTP, its published shapes, and a bank's bad days on request."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import urlsplit

from app.settings import STRIPE_API_VERSION
from tests.payouts.stripe_books import PLATFORM, Books, Thing
from tests.payouts.stripe_wire import Refused, check, decoded, whole

KEY, SECRET = "sk_test_stand_in", "whsec_stand_in_secret"
KEYS_LIVE = 24 * 3600
_OTHERWISE: dict[str, Thing] = {"lie": {"amount": 1}, "stranger": {"object": "charge"}}
_NOT_BEGUN = {"400": "resource_missing", "401": "", "429": "rate_limit"}
Trouble = Literal["delay", "drop", "500", "garbage", "lie", "stranger", "400", "401", "429"]
"""400, 401 and 429 are said before anything is begun, and not remembered under the key."""


@dataclass
class Fault:
    """What goes wrong with the next requests whose `METHOD path` matches: before or after the work is done."""

    trouble: Trouble
    at: str
    committed: bool = False
    times: int = 1
    seconds: float = 0.0
    code: str = ""


@dataclass
class Kept:
    """The answer under an idempotency key; None while it is being worked on."""

    fingerprint: str
    at: float
    answer: tuple[int, bytes] | None = None


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    params: Thing
    account: str
    key: str | None


@dataclass
class StandIn:
    """The processor. Tests read and set what stands here."""

    livemode: bool = False
    key: str = KEY
    secret: str = SECRET
    webhook: str = ""
    tells_before_answering: bool = False
    faults: list[Fault] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    kept: dict[tuple[str, str], Kept] = field(default_factory=dict)
    base: str = ""

    def __post_init__(self) -> None:
        self.books = Books(livemode=self.livemode)
        self.lock = threading.RLock()

    def payee(self, *, tenant: str = "", currency: str = "EUR", ready: bool = True) -> str:
        """An account whose owner has said everything."""
        with self.lock:
            account = self.books.open_account({"metadata": {"tenant": tenant} if tenant else {}})
            if ready:
                self.finish_onboarding(account["id"], currency)
            return str(account["id"])

    def finish_onboarding(self, account: str, currency: str = "EUR") -> None:
        """What the payee does on the processor's pages."""
        bank = {"id": self.books.name("ba"), "object": "bank_account", "currency": currency.lower()}
        self.books.accounts[account]["external_accounts"]["data"] = [
            {**bank, "available_payout_methods": ["standard", "instant"]}
        ]
        self.books.accounts[account] |= {"payouts_enabled": True, "details_submitted": True}
        self.books.accounts[account]["requirements"] |= {"currently_due": [], "disabled_reason": None}

    def fund(self, amount: int, currency: str = "EUR", *, instant: int | None = None) -> None:
        """Money on the platform's balance, in the processor's units."""
        with self.lock:
            self.books.balances[PLATFORM][currency.lower()] += amount
            self.books.instant_left[currency.lower()] += amount if instant is None else instant

    def money(self) -> dict[str, int]:
        """All there is of each currency, wherever it lies; nothing may change it."""
        with self.lock:
            total: dict[str, int] = {}
            for held in self.books.balances.values():
                for currency, amount in held.items():
                    total[currency] = total.get(currency, 0) + amount
            return total

    def paid_out(self, currency: str = "EUR") -> int:
        """What has reached banks."""
        return self.books.balances["the bank"][currency.lower()]

    def fail(self, trouble: Trouble, at: str, *, committed: bool = False, **how: Any) -> None:
        """Let the next requests go wrong."""
        with self.lock:
            self.faults.append(Fault(trouble, at, committed, **how))

    def later(self, hours: float) -> None:
        """Shift the processor's clock; it forgets old keys."""
        with self.lock:
            self.books.shifted += hours * 3600
            now = self.books.now()
            self.kept = {name: kept for name, kept in self.kept.items() if now - kept.at < KEYS_LIVE}

    def turn(self, reference: str, status: str, code: str = "") -> Thing:
        """A bank's word on `acct_…/po_…`; gives the event and sends it where webhooks go."""
        account, _, payout = reference.partition("/")
        with self.lock:
            event = self.books.turn(account, payout, status, code)
        if self.webhook:
            self.tell(event)
        return event

    def made(self, method: str, path: str) -> list[Asked]:
        """The requests of one kind, as they came."""
        return [each for each in self.asked if each.method == method and re.fullmatch(path, each.path)]

    def signed(self, body: bytes, *, at: float | None = None, secret: str | None = None) -> str:
        """The header under which a body is sent."""
        moment = int(self.books.now() if at is None else at)
        made = hmac.new((secret or self.secret).encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        return f"t={moment},v1={made},v0={'0' * 64}"

    def tell(self, *events: Thing, times: int = 1, secret: str | None = None, at: float | None = None) -> list[int]:
        """Send events in the given order, each so often; `secret` forges, `at` dates them. Gives the statuses."""
        statuses = []
        for event in events:
            body = json.dumps(event).encode()
            for _ in range(times):
                headers = {
                    "Content-Type": "application/json",
                    "Stripe-Signature": self.signed(body, at=at, secret=secret),
                }
                request = urllib.request.Request(self.webhook, body, headers, method="POST")
                try:
                    with urllib.request.urlopen(request, timeout=10) as answer:
                        statuses.append(answer.status)
                except urllib.error.HTTPError as problem:
                    statuses.append(problem.code)
                    problem.close()
        return statuses

    def fault(self, asked: Asked, *, committed: bool, of: tuple[str, ...] = ()) -> Fault | None:
        """What goes wrong with this request at this point, once."""
        name = f"{asked.method} {asked.path}"
        with self.lock:
            for fault in self.faults:
                is_meant = fault.committed == committed and (not of or fault.trouble in of)
                if fault.times and is_meant and re.fullmatch(fault.at, name):
                    fault.times -= 1
                    return fault
        return None

    def answer(self, asked: Asked) -> tuple[int, bytes, bool]:
        """Status, body and whether it is a replay: the processor's rules for keys."""
        if asked.method == "GET" or asked.key is None:
            return *self.worked(asked), False
        scope, print_ = (asked.account, asked.key), json.dumps([asked.path, asked.params], sort_keys=True)
        with self.lock:
            kept = self.kept.get(scope)
            if kept is None:
                self.kept[scope] = kept = Kept(print_, self.books.now())
            elif kept.fingerprint != print_:
                raise Refused(400, kind="idempotency_error")
            elif kept.answer is None:
                raise Refused(409, "idempotency_key_in_use")
            else:
                return *kept.answer, True
        try:
            kept.answer = self.worked(asked)
        finally:
            if kept.answer is None:  # never begun: refused for its form, or the limit
                self.kept.pop(scope, None)
        return *kept.answer, False

    def worked(self, asked: Asked) -> tuple[int, bytes]:
        """Do it, with whatever goes wrong before and after. Raises what is not remembered under a key."""
        check(asked.method, _route(asked.path), asked.params)
        before = self.fault(asked, committed=False)
        if before is not None and before.trouble in _NOT_BEGUN:
            time.sleep(before.seconds)
            raise Refused(int(before.trouble), before.code or _NOT_BEGUN[before.trouble])
        if (spoilt := _spoilt(before)) is not None:
            return spoilt
        try:
            with self.lock:
                status, body = 200, json.dumps(self._done(asked)).encode()
        except Refused as no:
            status, body = no.status, json.dumps(no.body).encode()
        if self.tells_before_answering and self.webhook and asked.path == "/v1/payouts" and asked.method == "POST":
            self.tell(self.books.events[0])
        return _spoilt(self.fault(asked, committed=True, of=("500",))) or (status, body)

    def sent(self, asked: Asked, status: int, body: bytes, replayed: bool) -> tuple[int, bytes, bool]:
        """The answer on its way back: done and remembered, and it may still be lost."""
        fault = self.fault(asked, committed=True, of=("delay", "drop", "garbage", "lie", "stranger"))
        if fault is not None and fault.trouble in _OTHERWISE:
            body = json.dumps({**json.loads(body), **_OTHERWISE[fault.trouble]}).encode()
        spoilt = _spoilt(fault)
        return (*spoilt, replayed) if spoilt else (status, body, replayed)

    def _done(self, asked: Asked) -> Thing:
        kind, _, rest = asked.path.removeprefix("/v1/").partition("/")
        if asked.method == "POST":
            return self._written(kind, rest, asked)
        if kind == "balance":
            return self.books.balance(asked.account)
        things = self._things(kind, asked.account)
        if rest:
            if rest not in things:
                raise Refused(404, "resource_missing", param="id")
            return things[rest]
        return _listed(asked, list(things.values()))

    def _written(self, kind: str, rest: str, asked: Asked) -> Thing:
        if kind == "transfers" and rest:
            return self.books.reverse(rest.partition("/")[0], asked.params)
        if kind == "payouts":
            return self.books.payout(asked.account, asked.params)
        writers = {
            "accounts": self.books.open_account,
            "account_links": self.books.account_link,
            "transfers": self.books.transfer,
        }
        if kind not in writers:
            raise Refused(404, "resource_missing")
        return writers[kind](asked.params)

    def _things(self, kind: str, account: str) -> dict[str, Thing]:
        if kind == "events":
            return {event["id"]: event for event in self.books.events if event.get("account", PLATFORM) == account}
        kinds = {
            "accounts": self.books.accounts,
            "transfers": self.books.transfers,
            "payouts": self.books.payouts[account],
        }
        if kind not in kinds:
            raise Refused(404, "resource_missing")
        return dict(reversed(kinds[kind].items()))


class Dropped(Exception):
    """The connection ends without an answer."""


def _spoilt(fault: Fault | None) -> tuple[int, bytes] | None:
    if fault is None:
        return None
    time.sleep(fault.seconds)
    if fault.trouble == "drop":
        raise Dropped
    if fault.trouble == "500":
        return 500, json.dumps({"error": {"type": "api_error", "message": "An unknown error occurred."}}).encode()
    return (200, b"<html>bad gateway") if fault.trouble == "garbage" else None


def _route(path: str) -> str:
    return re.sub(r"/(tr|po|acct|evt)_\w+", "/:id", path.removeprefix("/v1/"))


def _listed(asked: Asked, things: list[Thing]) -> Thing:
    params = asked.params
    limit = whole(params, "limit") if "limit" in params else 10
    if limit > 100:
        raise Refused(400, "parameter_invalid_integer", param="limit")
    for name in ("destination", "transfer_group", "status", "type"):
        things = [each for each in things if name not in params or each.get(name) == params[name]]
    since = int(params.get("created", {}).get("gte", 0))
    things = [each for each in things if each["created"] >= since]
    if "starting_after" in params:
        names = [each["id"] for each in things]
        things = things[names.index(params["starting_after"]) + 1 :]
    return {"object": "list", "url": asked.path, "has_more": len(things) > limit, "data": things[:limit]}


def _handler(processor: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self._handle(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

        def do_GET(self) -> None:
            self._handle(urlsplit(self.path).query)

        def _handle(self, form: str) -> None:
            path, account = urlsplit(self.path).path, self.headers.get("Stripe-Account") or PLATFORM
            try:
                self._check_headers()
                asked = Asked(self.command, path, decoded(form), account, self.headers.get("Idempotency-Key"))
                processor.asked.append(asked)
                if account:
                    processor.books.account(account)
                self._say(*processor.sent(asked, *processor.answer(asked)))
            except Refused as no:
                self._say(no.status, json.dumps(no.body).encode(), replayed=False)
            except Dropped:
                self.close_connection = True

        def _check_headers(self) -> None:
            if self.headers.get("Authorization") != f"Bearer {processor.key}":
                raise Refused(401)
            if self.headers.get("Stripe-Version") != STRIPE_API_VERSION:
                raise Refused(400, "invalid_api_version")
            if self.command == "POST" and self.headers.get_content_type() != "application/x-www-form-urlencoded":
                raise Refused(400, "parameter_invalid_empty")

        def _say(self, status: int, body: bytes, replayed: bool) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Request-Id", f"req_{len(processor.asked)}")
            if replayed:
                self.send_header("Idempotent-Replayed", "true")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: Any) -> None:
        """Whoever asked has hung up: that is what the test is about."""


@contextmanager
def stand_in(**how: Any) -> Iterator[StandIn]:
    """The processor, listening on this machine for the length of a block."""
    processor = StandIn(**how)
    server = _Server(("127.0.0.1", 0), _handler(processor))
    processor.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield processor
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
