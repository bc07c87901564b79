"""What fans agree to: asked for by mail, given by a link in it, taken back at once. Rows are only added."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.fans.models import Fan, FanConsent
from app.fans.policies import fan_actor
from app.fans.rules import CONSENTS, consent_kind
from app.fans.service import entry
from app.kernel import activity, clock, ids
from app.kernel.tenant import Tenant


def ask(session: Session, tenant: Tenant, email: str, kind: str, language: str) -> None:
    """Have somebody asked by mail whether they agree; until they open the link nothing is agreed to."""
    wish = entry.Wish(kind="consent", email=email, language=language, about=consent_kind(kind))
    entry.ask(session, tenant, wish)


def confirm(session: Session, tenant: Tenant, kind: str, token: str, sentence: str) -> Fan:
    """Agree by the link of a mail, once, to the sentence as it was read beside the button."""
    fan = entry.use(session, tenant, "consent", consent_kind(kind), token)
    _add(session, tenant, fan, kind, sentence, "mail", is_given=True)
    return fan


def withdraw(session: Session, tenant: Tenant, fan: Fan, kind: str, sentence: str, source: str) -> None:
    """Take an agreement back, where there is one."""
    if given(session, fan).get(consent_kind(kind)) is not None:
        _add(session, tenant, fan, kind, sentence, source, is_given=False)


def given(session: Session, fan: Fan) -> dict[str, FanConsent]:
    """What a fan agrees to now, by kind: the newest word of each counts."""
    newest = (
        select(FanConsent)
        .where(FanConsent.fan_id == fan.id, FanConsent.kind.in_(CONSENTS))
        .order_by(FanConsent.kind, FanConsent.at.desc(), FanConsent.id.desc())
        .ext(distinct_on(FanConsent.kind))
    )
    return {row.kind: row for row in session.scalars(newest) if row.is_given}


def history(session: Session, fan: Fan) -> list[FanConsent]:
    """Everything a fan agreed to or took back, oldest first."""
    query = select(FanConsent).where(FanConsent.fan_id == fan.id).order_by(FanConsent.at, FanConsent.id)
    return list(session.scalars(query))


def _add(session: Session, tenant: Tenant, fan: Fan, kind: str, sentence: str, source: str, *, is_given: bool) -> None:
    session.add(
        FanConsent(
            id=ids.new_id(),
            fan_id=fan.id,
            kind=kind,
            is_given=is_given,
            sentence=sentence,
            source=source,
            at=clock.now(),
        )
    )
    session.flush()
    action = "fan.consented" if is_given else "fan.withdrew"
    activity.record(
        session, fan_actor(tenant, fan), action, subject_type="fan", subject_id=fan.id, after={"kind": kind}
    )
