"""Filling a form in, page by page, and signing it: drafts are sealed, forms appended, the one before superseded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel import activity, clock, crypto, ids
from app.kernel.tenant import Tenant
from app.kernel.web.languages import say
from app.roster.models import Party
from app.tax.errors import (
    AnswersChanged,
    AnswersMissing,
    AnswersUnusable,
    ConsentUngiven,
    NameUnsigned,
    OwnFormsOnly,
)
from app.tax.models import TaxDraft, TaxForm
from app.tax.rules import asking, tins
from app.tax.rules.certifications import CONSENT, certified
from app.tax.rules.interviews import STEPS, Step
from app.tax.rules.kinds import EDITIONS, valid_until
from app.tax.schemas import Came, Filler, SignatureForm

LONGEST_NAME, LONGEST_AGENT = 200, 300
_DRAFT = "tax_draft"


@dataclass(frozen=True, slots=True)
class Draft:
    """The answers so far, and which version of them this is."""

    answers: dict[str, str]
    version: int


def today_of(tenant: Tenant) -> date:
    """Today where the label is."""
    return clock.now().astimezone(ZoneInfo(tenant.time_zone)).date()


def current_form(session: Session, party_id: UUID) -> TaxForm | None:
    """The form that counts, if any was signed."""
    query = select(TaxForm).where(TaxForm.party_id == party_id, TaxForm.superseded_at.is_(None))
    return session.scalar(query)


def answers_of(tenant: Tenant, form: TaxForm) -> dict[str, str]:
    """Everything that was answered on a signed form, numbers in full."""
    return msgspec.json.decode(crypto.open_sealed(tenant, form.sealed, f"tax_form:{form.id}"), type=dict[str, str])


def draft_of(session: Session, tenant: Tenant, party: Party) -> Draft:
    """What was answered so far: in the interview under way, on the form before, or what the label knows already."""
    row = session.get(TaxDraft, party.id)
    if row is not None:
        opened = crypto.open_sealed(tenant, row.sealed, f"{_DRAFT}:{party.id}")
        return Draft(msgspec.json.decode(opened, type=dict[str, str]), row.version)
    before = current_form(session, party.id)
    if before is not None:
        return Draft(answers_of(tenant, before), 0)
    return Draft({"entity": party.kind, "name": party.legal_name, "residence": party.country or ""}, 0)


def answer(
    session: Session, tenant: Tenant, who: Filler, party: Party, *, step: str, typed: dict[str, str]
) -> Step | None:
    """Take the answers of one page and tell which comes next; refused field by field."""
    session.refresh(party, with_for_update=True)
    on, draft = today_of(tenant), draft_of(session, tenant, party)
    page = asking.step_named(step, draft.answers, on)
    taken, problems = asking.take(page, draft.answers, typed, on)
    if problems:
        raise AnswersUnusable(fields=problems)
    if taken.get("entity") != party.kind:
        raise OwnFormsOnly(name=party.legal_name)
    _keep(session, tenant, who, party, taken)
    return asking.next_step(taken, on, after=step)


def _keep(session: Session, tenant: Tenant, who: Filler, party: Party, answers: dict[str, str]) -> None:
    sealed = crypto.seal(tenant, msgspec.json.encode(answers), f"{_DRAFT}:{party.id}")
    row = {"sealed": sealed, "changed_by": who.member_id, "changed_at": clock.now()}
    statement = insert(TaxDraft).values(party_id=party.id, **row)
    changed = row | {"version": TaxDraft.version + 1}
    session.execute(statement.on_conflict_do_update(index_elements=["party_id"], set_=changed))


def digest_of(tenant: Tenant, party: Party, answers: dict[str, str]) -> str:
    """What tells exactly this form of this person from any other, of no use to whoever lacks the label's key."""
    form = asking.form_of(answers) or ""
    texts = certified(form, answers) if form else []
    signed = [str(party.id), form, EDITIONS.get(form, ""), texts, sorted(answers.items())]
    return crypto.fingerprint(tenant, "tax-form:" + msgspec.json.encode(signed).decode())


