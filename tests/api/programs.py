"""Programs as they come to a label: with a browser, with proofs, with a clock of their own."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jws
from joserfc.jwk import ECKey

from app.api.rules.tokens import digest
from app.api.rules.wishes import BY_CODE, BY_DEVICE, BY_REFRESH
from app.kernel import clock
from tests.factories.api import ClientMade, a_client

BACK = "https://program.example/back"
SCOPES = "openid profile email catalog:read payouts:write"


def a_site(tenant, **wish) -> ClientMade:
    """A website of somebody else's, with a secret."""
    made = {"scopes": SCOPES, "grant_types": (BY_CODE, BY_REFRESH), "redirect_uris": (BACK,)}
    return a_client(tenant, **(made | wish))


def an_app(tenant, **wish) -> ClientMade:
    """An app on a device, which keeps no secret."""
    made = {
        "scopes": SCOPES,
        "grant_types": (BY_CODE, BY_REFRESH, BY_DEVICE),
        "redirect_uris": ("http://127.0.0.1/back", "com.example.app:/back"),
        "auth_method": "none",
    }
    return a_client(tenant, **(made | wish))


@dataclass
class Key:
    """A key that a program holds, and the proofs it makes with it."""

    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))

    @property
    def thumbprint(self) -> str:
        return self.key.thumbprint()

    def signed(self, head: dict[str, Any], claims: dict[str, Any]) -> str:
        return jws.serialize_compact({"alg": "ES256", **head}, json.dumps(claims).encode(), self.key)

    def proof(self, method: str, url: str, token: str | None = None, **claims: Any) -> str:
        said = {"htm": method, "htu": url, "iat": int(clock.now().timestamp()), "jti": secrets.token_hex(8)}
        if token:
            said["ath"] = digest(token)
        return self.signed({"typ": "dpop+jwt", "jwk": self.key.as_dict(private=False)}, said | claims)


class Program:
    """One program and the browser of a person that it sends to the label."""

    def __init__(self, made: ClientMade, machine: Any, browser: Any, redirect_uri: str = BACK) -> None:
        machine.headers.pop("origin", None)
        self.made, self.machine, self.browser, self.redirect_uri = made, machine, browser, redirect_uri
        self.verifier = secrets.token_urlsafe(48)

    def question(self, **more: str | None) -> dict[str, str]:
        asked = {
            "client_id": str(self.made.client_id),
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": SCOPES,
            "state": "the-state",
            "code_challenge": digest(self.verifier),
            "code_challenge_method": "S256",
        } | more
        return {name: value for name, value in asked.items() if value is not None}

    def ask(self, **more: str | None) -> Any:
        return self.browser.get("/oauth/authorize", params=self.question(**more))

    def allowed(self, **more: str | None) -> dict[str, str]:
        """What comes back after the person allowed it."""
        asked = self.ask(**more)
        assert asked.status_code == 303, asked.text
        place = asked.headers["location"]
        if place.startswith("/oauth/consent/"):
            asked = self.browser.post(place, data={"decision": "allow"})
            assert asked.status_code == 303, asked.text
        return answer_in(asked.headers["location"])

    def post(self, path: str, headers: dict[str, str] | None = None, **form: str) -> Any:
        auth = self.made.basic if self.made.secret else None
        if auth is None:
            form.setdefault("client_id", str(self.made.client_id))
        return self.machine.post(path, data=form, auth=auth, headers=headers)

    def exchange(self, code: str, headers: dict[str, str] | None = None, **more: str) -> Any:
        form = {"grant_type": BY_CODE, "code": code, "code_verifier": self.verifier, "redirect_uri": self.redirect_uri}
        return self.post("/oauth/token", headers, **(form | more))

    def refresh(self, token: str, headers: dict[str, str] | None = None, **more: str) -> Any:
        return self.post("/oauth/token", headers, grant_type=BY_REFRESH, refresh_token=token, **more)

    def tokens(self, **more: str | None) -> dict[str, Any]:
        given = self.exchange(self.allowed(**more)["code"])
        assert given.status_code == 200, given.text
        return given.json()

    def userinfo(self, token: str, headers: dict[str, str] | None = None) -> Any:
        return self.machine.get("/oauth/userinfo", headers=headers or {"authorization": f"Bearer {token}"})


def answer_in(address: str) -> dict[str, str]:
    """What an address carries back."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def said_by(token: str) -> dict[str, Any]:
    """What a token says, whoever signed it."""
    from app.api.rules.tokens import unspelled

    return json.loads(unspelled(token.split(".")[1]))
