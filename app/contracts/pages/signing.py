"""Signing by a link: for somebody who is nobody here, on the label's own host, in their language."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.contracts.errors import CodeOver, CodeUnfit
from app.contracts.rules import signing as rules
from app.contracts.rules.wording import blocks
from app.contracts.service import sending, signing
from app.contracts.service.notices import LINKS
from app.contracts.service.signing import Asked, Came
from app.identity.pages.door import KEEP_REFERRER, PER_ADDRESS, again
from app.kernel import clock, files, limits
from app.kernel.db import tenant_work
from app.kernel.errors import Invalid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.languages import say
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of

LINK = f"{LINKS}/{{token:str}}"
CODES = "6/hour"
READING = timedelta(hours=12)
"""So long may somebody read before they open the paper."""

WRONG = {CodeUnfit: "code", CodeOver: "code"}
"""Beside which field a refusal stands that names none."""

AnyRequest = Request[Any, Any, Any]


class SignForm(msgspec.Struct, forbid_unknown_fields=True):
    """What the signing page sends: the name as typed, the code, which text was read, and the box that was ticked."""

    name: str
    code: str
    seen: str
    agrees: str = ""


class WordsForm(msgspec.Struct, forbid_unknown_fields=True):
    """Why somebody declines, or what they propose."""

    words: str


def came_from(request: AnyRequest) -> Came:
    """Where a signature comes from."""
    return Came(realm_of(request).client, request.headers.get("user-agent", ""))


def _asked(request: AnyRequest, session: Session, token: str) -> Asked:
    """Who is asked by a link, everything held; from here on the page speaks their language."""
    asked = signing.asked_by(session, token, lock=True)
    realm_of(request).speak(asked.signer.language)
    return asked


def _shown(request: AnyRequest, session: Session, token: str, asked: Asked) -> dict[str, Any]:
    """What the page shows of a contract, and how far the signature is."""
    tenant, signer, version = tenant_of(request), asked.signer, asked.version
    sent = signer.code_hash is not None and signer.code_until is not None and signer.code_until > clock.now()
    return {
        "link": f"{LINKS}/{quote(token)}",
        "contract": asked.contract,
        "signer": signer,
        "version": version,
        "signers": sending.signers_of(session, version.id),
        "blocks": list(blocks(version.body)),
        "paper": files.url(tenant, version.document_id, lasts=READING) if version.document_id else None,
        "consent": say(rules.CONSENT, signer.language),
        "is_due": signing.is_due(session, asked),
        "code_sent": sent,
        "name": "",
        "wrong": "",
    }


def _private(response: Response[Any]) -> Response[Any]:
    """A page whose address is a secret."""
    response.headers.update(KEEP_REFERRER | {"cache-control": "no-store"})
    return response


def _count(request: AnyRequest) -> None:
    limits.hit(tenant_of(request), f"signature-from:{realm_of(request).client}", PER_ADDRESS)


@get(LINK, sync_to_thread=True)
def show(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """Show what is to be signed, and record that it was opened."""
    _count(request)
    with tenant_work(tenant_of(request)) as session:
        asked = _asked(request, session, token)
        signing.view(session, asked)
        shown = _shown(request, session, token, asked)
    return _private(page("contracts/sign.html", realm_of(request), problem=None, **shown))


@post(f"{LINK}/code", sync_to_thread=True)
def send_code(request: AnyRequest, token: FromPath[str]) -> Redirect:
    """Send a code to the mailbox that the link was sent to."""
    tenant = tenant_of(request)
    _count(request)
    with tenant_work(tenant) as session:
        asked = _asked(request, session, token)
        limits.hit(tenant, f"signing-code:{asked.signer.id}", CODES)
        signing.send_code(session, tenant, asked)
    return flash.done(f"{LINKS}/{quote(token)}#sign", tenant, sentence("The code is on its way to your mailbox."))


@post(LINK, sync_to_thread=True)
def sign(request: AnyRequest, token: FromPath[str], data: URLEncodedBody[SignForm]) -> Response[Any]:
    """Sign, once."""
    tenant = tenant_of(request)
    _count(request)
    with tenant_work(tenant) as session:
        shown = _shown(request, session, token, _asked(request, session, token))
    try:
        with tenant_work(tenant) as session:  # counted before it is made, and kept whatever becomes of it
            signing.count_try(session, _asked(request, session, token))
        with tenant_work(tenant) as session:
            asked = _asked(request, session, token)
            given: dict[str, Any] = {"name": data.name, "code": data.code, "seen": data.seen}
            signing.sign(session, tenant, asked, agrees=bool(data.agrees), came=came_from(request), **given)
    except Invalid as refusal:
        typed = {
            "name": data.name[: rules.LONGEST_NAME],
            "wrong": next(iter(refusal.fields), WRONG.get(type(refusal), "")),
        }
        return _private(again(request, "contracts/sign.html", refusal, **(shown | typed)))
    return _done(request, asked, "signed")


@post(f"{LINK}/refusal", sync_to_thread=True)
def decline(request: AnyRequest, token: FromPath[str], data: URLEncodedBody[WordsForm]) -> Response[Any]:
    """Say no, with a reason."""
    tenant = tenant_of(request)
    _count(request)
    with tenant_work(tenant) as session:
        asked = _asked(request, session, token)
        signing.decline(session, tenant, asked.actor, asked, data.words)
    return _done(request, asked, "declined")


@post(f"{LINK}/proposal", sync_to_thread=True)
def propose(request: AnyRequest, token: FromPath[str], data: URLEncodedBody[WordsForm]) -> Response[Any]:
    """Propose a change; the contract comes back once the label has answered it."""
    tenant = tenant_of(request)
    _count(request)
    with tenant_work(tenant) as session:
        asked = _asked(request, session, token)
        sending.counter(session, tenant, asked.actor, asked.contract, asked.version, data.words)
    return _done(request, asked, "proposed")


def _done(request: AnyRequest, asked: Asked, outcome: str) -> Response[Any]:
    shown: dict[str, Any] = {"contract": asked.contract, "outcome": outcome}
    return _private(page("contracts/signed.html", realm_of(request), **shown))


handlers = [show, send_code, sign, decline, propose]
