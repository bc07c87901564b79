"""Filling a tax form in: one page of questions after the other, then everything once more, and the signature."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.identity.pages import visitor_here
from app.identity.policies import Visitor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.own_words import offer
from app.kernel.web.pages import told
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.surfaces import on
from app.roster.models import Party, Payee
from app.roster.rules.countries import country_names
from app.tax.pages.places import IN_PERSON, PROVED, AnyRequest, address_of, at, payee_page
from app.tax.policies import payee_to_fill
from app.tax.rules import asking, certifications, interviews, tins
from app.tax.rules.interviews import SECRETS, Step
from app.tax.rules.kinds import EDITIONS, FORM_NAMES
from app.tax.rules.tables import us_table
from app.tax.schemas import Came, Filler, SignatureForm
from app.tax.service import filling
from app.tax.service.filling import Draft

STEP, SIGNATURE = at("interview/{step:str}"), at("signature")

offer(
    *interviews.YES_NO.values(), *interviews.CLASSES.values(), *interviews.CHAPTER_3.values(),
    *interviews.CHAPTER_4.values(), *interviews.LOB.values(), *interviews.TIN_KINDS.values(),
    *(step.title for step in interviews.STEPS), *asking.SENTENCES.values(), certifications.CONSENT,
    *(text for step in interviews.STEPS for each in step.fields for text in (each.label, each.hint) if text),
)  # fmt: skip


@on(get, at("interview"), opt=IN_PERSON)
def begin(request: AnyRequest, payee_id: FromPath[str]) -> Redirect:
    """Lead to the first page."""
    visitor = visitor_here(request)
    with tenant_read(tenant_of(request)) as session:
        payee = payee_to_fill(session, visitor, parse_uuid(payee_id))
    return Redirect(f"{address_of(request, payee.id)}/interview/{interviews.STEPS[0].name}", status_code=303)


@on(get, STEP, opt=IN_PERSON)
def ask(request: AnyRequest, payee_id: FromPath[str], step: FromPath[str]) -> Response[Any]:
    """Show one page of questions with what was answered so far; numbers only in part."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    with tenant_read(tenant) as session:
        payee = payee_to_fill(session, visitor, parse_uuid(payee_id))
        shown = shown_step(session, tenant, payee, step, realm_of(request).language)
    address = address_of(request, payee.id)
    return payee_page(request, "interview", visitor, problems={}, address=address, **shown)


def shown_step(
    session: Session, tenant: Tenant, payee: Payee, name: str, language: str, typed: dict[str, str] | None = None
) -> dict[str, Any]:
    """What a page of questions shows: the questions, what was answered, and of numbers a part."""
    party, on = session.get_one(Party, payee.party_id), filling.today_of(tenant)
    draft = filling.draft_of(session, tenant, party)
    step = asking.step_named(name, draft.answers, on)
    answers = draft.answers | {key: value for key, value in (typed or {}).items() if key not in SECRETS}
    return _around(payee, step, draft, on) | {
        # Every question of the page: those for others among them are asked once an answer here makes them so.
        "fields": [(each, each in asking.fields_for(step, answers, on)) for each in step.fields],
        "values": {each.name: "" if each.name in SECRETS else answers.get(each.name, "") for each in step.fields},
        "kept": {key: tins.masked(draft.answers[key]) for key in SECRETS if draft.answers.get(key)},
        "countries": country_names(language),
    }


def _around(payee: Payee, step: Step | None, draft: Draft, on: Any) -> dict[str, Any]:
    steps = asking.steps_for(draft.answers, on)
    form = asking.form_of(draft.answers)
    return {
        "payee": payee,
        "step": step,
        "steps": steps,
        "form": form,
        "form_name": FORM_NAMES.get(form or "", ""),
        "treaty": us_table().treaty_on(draft.answers.get("residence", ""), on),
    }


@on(post, STEP, opt=IN_PERSON)
def answer(
    request: AnyRequest, payee_id: FromPath[str], step: FromPath[str], data: URLEncodedBody[dict[str, str]]
) -> Response[Any]:
    """Take the answers of one page and lead on to the next."""
    visitor, tenant, realm = visitor_here(request), tenant_of(request), realm_of(request)
    typed = {name: value if isinstance(value, str) else "" for name, value in data.items()}
    try:
        with tenant_work(tenant) as session:
            payee = payee_to_fill(session, visitor, parse_uuid(payee_id))
            party = session.get_one(Party, payee.party_id)
            following = filling.answer(session, tenant, _filler(visitor), party, step=step, typed=typed)
    except Invalid as refusal:
        with tenant_read(tenant) as session:
            payee = payee_to_fill(session, visitor, parse_uuid(payee_id))
            shown = shown_step(session, tenant, payee, step, realm.language, kept_answers(step, typed))
        problems = {name: told(realm, text) for name, text in refusal.fields.items()}
        values = {"address": address_of(request, payee.id), "problems": problems, **shown}
        return payee_page(request, "interview", visitor, refusal=refusal, **values)
    onward = f"interview/{following.name}" if following else "signature"
    return Redirect(f"{address_of(request, payee.id)}/{onward}", status_code=303)


