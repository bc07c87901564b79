"""The bank's side: differences between its list and the books, files for the label's bank, and the sandbox's bank."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy import select

from app.identity.pages import visitor_of
from app.identity.policies import allows
from app.kernel import files
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page, told_refusal
from app.kernel.web.realm import realm_of, tenant_of
from app.payouts.errors import PayoutUnknown, RailUnknown
from app.payouts.gateways import rails, sandbox
from app.payouts.models import PayoutFile, RailCheck, SandboxTransfer
from app.payouts.pages.surface import PORTAL, around
from app.payouts.policies import difference_to_settle, require_all
from app.payouts.rules import states
from app.payouts.rules.refusals import BankReportRefused
from app.payouts.schemas import NewFile, Settled
from app.payouts.service import bankfiles, hearing, reconciling, sending
from app.payouts.service.quoting import policy_of

BANK = f"{PORTAL}/bank"
SHOWN = 50
LARGEST_REPORT = 20_000_000
KIND_SENTENCES = {
    "missing": sentence("The bank does not list a payout that we sent"),
    "extra": sentence("The bank lists money that no payout explains"),
    "amount": sentence("The bank lists another amount"),
    "state": sentence("The bank says paid, the books say otherwise"),
}


@get(BANK, sync_to_thread=True)
def show(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what the bank says, and where it differs from the books."""
    return _page(request)


def _page(request: Request[Any, Any, Any], refusal: Refusal | None = None) -> Response[str]:
    visitor, realm = visitor_of(request), realm_of(request)
    require_all(visitor, "payouts.view")
    moved = select(SandboxTransfer).order_by(SandboxTransfer.created_at.desc()).limit(SHOWN)
    with tenant_read(tenant_of(request)) as session:
        rail = policy_of(session).rail or rails.usual()
        shown = {
            "differences": reconciling.open_differences(session),
            "checks": list(session.scalars(select(RailCheck).order_by(RailCheck.rail))),
            "made": bankfiles.files_made(session),
            "held_up": sending.is_held_up(session),
            "waiting": sending.waiting_by_hand(session),
            "transfers": list(session.scalars(moved)) if rail == "sandbox" else [],
        }
    told = {
        "rail": rail,
        "kinds": KIND_SENTENCES,
        "rail_states": states.RAIL_SENTENCES,
        "rail_tones": states.RAIL_TONES,
        "endings": sandbox.ENDINGS,
        "formats": bankfiles.FORMATS,
        "may_prepare": allows(visitor, "payouts.prepare"),
        "problem": told_refusal(realm, refusal) if refusal else None,
    }
    return page("payouts/bank.html", realm, status=422 if refusal else 200, **shown, **told, **around(request))


@post(f"{BANK}/day", sync_to_thread=True, opt={"in_person": True})
def let_a_day_pass(request: Request[Any, Any, Any]) -> Response[Any]:
    """Let the sandbox's bank do everything that waits there."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_all(visitor, "payouts.prepare")
    if "sandbox" not in rails.open_here():
        raise RailUnknown
    with tenant_work(tenant) as session:
        hearing.hear_of(session, sandbox.move(session, all_of_them=True))
    return flash.done(BANK, tenant, sentence("The bank has done what waited there."))


@post(f"{BANK}/differences/{{difference_id:str}}", sync_to_thread=True, opt={"in_person": True})
def settle(
    request: Request[Any, Any, Any], difference_id: FromPath[str], data: URLEncodedBody[Settled]
) -> Response[Any]:
    """Say what came of a difference."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        found = difference_to_settle(session, visitor, parse_uuid(difference_id))
        reconciling.resolve(session, visitor.actor, found, data.note.strip()[:500])
    return flash.done(BANK, tenant, sentence("Saved."))


@post(f"{BANK}/files", sync_to_thread=True, opt={"recent": True, "in_person": True})
def make_file(request: Request[Any, Any, Any], data: URLEncodedBody[NewFile]) -> Response[Any]:
    """Put what waits into a file for the label's bank."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_all(visitor, "payouts.prepare")
    if data.form not in bankfiles.FORMATS:
        raise RailUnknown
    try:
        with tenant_work(tenant) as session:
            bankfiles.make(session, tenant, visitor.actor, form=data.form, currency=data.currency)
    except Invalid as refusal:
        return _page(request, refusal)
    return flash.done(BANK, tenant, sentence("The file is made. Give it to your bank."))


@get(f"{BANK}/files/{{file_id:str}}", sync_to_thread=True, opt={"recent": True, "in_person": True})
def fetch_file(request: Request[Any, Any, Any], file_id: FromPath[str]) -> Response[Any]:
    """Lead to a file for the bank as it was made."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_all(visitor, "payouts.prepare")
    with tenant_read(tenant) as session:
        found = session.get(PayoutFile, parse_uuid(file_id)) if parse_uuid(file_id) else None
    if found is None:
        raise PayoutUnknown
    return Redirect(files.url(tenant, found.stored_id, attachment=True), status_code=303)


@post(f"{BANK}/reports", sync_to_thread=True, opt={"recent": True, "in_person": True})
def read_report(
    request: Request[Any, Any, Any],
    data: Annotated[dict[str, Any], BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Take in what the bank says of the files it was given."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_all(visitor, "payouts.prepare")
    upload = data.get("report")
    raw = upload.file.read(LARGEST_REPORT + 1) if isinstance(upload, UploadFile) else b""
    try:
        if not raw or len(raw) > LARGEST_REPORT:
            raise BankReportRefused
        with tenant_work(tenant) as session:
            bankfiles.read_back(session, tenant, raw)
    except Invalid as refusal:
        return _page(request, refusal)
    return flash.done(BANK, tenant, sentence("The bank's report was taken in."))


handlers = [show, let_a_day_pass, settle, make_file, fetch_file, read_report]
