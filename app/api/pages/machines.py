"""What the endpoints of OAuth have in common: forms in, JSON out, refusals in the protocol's words, no cookies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Request, Response

from app.api.errors import OAuthRefused, ProofRefused
from app.api.rules.tokens import TokenBroken
from app.api.service import possession, proving
from app.api.service.proving import Proved
from app.kernel.errors import Busy, Refusal
from app.kernel.web.languages import say_refusal
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.refusals import translate

FORM = "application/x-www-form-urlencoded"
LARGEST_FORM, MOST_FIELDS = 64_000, 100
MANY = frozenset({"resource"})
"""What may come more than once (RFC 8707 §2); anything else may not (RFC 6749 §3.2)."""

AnyRequest = Request[Any, Any, Any]


def form_of(request: AnyRequest, body: bytes) -> dict[str, str]:
    """The fields of a form; one that comes twice, or a body of another kind, is refused."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM or len(body) > LARGEST_FORM:
        raise OAuthRefused
    return fields_of(body.decode("utf-8", "replace"))


def fields_of(text: str) -> dict[str, str]:
    """The fields of a query or form; what may come many times is joined by spaces, which stand in no address."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise OAuthRefused from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        if "\x00" in value or (name in fields and name not in MANY):
            raise OAuthRefused
        fields[name] = f"{fields[name]} {value}" if name in fields else value
    return fields


def proved(request: AnyRequest, form: dict[str, str]) -> Proved:
    """The client behind a request, as far as it can prove who it is."""
    proof = proving.proof_of(request.headers.get("authorization"), form)
    return proving.prove(tenant_of(request), proof, realm_of(request).client)


def shown_key(request: AnyRequest) -> str | None:
    """The thumbprint of the key that a request proves to hold, if it proves any (RFC 9449 §5)."""
    url = realm_of(request).origin + request.url.path
    given = request.headers.getall("dpop", [])
    try:
        return possession.shown_key(tenant_of(request), given, method=request.method, url=url)
    except TokenBroken:
        raise ProofRefused from None


def told(document: Mapping[str, object] | None, *, status: int = 200, **headers: str) -> Response[bytes]:
    """A JSON answer that nobody keeps (RFC 6749 §5.1)."""
    body = b"" if document is None else msgspec.json.encode(document)
    return Response(
        body, media_type="application/json", status_code=status, headers={"cache-control": "no-store", **headers}
    )


def refused(request: AnyRequest, problem: Exception) -> Response[Any]:
    """Any refusal in the words of OAuth (RFC 6749 §5.2)."""
    realm = realm_of(request)
    refusal, status = translate(problem, realm)
    headers = dict(refusal.headers)
    if refusal.retry_after is not None:
        headers["retry-after"] = str(refusal.retry_after)
    document = {"error": _code(refusal), "error_description": _ascii(say_refusal(refusal, "en"))}
    return told(document, status=status, **headers)


def _code(refusal: Refusal) -> str:
    if isinstance(refusal, OAuthRefused):
        return refusal.code
    return "temporarily_unavailable" if isinstance(refusal, Busy) else "invalid_request"


def _ascii(text: str) -> str:
    """A sentence in the characters that the protocol allows (RFC 6749 §5.2)."""
    plain = text.replace("“", "'").replace("”", "'").replace('"', "'").replace("\\", "/")
    return plain.encode("ascii", "ignore").decode()


AS_OAUTH: dict[Any, Any] = {Exception: refused}
"""The way out of every endpoint for machines."""
