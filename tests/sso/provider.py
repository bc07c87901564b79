"""An OpenID provider at the network's edge: it keeps to the standard, signs with its own keys, and can be made to lie."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from app.kernel import clock

CLIENT_ID, CLIENT_SECRET = "label one", "s3cret:with/signs"
EVERY_WAY = JWSRegistry(algorithms=list(JWSRegistry.algorithms))
FIRST, SECOND = (RSAKey.generate_key(2048, {"kid": name, "use": "sig"}) for name in ("first", "second"))


def half_hash(token: str) -> str:
    digest = hashlib.sha256(token.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def shared_secret_signed(secret: bytes, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A token as a forger makes it who takes the public key for a secret; libraries do not."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    if not secret:
        return b".".join([*parts, b""]).decode()
    mac = hmac.new(secret, b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()


@dataclass
class Provider:
    """Whom it proves is `person`; `claims`, `header` and `key` change what it signs, `document` what it says of itself."""

    issuer: str
    person: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: FIRST)
    published: list[Any] = field(default_factory=lambda: [FIRST])
    userinfo: dict[str, Any] = field(default_factory=dict)
    token: str | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def described(self) -> dict[str, Any]:
        here = self.issuer
        return {
            "issuer": here,
            "authorization_endpoint": f"{here}/authorize",
            "token_endpoint": f"{here}/token",
            "jwks_uri": f"{here}/jwks",
            "userinfo_endpoint": f"{here}/userinfo",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "authorization_response_iss_parameter_supported": True,
        } | self.document

    def authorize(self, address: str) -> str:
        """What a browser is told after its person signed in there: where to go with the code."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer} | self.answer
        return (
            f"{asked['redirect_uri']}?{urlencode({name: value for name, value in back.items() if value is not None})}"
        )

    def exchanged(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form.get("code", ""), None)
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if (unquote(name), unquote(secret)) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client"}
        if asked is None or form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        access = secrets.token_urlsafe(16)
        return 200, {
            "access_token": access,
            "token_type": "Bearer",
            "id_token": self.token or self.signed(asked, access),
        }

    def signed(self, asked: dict[str, str], access: str) -> str:
        now = int(clock.now().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": asked["nonce"],
            "at_hash": half_hash(access),
        }
        claims = {name: value for name, value in (claims | self.person | self.claims).items() if value is not None}
        if isinstance(self.key, bytes):
            return shared_secret_signed(self.key, self.header, claims)
        usual = {
            "alg": "ES256" if isinstance(self.key, ECKey) else "RS256",
            "kid": getattr(self.key, "kid", None) or "?",
        }
        return jwt.encode(
            usual | self.header, claims, self.key, registry=EVERY_WAY, algorithms=list(JWSRegistry.algorithms)
        )


@contextmanager
def a_provider(host: str = "outside.test", **person: Any) -> Iterator[Provider]:
    """A provider that listens on loopback for the length of a block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            provider.asked.append(path)
            if path == "/authorize":
                self.send_response(302)
                self.send_header("location", provider.authorize(self.path))
                self.send_header("content-length", "0")
                self.end_headers()
                return
            found = {
                "/.well-known/openid-configuration": provider.described,
                "/jwks": {"keys": [key.as_dict(private=False) for key in provider.published]},
                "/userinfo": provider.userinfo,
            }.get(path)
            self._say(200 if found is not None else 404, found or {})

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            raw = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(raw).items()}
            self._say(*provider.exchanged(form, self.headers.get("authorization", "")))

        def _say(self, status: int, what: dict[str, Any]) -> None:
            body = json.dumps(what).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = Provider(f"http://{host}:{server.server_address[1]}", person=person)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
