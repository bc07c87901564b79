"""A real Caddy with our very Caddyfile before the real web process: certificates, headers, streams, and what is inside."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from app.identity.models import MemberSession
from app.kernel import activity
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from tenants.lifecycle.service import rename, suspend
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member
from tests.servers import ROOT, free_port, started, stopped
from tests.services import Services

pytestmark = pytest.mark.skipif(shutil.which("caddy") is None, reason="there is no Caddy on this machine")

HOST = "canary.localhost"
BEHIND = {"TRUSTED_PROXIES": "127.0.0.1/32"}


@dataclass
class Site:
    """A running Caddy, the web process behind it, and the root that signs its certificates."""

    web: int
    http: int
    https: int
    root: Path

    @contextmanager
    def line(self, host: str) -> Iterator[ssl.SSLSocket]:
        """An encrypted line to `host`, its certificate checked."""
        context = ssl.create_default_context(cafile=str(self.root))
        with socket.create_connection(("127.0.0.1", self.https), timeout=30) as plain:
            with context.wrap_socket(plain, server_hostname=host) as line:
                yield line

    def ask(
        self, host: str, path: str, *, method: str = "GET", body: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], str]:
        """Status, headers and text of one answer."""
        with self.line(host) as line:
            connection = http.client.HTTPConnection(host)
            connection.sock = line
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body=body, headers=named)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in reversed(answer.getheaders())}, answer.read().decode()

    def has_certificate(self, host: str) -> bool:
        try:
            with self.line(host) as line:
                return ("DNS", host) in line.getpeercert()["subjectAltName"]
        except ssl.SSLCertVerificationError:
            raise  # a certificate of somebody else's is no refusal
        except ssl.SSLError:
            return False


@pytest.fixture(scope="module")
def site(services: Services, database_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    web, port = started(services, database_name, **BEHIND)
    try:
        with caddy(port, tmp_path_factory.mktemp("caddy")) as running:
            yield running
    finally:
        stopped(web)


@contextmanager
def caddy(web: int, folder: Path) -> Iterator[Site]:
    """Our Caddyfile with ports of the test's own, on loopback, with a root of its own instead of the public ones."""
    site = Site(web, free_port(), free_port(), folder / "caddy/pki/authorities/local/root.crt")
    environment = os.environ | {
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "BOPTONE_WEB": f"127.0.0.1:{web}",
        "CADDY_HTTP_PORT": str(site.http),
        "CADDY_HTTPS_PORT": str(site.https),
        "CADDY_ADMIN": "off",
        "CADDY_OPTIONS": "local_certs\ndefault_bind 127.0.0.1",
    }
    log = folder / "caddy.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["caddy", "run", "--config", str(ROOT / "deploy/Caddyfile")], env=environment, stdout=out, stderr=out
        )
    try:
        for _ in range(200):
            assert process.poll() is None, log.read_text()[-3000:]
            with suppress(OSError), socket.create_connection(("127.0.0.1", site.https), timeout=1):
                if site.root.exists():
                    break
            time.sleep(0.05)
        yield site
    finally:
        process.terminate()
        try:
            process.wait(15)
        finally:
            process.kill()


@pytest.fixture
def signed_in(site: Site, label: Tenant) -> str:
    """The cookie of a member who signed in through the proxy."""
    member = a_member(label)
    status, headers, _ = site.ask(HOST, "/portal/sign-in", **sign_in_of(member.email))
    assert status == 303
    return headers["set-cookie"].partition(";")[0]


def sign_in_of(email: str) -> dict[str, str]:
    return {
        "method": "POST",
        "body": str(httpx.QueryParams({"email": email, "password": PASSWORD})),
        "Content_Type": "application/x-www-form-urlencoded",
        "Origin": f"https://{HOST}",
    }


def test_a_labels_host_gets_a_certificate_and_its_page(site: Site) -> None:
    assert site.has_certificate(HOST)
    status, headers, text = site.ask(HOST, "/portal/sign-in", Accept="text/html")
    assert status == 200
    assert "Canary Records" in text
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]


def test_the_operators_host_gets_one_too(site: Site) -> None:
    assert site.has_certificate("admin.localhost")


@pytest.mark.parametrize(
    "host", ["stranger.localhost", "localhost", "canary.localhost.attacker.test", "admin.canary.localhost"]
)
def test_a_host_of_nobodys_gets_no_certificate(site: Site, host: str) -> None:
    assert not site.has_certificate(host)


def test_a_host_that_rests_gets_no_certificate_and_the_one_after_it_does(site: Site, label: Tenant) -> None:
    old = a_label()
    new = rename(old.id, by=Actor.system(None), slug=f"{old.slug}-renamed")
    eventually(lambda: site.has_certificate(f"{new.slug}.localhost"))
    assert not site.has_certificate(f"{old.slug}.localhost")


def test_a_suspended_label_gets_no_new_certificate(site: Site, label: Tenant) -> None:
    other = a_label()
    suspend(other.id, by=Actor.system(None), reason="a test")
    time.sleep(2)  # every process has heard of it within a second or two
    assert not site.has_certificate(f"{other.slug}.localhost")


