"""How every operation runs: who asks, how often, once, and what is said around the answer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, Response
from sqlalchemy.orm import Session

from app.api.rest.conventions import versions
from app.api.rest.conventions.calls import Answer, Call, tag_of, tag_of_body
from app.api.rest.conventions.operations import Operation
from app.api.service import answers
from app.api.service.callers import Caller, caller_of, require_scope
from app.kernel import clock
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Refusal
from app.kernel.limits import TooOften
from app.kernel.limits.counted import Allowance, Left, count
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web.paging import idempotency_key, is_known
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.refusals import WrongContentType, translate
from app.kernel.web.refusals import answer as refusal_answer
from app.kernel.web.strict import decode

PATCH_TYPES = ("application/merge-patch+json", "application/json")
JSON_TYPES = ("application/json",)
OTHER_TYPE = sentence("A body of this kind is not taken here. Send one of these: %(types)s")
NO_BODY = 204
NOT_MODIFIED = 304


class Kept(msgspec.Struct, array_like=True):
    """An answer as it is sent, and as it is sent again."""

    status: int
    body: bytes
    headers: dict[str, str]
    media_type: str


def run(operation: Operation, request: Request[Any, Any, Any], body: bytes) -> Response[Any]:
    """Answer one request of an operation; whatever is declined is told as a problem."""
    said: dict[str, str] = versions.headers(operation)
    try:
        versions.check(request.headers.get("api-version"))
        tenant = tenant_of(request)
        caller = caller_of(request) if operation.scope else None
        said |= counted(tenant, caller)
        if caller is not None and operation.scope is not None:
            require_scope(caller, operation.scope)
        call = Call(request, caller, tenant)
        if operation.resource is None:
            call.require_known(operation.query)
        kept = _unsafe(operation, call, body) if operation.is_unsafe else _safe(operation, call)
    except Exception as problem:  # noqa: BLE001 every way out is a problem document
        return _problem(request, problem, said)
    headers = said | kept.headers
    return Response(kept.body, status_code=kept.status, media_type=kept.media_type, headers=headers)


def _safe(operation: Operation, call: Call) -> Kept:
    if operation.is_apart:
        kept = _encoded(operation.run(call))
    else:
        with tenant_read(call.tenant) as session:
            kept = _encoded(operation.run(call, session))
    kept.headers.setdefault("etag", tag_of_body(kept.body))
    if is_known(call.request.headers.get("if-none-match"), kept.headers["etag"]):
        return Kept(NOT_MODIFIED, b"", kept.headers, kept.media_type)
    return kept


def _unsafe(operation: Operation, call: Call, body: bytes) -> Kept:
    """Run what may change something: with a key once, in one transaction with the answer that is kept."""
    told = () if operation.takes is None else (_taken(operation, call.request.headers.get("content-type"), body),)
    key = idempotency_key(call.request.headers.get("idempotency-key")) if operation.method == "POST" else None
    if operation.is_apart:
        return _apart(operation, call, key, body, told)
    with tenant_work(call.tenant) as session:
        if key is not None and (before := _begun(session, call, key, body)) is not None:
            return _again(before)
        kept = _encoded(operation.run(call, session, *told))
        session.flush()
        if key is not None:
            _keep(session, call, key, kept)
        return kept


def _taken(operation: Operation, content_type: str | None, body: bytes) -> Any:
    """What the body says, as the operation takes it."""
    if operation.raw:
        if (content_type or "").partition(";")[0].strip().lower() not in operation.raw:
            raise WrongContentType(OTHER_TYPE, types=", ".join(operation.raw))
        return body
    types = PATCH_TYPES if operation.method == "PATCH" else JSON_TYPES
    return decode(body, content_type, operation.takes or object, media_types=types)


def _apart(operation: Operation, call: Call, key: str | None, body: bytes, told: tuple[Any, ...]) -> Kept:
    """Run what is not one transaction: the key is taken before it and given back where it is declined."""
    if key is None:
        return _encoded(operation.run(call, *told))
    with tenant_work(call.tenant) as session:
        if (before := _begun(session, call, key, body)) is not None:
            return _again(before)
    try:
        kept = _encoded(operation.run(call, *told))
    except Refusal:
        with tenant_work(call.tenant) as session:
            answers.let_go(session, principal=call.principal, key=key)
        raise
    with tenant_work(call.tenant) as session:
        _keep(session, call, key, kept)
    return kept


def _begun(session: Session, call: Call, key: str, body: bytes) -> bytes | None:
    request = call.request
    said = f"{request.method} {request.url.path}?{request.url.query}\n{request.headers.get('content-type', '')}\n"
    fingerprint = hashlib.sha256(said.encode() + body).digest()
    who = {"principal": call.principal, "key": key, "fingerprint": fingerprint}
    return answers.begin(session, call.tenant, now=clock.now(), **who)  # type: ignore[arg-type]  # two kinds of value


def _keep(session: Session, call: Call, key: str, kept: Kept) -> None:
    sealed = msgspec.msgpack.encode(kept)
    answers.keep(session, call.tenant, principal=call.principal, key=key, answer=sealed)


def _again(before: bytes) -> Kept:
    kept = msgspec.msgpack.decode(before, type=Kept)
    kept.headers["idempotency-replayed"] = "true"
    return kept


def _encoded(answer: Answer) -> Kept:
    headers = dict(answer.headers)
    if answer.location:
        headers["location"] = answer.location
    if answer.version is not None:
        headers["etag"] = tag_of(answer.version)
    if answer.body is None:
        return Kept(NO_BODY if answer.status == 200 else answer.status, b"", headers, answer.media_type)
    return Kept(answer.status, answer.encoded, headers, answer.media_type)


def counted(tenant: Tenant, caller: Caller | None) -> dict[str, str]:
    """Count the request for its client and its label, and say what is left (draft-ietf-httpapi-ratelimit-headers)."""
    limits = tenant.limits
    allowed = [Allowance("label", "api", limits.api_requests)]
    if caller is not None:
        allowed.insert(0, Allowance("client", f"api:{caller.client_id}", limits.api_client_requests))
    left = count(tenant, allowed)
    over = [each for each in left if each.remaining < 0]
    if over:
        problem = TooOften(max(each.reset for each in over))
        problem.headers = rate_headers(left)  # type: ignore[misc]  # it says what is left
        raise problem
    return rate_headers(left)


def rate_headers(left: Sequence[Left]) -> dict[str, str]:
    """What is allowed and what is left of it."""
    policy = ", ".join(f'"{each.allowance.name}";q={each.allowance.most};w={each.allowance.seconds}' for each in left)
    told = ", ".join(f'"{each.allowance.name}";r={max(0, each.remaining)};t={each.reset}' for each in left)
    return {"ratelimit-policy": policy, "ratelimit": told}


def _problem(request: Request[Any, Any, Any], problem: Exception, said: dict[str, str]) -> Response[Any]:
    realm = realm_of(request)
    refusal, status = translate(problem, realm)
    response = refusal_answer(realm, refusal, status=status, wants_page=False)
    response.headers.update(said)
    return response
