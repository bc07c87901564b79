"""A question for consent (RFC 6749 §4.1.1) and what makes it one that is asked."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from app.api.rules.scopes import OPENID, split
from app.api.rules.tokens import digest

KNOWN: Final = (
    "client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "code_challenge",
    "code_challenge_method", "nonce", "prompt", "max_age", "resource", "dpop_jkt", "login_hint", "acr_values",
)  # fmt: skip
LONGEST: Final = 2_000
PROMPTS: Final = frozenset({"none", "login", "consent", "select_account"})

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_JKT = re.compile(r"[A-Za-z0-9_-]{43}")


class Asked(msgspec.Struct, frozen=True):
    """A question for consent that was found in order."""

    redirect_uri: str
    scopes: list[str]
    resource: str
    challenge: str
    state: str | None = None
    nonce: str | None = None
    prompt: list[str] = []
    max_age: int | None = None
    jkt: str | None = None

    @property
    def wanted(self) -> frozenset[str]:
        """The scopes, as a set."""
        return frozenset(self.scopes)


def trouble(fields: Mapping[str, str]) -> str | None:
    """The protocol's word for what is wrong with a question in form, whoever asks it; None where nothing is."""
    if any(len(value) > LONGEST for value in fields.values()):
        return "invalid_request"
    if "request" in fields:
        return "request_not_supported"
    if fields.get("response_type") != "code":
        return "unsupported_response_type" if fields.get("response_type") else "invalid_request"
    if fields.get("response_mode", "query") != "query":
        return "invalid_request"
    # Without a method the challenge would be plain (RFC 7636 §4.3), and plain proves nothing to who can read it.
    if fields.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(fields.get("code_challenge", "")):
        return "invalid_request"
    return _trouble_of_openid(fields)


def _trouble_of_openid(fields: Mapping[str, str]) -> str | None:
    prompts = split(fields.get("prompt", ""))
    if not prompts <= PROMPTS or ("none" in prompts and len(prompts) > 1):
        return "invalid_request"
    max_age = fields.get("max_age", "0")
    if not (max_age.isascii() and max_age.isdigit() and len(max_age) < 10):
        return "invalid_request"
    if "dpop_jkt" in fields and not _JKT.fullmatch(fields["dpop_jkt"]):
        return "invalid_request"
    return None


def asked_from(
    fields: Mapping[str, str], redirect_uri: str, scopes: frozenset[str], resource: str, jkt: str | None
) -> Asked:
    """A question that was found in order, as it is kept."""
    is_openid = OPENID in scopes
    return Asked(
        redirect_uri=redirect_uri,
        scopes=sorted(scopes),
        resource=resource,
        challenge=fields["code_challenge"],
        state=fields.get("state"),
        nonce=fields.get("nonce") if is_openid else None,
        prompt=sorted(split(fields.get("prompt", ""))),
        max_age=int(fields["max_age"]) if "max_age" in fields else None,
        jkt=jkt,
    )


def answers_challenge(verifier: str, challenge: str) -> bool:
    """Tell whether a verifier is the one whose S256 challenge came with the question (RFC 7636 §4.6)."""
    return bool(_VERIFIER.fullmatch(verifier)) and hmac.compare_digest(digest(verifier), challenge)
