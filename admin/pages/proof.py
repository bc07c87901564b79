"""An operator proves again who they are, before what concerns other operators."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import URLEncodedBody
from litestar.response import Redirect

from admin import service
from admin.models import Operator
from admin.pages.door import (
    DOOR,
    SECURITY,
    AnyRequest,
    again,
    operator_cookie,
    session_of,
    slowed,
)
from admin.service import factors
from app.identity import pages as identity
from app.identity.errors import CodeRefused, SignInRefused
from app.identity.pages.door import LONGEST_PASSWORD, PER_ACCOUNT
from app.kernel import limits
from app.kernel.db import platform_read, platform_work
from app.kernel.errors import Busy
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of
from app.kernel.web.redirects import safe_path

PROOF = "/admin/re-authenticate"
TEMPLATE = "identity/re_authenticate.html"


class ProofForm(msgspec.Struct, forbid_unknown_fields=True):
    """The password, or a code where there is a second factor; and where to go then."""

    proof: str
    next: str = ""


def lead_to_proof(request: AnyRequest, problem: Exception) -> Response[Any]:
    """Lead an operator to the page that asks for a proof, and back to where they were."""
    return identity.lead_to_proof(request, problem, proof=PROOF, back=SECURITY)


def _shown(operator: Operator, wanted: str | None) -> dict[str, Any]:
    with platform_read() as session:
        found = factors.factors_of(session, operator)
    return {"factors": found, "next": safe_path(wanted, SECURITY), "proof": PROOF, "passkey": f"{DOOR}/passkey"}


@get(PROOF, sync_to_thread=True)
def proof_page(request: AnyRequest) -> Response[str]:
    """Ask an operator who is signed in to prove again who they are."""
    operator, _ = session_of(request)
    return page(TEMPLATE, realm_of(request), problem=None, **_shown(operator, request.query_params.get("next")))


@post(PROOF, sync_to_thread=True)
def prove(request: AnyRequest, data: URLEncodedBody[ProofForm]) -> Response[Any]:
    """Take the proof, go on in a new session, and lead back."""
    operator, held = session_of(request)
    account, address = f"operator-factor:{operator.id}", realm_of(request).client
    try:
        limits.hit(None, account, PER_ACCOUNT)
        with slowed(account=account, address=address), platform_work() as session:
            factors.check_proof(session, operator, data.proof[:LONGEST_PASSWORD])
            service.end_session(session, operator, held.id)
            token = service.start(session, operator, agent=held.agent, address=address)
    except (SignInRefused, CodeRefused, Busy) as refusal:
        return again(request, TEMPLATE, refusal, **_shown(operator, data.next))
    limits.clear(None, account, PER_ACCOUNT)
    return Redirect(safe_path(data.next, SECURITY), status_code=303, cookies=[operator_cookie(token)])


handlers: list[Any] = [proof_page, prove]