def kept_answers(step: str, typed: dict[str, str]) -> dict[str, str]:
    """What somebody typed that the page asked for, to be shown again."""
    known = {each.name for each in interviews.STEPS_BY_NAME[step].fields}
    return {name: value[: interviews.LONGEST_AREA] for name, value in typed.items() if name in known}


@on(get, SIGNATURE, opt=IN_PERSON)
def review(request: AnyRequest, payee_id: FromPath[str]) -> Response[Any]:
    """Show everything once more, line by line, with what is certified by signing."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    with tenant_read(tenant) as session:
        payee = payee_to_fill(session, visitor, parse_uuid(payee_id))
        party = session.get_one(Party, payee.party_id)
        draft, on = filling.draft_of(session, tenant, party), filling.today_of(tenant)
        if draft.version == 0:
            return Redirect(f"{address_of(request, payee.id)}/interview", status_code=303)
        if (missing := asking.next_step(draft.answers, on)) is not None:
            return Redirect(f"{address_of(request, payee.id)}/interview/{missing.name}", status_code=303)
        shown = review_of(session, tenant, payee)
    return _to_sign(request, visitor, shown)


def _to_sign(
    request: AnyRequest, visitor: Visitor, shown: dict[str, Any], refusal: Refusal | None = None
) -> Response[Any]:
    values = {"address": address_of(request, shown["payee"].id), "you": visitor.member.name, **shown}
    return payee_page(request, "signature", visitor, refusal=refusal, **values)


def review_of(session: Session, tenant: Tenant, payee: Payee) -> dict[str, Any]:
    """What is read before a form is signed: every answer, what is certified, and the digest of exactly this."""
    party, on = session.get_one(Party, payee.party_id), filling.today_of(tenant)
    draft = filling.draft_of(session, tenant, party)
    answers, digest = filling.to_sign(tenant, party, draft)
    form, pages = asking.form_of(answers) or "", filling.shown(answers, on)
    return _around(payee, None, draft, on) | {
        "pages": pages,
        "fields": {each.name: each for step, _ in pages for each in step.fields},
        "seen": digest,
        "edition": EDITIONS[form],
        "certified": certifications.certified(form, answers),
        "consent": certifications.CONSENT,
    }


def _filler(visitor: Visitor) -> Filler:
    """A payee's own member as who fills in."""
    member = visitor.member
    return Filler(visitor.actor, member.name, member.email, member.language, member_id=member.id)


@on(post, SIGNATURE, opt=PROVED)
def sign(request: AnyRequest, payee_id: FromPath[str], data: URLEncodedBody[SignatureForm]) -> Response[Any]:
    """Sign what was answered."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    came = Came(realm_of(request).client, request.headers.get("user-agent", ""))
    try:
        with tenant_work(tenant) as session:
            payee = payee_to_fill(session, visitor, parse_uuid(payee_id))
            party = session.get_one(Party, payee.party_id)
            filling.sign(session, tenant, _filler(visitor), party, data, came)
    except Invalid as refusal:
        with tenant_read(tenant) as session:
            shown = review_of(session, tenant, payee_to_fill(session, visitor, parse_uuid(payee_id)))
        return _to_sign(request, visitor, shown, refusal)
    except Conflict as refusal:
        return _unsigned(request, payee_id, refusal)
    return flash.done(address_of(request, payee.id), tenant, sentence("The tax form is signed."))


def _unsigned(request: AnyRequest, payee_id: str, refusal: Conflict) -> Response[Any]:
    """What cannot be signed as it stands is read again where it still can be signed."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    with tenant_read(tenant) as session:
        payee = payee_to_fill(session, visitor, parse_uuid(payee_id))
        party = session.get_one(Party, payee.party_id)
        draft = filling.draft_of(session, tenant, party)
        if draft.version == 0 or asking.next_step(draft.answers, filling.today_of(tenant)) is not None:
            raise refusal
        shown = review_of(session, tenant, payee)
    return _to_sign(request, visitor, shown, refusal)


handlers = [*begin, *ask, *answer, *review, *sign]