@pytest.mark.parametrize(
    "path",
    [
        "/metrics", "/metrics/", "/METRICS", "//metrics", "/./metrics", "/%6detrics", "/metrics?x=1", "/x/../metrics",
        "/metrics%2f", "/metrics/../metrics", "/internal/tls-ask?domain=canary.localhost", "/internal", "/internal/",
        "/Internal/tls-ask?domain=canary.localhost", "//internal//tls-ask?domain=canary.localhost",
        "/%69nternal/tls-ask?domain=canary.localhost", "/internal%2ftls-ask?domain=canary.localhost",
        "/x/../internal/tls-ask?domain=canary.localhost", "/internal/./tls-ask/?domain=canary.localhost",
    ],
)  # fmt: skip
def test_what_is_for_this_machine_alone_is_not_there_from_outside(site: Site, path: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        status, _, text = site.ask(HOST, path, method=method, Origin=f"https://{HOST}")
        assert status == 404, (method, path)
        assert "boptone_" not in text


def test_from_inside_it_is_there(site: Site) -> None:
    inside = f"http://127.0.0.1:{site.web}"
    assert "boptone_requests" in httpx.get(f"{inside}/metrics").text
    assert httpx.get(f"{inside}/internal/tls-ask", params={"domain": HOST}).status_code == 200
    assert httpx.get(f"{inside}/internal/tls-ask", params={"domain": "stranger.localhost"}).status_code == 404


def test_no_answer_names_the_server(site: Site) -> None:
    for path in ("/portal/sign-in", "/healthz", "/metrics", "/nothing"):
        _, headers, _ = site.ask(HOST, path)
        assert "server" not in headers
        assert "caddy" not in str(headers).lower()


def test_without_encryption_there_is_only_the_way_to_it(site: Site) -> None:
    answer = httpx.get(f"http://127.0.0.1:{site.http}/portal?a=b", headers={"host": HOST})
    assert answer.status_code == 308
    assert answer.headers["location"] == f"https://{HOST}/portal?a=b"
    assert "server" not in answer.headers


def test_what_a_client_claims_about_its_way_counts_for_nothing(site: Site, label: Tenant) -> None:
    member = a_member(label)
    claims = {
        "X_Forwarded_For": "203.0.113.9",
        "X_Forwarded_Host": "rival.localhost",
        "X_Forwarded_Proto": "http",
        "Forwarded": "for=203.0.113.9;host=rival.localhost",
        "X_Request_Id": "chosen-by-the-sender",
    }
    status, headers, _ = site.ask(HOST, "/portal/sign-in", **sign_in_of(member.email), **claims)
    assert status == 303  # the Origin fits: the scheme and the host are what the proxy saw
    assert headers["x-request-id"] != "chosen-by-the-sender"
    with tenant_read(label) as session:
        addresses = set(session.scalars(select(MemberSession.address).where(MemberSession.member_id == member.id)))
    assert addresses == {"127.0.0.1"}
    _, _, text = site.ask(HOST, "/portal/sign-in", Accept="text/html", **claims)
    assert "Canary Records" in text
    assert "Rival" not in text


def test_a_post_from_another_site_is_refused_behind_the_proxy_too(site: Site, label: Tenant) -> None:
    form = sign_in_of(a_member(label).email) | {"Origin": "https://rival.localhost"}
    assert site.ask(HOST, "/portal/sign-in", **form)[0] == 403


def test_events_arrive_as_they_happen_and_a_reader_who_leaves_is_let_go(
    site: Site, label: Tenant, signed_in: str
) -> None:
    with site.line(HOST) as line:
        line.sendall(
            f"GET /portal/events HTTP/1.1\r\nHost: {HOST}\r\nCookie: {signed_in}\r\nAccept-Encoding: gzip\r\n\r\n".encode()
        )
        assert b"text/event-stream" in read_until(line, b"retry: 2000")
        with tenant_work(label) as session:
            activity.record(session, Actor.system(label), "label.tried")
        assert b"label.tried" in read_until(line, b"label.tried")  # while the line stays open
        assert open_streams(site) == 1
    eventually(lambda: open_streams(site) == 0)


def read_until(line: ssl.SSLSocket, wanted: bytes) -> bytes:
    line.settimeout(15)
    text = b""
    while wanted not in text:
        try:
            chunk = line.recv(65_536)
        except TimeoutError:
            raise AssertionError(text) from None
        assert chunk, text
        text += chunk
    return text


def open_streams(site: Site) -> int:
    text = httpx.get(f"http://127.0.0.1:{site.web}/metrics").text
    found = re.search(r"^boptone_streams (\S+)$", text, re.MULTILINE)
    assert found, text
    return int(float(found.group(1)))


def eventually(holds, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.2)


@pytest.mark.slow
def test_a_request_waits_for_a_web_process_that_starts_and_is_refused_kindly_when_none_does(
    services: Services, database_name: str, tmp_path: Path
) -> None:
    process, port = started(services, database_name, **BEHIND)
    with caddy(port, tmp_path) as site:
        try:
            assert site.ask(HOST, "/healthz")[0] == 200
            stopped(process)
            environment = os.environ | services.environment(database_name, PORT=str(port), **BEHIND)
            process = subprocess.Popen([sys.executable, "-m", "app.main", "web"], cwd=ROOT, env=environment)
            assert 200 in (
                site.ask(HOST, "/healthz")[0] for _ in range(3)
            )  # a busy machine starts for longer than it waits
        finally:
            stopped(process)
        status, headers, text = site.ask(HOST, "/healthz")
        assert status == 503
        assert headers["retry-after"] == "5"
        assert "server" not in headers
        assert text == "This is not available right now. Try again in a moment."