def to_sign(tenant: Tenant, party: Party, draft: Draft) -> tuple[dict[str, str], str]:
    """The answers that would be signed, and their digest; refused while something is missing."""
    on = today_of(tenant)
    if draft.version == 0 or asking.next_step(draft.answers, on) is not None or draft.answers["entity"] != party.kind:
        raise AnswersMissing
    answers = asking.whole(draft.answers, on)
    return answers, digest_of(tenant, party, answers)


def sign(session: Session, tenant: Tenant, who: Filler, party: Party, given: SignatureForm, came: Came) -> TaxForm:
    """Sign what was answered: exactly what the signer saw, once, by name, with consent."""
    session.refresh(party, with_for_update=True)  # whoever signs at the same time signs after
    draft = draft_of(session, tenant, party)
    if draft.version == 0:
        raise AnswersChanged
    answers, digest = to_sign(tenant, party, draft)
    name = _checked(given)
    if given.seen != digest:
        raise AnswersChanged
    form = _append(session, tenant, who, party, answers, digest)
    form.evidence = _evidence(who, form, given, name, came)
    session.add(form)
    row = session.get_one(TaxDraft, party.id)
    session.delete(row)
    session.flush()
    after = {"form": str(form.id), "kind": form.kind, "number": form.number, "country": form.country}
    activity.record(session, who.actor, "tax_form.signed", subject_type="party", subject_id=party.id, after=after)
    return form


def _checked(given: SignatureForm) -> str:
    name = " ".join(given.name.split())
    if not 1 <= len(name) <= LONGEST_NAME or not asking.is_writable(name):
        raise NameUnsigned(fields={"name": NameUnsigned.message})
    if len(given.capacity) > LONGEST_NAME or not asking.is_writable(given.capacity):
        raise NameUnsigned(fields={"capacity": NameUnsigned.message})
    if not given.agrees:
        raise ConsentUngiven(fields={"agrees": ConsentUngiven.message})
    return name


def _append(
    session: Session, tenant: Tenant, who: Filler, party: Party, answers: dict[str, str], digest: str
) -> TaxForm:
    """The new version; the one before is superseded at the same moment."""
    now, kind = clock.now(), asking.form_of(answers) or ""
    before = current_form(session, party.id)
    if before is not None:
        before.superseded_at = now
        session.flush()
    last = session.scalar(select(func.max(TaxForm.number)).where(TaxForm.party_id == party.id)) or 0
    form_id = ids.new_id()
    return TaxForm(
        id=form_id,
        party_id=party.id,
        number=last + 1,
        kind=kind,
        edition=EDITIONS[kind],
        country="US" if kind == "w9" else answers["residence"],
        claims_treaty=answers.get("treaty") == "yes",
        chapter4=answers.get("chapter4", ""),
        is_backup=answers.get("backup") == "yes",
        tin_mask=tins.masked(main_tin(answers)),
        sealed=crypto.seal(tenant, msgspec.json.encode(answers), f"tax_form:{form_id}"),
        digest=digest,
        language=who.language,
        signed_on=today_of(tenant),
        signed_at=now,
        signed_by=who.member_id,
        valid_until=valid_until(kind, today_of(tenant)),
    )


def main_tin(answers: dict[str, str]) -> str:
    """The number that a form is known by: the US one of a W-9, the foreign one, or else the US one, of a W-8."""
    return answers.get("tin") or answers.get("ftin") or answers.get("us_tin") or ""


def _evidence(who: Filler, form: TaxForm, given: SignatureForm, name: str, came: Came) -> dict[str, Any]:
    return {
        "name": name,
        "capacity": " ".join(given.capacity.split()),
        **({"invitation": str(who.invitation_id)} if who.invitation_id else {"member": str(who.member_id)}),
        "email": who.email,
        "at": form.signed_at.isoformat(),
        "address": came.address,
        "agent": came.agent[:LONGEST_AGENT],
        "digest": form.digest,
        "consent": say(CONSENT, who.language),
    }


def shown(answers: dict[str, str], on: date) -> list[tuple[Step, list[tuple[str, str]]]]:
    """The answers page by page as somebody reads them before signing, numbers masked: name of the field and value."""
    asked = {step.name for step in asking.steps_for(answers, on)}
    pages = []
    for step in STEPS:
        fields = asking.fields_for(step, answers, on) if step.name in asked else []
        said = [(each.name, answers[each.name]) for each in fields if answers.get(each.name)]
        if said:
            pages.append((step, said))
    return pages
