"""A payee's account with the card processor: opened for them, set up by themselves on its own pages."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.identity.pages import visitor_of
from app.identity.service.notices import base_address
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.realm import tenant_of
from app.kernel.web.surfaces import on
from app.payouts.errors import ProcessorIncomplete, RailUnknown
from app.payouts.gateways import rails
from app.payouts.pages.accounts import PLACES
from app.payouts.pages.payee import RECENT
from app.payouts.pages.surface import surface_of
from app.payouts.policies import payee_to_pay
from app.payouts.service import methods
from app.payouts.service.quoting import methods_of
from app.roster.models import Party, Payee

ADDRESSES = [f"{place}/processor" for place in PLACES]


@on(post, ADDRESSES, opt=RECENT)
def begin(request: Request[Any, Any, Any], payee_id: FromPath[str]) -> Redirect:
    """Open a payee's account where there is none, and lead to the processor's page that asks for the rest."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        payee = payee_to_pay(session, visitor, parse_uuid(payee_id))
        party = session.get_one(Party, payee.party_id)
        known = next(
            (each for each in methods_of(session, [payee.id]).get(payee.id, []) if each.scheme == "stripe"), None
        )
        account = methods.number_of(tenant, known) if known else None
    if not party.country or not party.email:
        raise ProcessorIncomplete
    processor = rails.processor()
    if account is None:
        is_company = party.kind == "company"
        account = processor.open_account(tenant, payee.id, party.country, party.email, is_company=is_company)
        with tenant_work(tenant) as session:
            methods.add_processor_account(session, tenant, visitor.actor, payee, account)
    back = f"{base_address(tenant)}{surface_of(request).payee(payee.id)}/processor"
    return Redirect(processor.onboarding_link(account, back, f"{back}?again=1"), status_code=303)


def _account(session: Session, tenant: Tenant, payee: Payee) -> str | None:
    """The processor's name for a payee's account, if they have one."""
    held = methods_of(session, [payee.id]).get(payee.id, [])
    return next((methods.number_of(tenant, each) for each in held if each.scheme == "stripe"), None)


@on(get, ADDRESSES, opt=RECENT)
def end(request: Request[Any, Any, Any], payee_id: FromPath[str]) -> Response[Any]:
    """Come back from the processor's pages, and say whether it can pay."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        payee = payee_to_pay(session, visitor, parse_uuid(payee_id))
        account = _account(session, tenant, payee)
    if account is None:
        raise RailUnknown
    state = rails.processor().account_state(account)
    said = (
        sentence("The account can be paid to.")
        if state.payouts_enabled
        else sentence("The card processor still needs something of you before it can pay.")
    )
    return flash.done(f"{surface_of(request).payee(payee.id)}/accounts", tenant, said)


handlers = [*begin, *end]
