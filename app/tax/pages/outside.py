"""Filling a form in by a link: for a payee who is nobody here, on the label's own host, in its first language."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.identity.pages import visitor_here
from app.identity.pages.door import KEEP_REFERRER, PER_ADDRESS, again
from app.kernel import limits
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page, told
from app.kernel.web.realm import realm_of, tenant_of
from app.roster.models import Party, Payee
from app.tax.pages.interview import kept_answers, review_of, shown_step
from app.tax.pages.places import IN_PERSON, PAYEE, AnyRequest, teller
from app.tax.policies import invitation_to_use, payee_to_ask
from app.tax.rules import asking, interviews
from app.tax.schemas import Came, SignatureForm
from app.tax.service import filling, inviting
from app.tax.service.inviting import LINKS

LINK = f"{LINKS}/{{token:str}}"


@post(f"{PAYEE[0]}/invitations", sync_to_thread=True, opt=IN_PERSON)
def invite(request: AnyRequest, payee_id: FromPath[str]) -> Redirect:
    """Send a payee the link to their form."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    with tenant_work(tenant) as session:
        payee = payee_to_ask(session, visitor, parse_uuid(payee_id))
        inviting.invite(session, tenant, visitor.actor, payee)
    return flash.done(f"/portal/payees/{payee_id}/tax", tenant, sentence("The link is on its way."))


def _opened(request: AnyRequest, session: Session, token: str, *, lock: bool = False) -> tuple[Any, Payee, Party]:
    """Who came by a link; from here on the page speaks their language."""
    invitation, payee = invitation_to_use(session, token, lock=lock)
    realm_of(request).speak(invitation.language)
    return invitation, payee, session.get_one(Party, payee.party_id)


def _count(request: AnyRequest) -> None:
    limits.hit(tenant_of(request), f"tax-link-from:{realm_of(request).client}", PER_ADDRESS)


def _page(request: AnyRequest, name: str, token: str, refusal: Refusal | None = None, **values: Any) -> Response[Any]:
    around = {"layout": "tax/outside.html", "address": f"{LINKS}/{quote(token)}", "teller": teller(request)}
    template, shown = f"tax/{name}.html", {**around, **values}
    if refusal is None:
        response: Response[Any] = page(template, realm_of(request), problem=None, **shown)
    else:
        response = again(request, template, refusal, **shown)
    response.headers.update(KEEP_REFERRER | {"cache-control": "no-store"})
    return response


@get(LINK, sync_to_thread=True)
def begin(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """Say who asks for what, and lead to the first question."""
    _count(request)
    with tenant_read(tenant_of(request)) as session:
        invitation, payee, party = _opened(request, session, token)
    first = interviews.STEPS[0].name
    return _page(request, "invited", token, payee=payee, party=party, invitation=invitation, first=first)


@get(f"{LINK}/interview/{{step:str}}", sync_to_thread=True)
def ask(request: AnyRequest, token: FromPath[str], step: FromPath[str]) -> Response[Any]:
    """Show one page of questions with what was answered so far."""
    _count(request)
    tenant = tenant_of(request)
    with tenant_read(tenant) as session:
        _, payee, _ = _opened(request, session, token)
        shown = shown_step(session, tenant, payee, step, realm_of(request).language)
    return _page(request, "interview", token, problems={}, **shown)


@post(f"{LINK}/interview/{{step:str}}", sync_to_thread=True)
def answer(
    request: AnyRequest, token: FromPath[str], step: FromPath[str], data: URLEncodedBody[dict[str, str]]
) -> Response[Any]:
    """Take the answers of one page and lead on to the next."""
    _count(request)
    tenant, realm = tenant_of(request), realm_of(request)
    typed = {name: value if isinstance(value, str) else "" for name, value in data.items()}
    try:
        with tenant_work(tenant) as session:
            invitation, _, party = _opened(request, session, token, lock=True)
            who = inviting.filler_of(invitation, party)
            following = filling.answer(session, tenant, who, party, step=step, typed=typed)
    except Invalid as refusal:
        with tenant_read(tenant) as session:
            _, payee, _ = _opened(request, session, token)
            shown = shown_step(session, tenant, payee, step, realm.language, kept_answers(step, typed))
        problems = {name: told(realm, text) for name, text in refusal.fields.items()}
        return _page(request, "interview", token, refusal, problems=problems, **shown)
    onward = f"interview/{following.name}" if following else "signature"
    return Redirect(f"{LINKS}/{quote(token)}/{onward}", status_code=303)


@get(f"{LINK}/signature", sync_to_thread=True)
def review(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """Show everything once more, with what is certified by signing."""
    _count(request)
    tenant = tenant_of(request)
    with tenant_read(tenant) as session:
        _, payee, party = _opened(request, session, token)
        draft = filling.draft_of(session, tenant, party)
        missing = asking.next_step(draft.answers, filling.today_of(tenant)) if draft.version else interviews.STEPS[0]
        if missing is not None:
            return Redirect(f"{LINKS}/{quote(token)}/interview/{missing.name}", status_code=303)
        shown = review_of(session, tenant, payee)
    return _page(request, "signature", token, you=party.legal_name, **shown)


@post(f"{LINK}/signature", sync_to_thread=True)
def sign(request: AnyRequest, token: FromPath[str], data: URLEncodedBody[SignatureForm]) -> Response[Any]:
    """Sign what was answered, once."""
    _count(request)
    tenant = tenant_of(request)
    came = Came(realm_of(request).client, request.headers.get("user-agent", ""))
    try:
        with tenant_work(tenant) as session:
            invitation, _, party = _opened(request, session, token, lock=True)
            form = inviting.sign(session, tenant, invitation, party, data, came)
    except (Conflict, Invalid) as refusal:
        with tenant_read(tenant) as session:
            _, payee, party = _opened(request, session, token)
            draft = filling.draft_of(session, tenant, party)
            if draft.version == 0 or asking.next_step(draft.answers, filling.today_of(tenant)) is not None:
                raise
            shown = review_of(session, tenant, payee)
        return _page(request, "signature", token, refusal, you=party.legal_name, **shown)
    return _page(request, "signed", token, form=form)


handlers = [invite, begin, ask, answer, review, sign]
