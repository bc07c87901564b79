"""Day by day: who was asked and has not signed is reminded, and what was not signed in time is over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contracts.models import Contract, ContractSigner, ContractVersion
from app.contracts.rules.signing import REMIND_AFTER, due
from app.contracts.service import notices
from app.contracts.service.sending import end_wait, signers_of, tell
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant


def day(session: Session, tenant: Tenant) -> None:
    """Close what was not signed in time and remind of what still can be."""
    actor = Actor.system(tenant)
    for contract, version in _open(session):
        signers = signers_of(session, version.id)
        if all(each.state == "signed" for each in signers):
            continue  # it is being sealed
        if version.expires_at is not None and version.expires_at <= clock.now():
            end_wait(session, tenant, contract, version, "expired")
            tell(session, actor, "contract.expired", contract, after={"version": version.number})
        else:
            remind(session, tenant, actor, [(contract, version)])


def remind(
    session: Session,
    tenant: Tenant,
    actor: Actor,
    sent: Iterable[tuple[Contract, ContractVersion]],
) -> int:
    """Remind everybody whose turn it is and who heard nothing for three days; gives back how many that were."""
    reminded, quiet_since = 0, clock.now() - REMIND_AFTER
    for contract, version in sent:
        signers = signers_of(session, version.id)
        turn = due(signers, in_order=version.in_order)
        late = [each for each in signers if each.position in turn and _is_late(each, quiet_since)]
        for signer in late:
            signer.reminded_at = clock.now()
            notices.ask(session, tenant, contract, version, signer, kind="reminded")
        if late:
            tell(session, actor, "contract.reminded", contract, after={"signers": [each.name for each in late]})
        reminded += len(late)
    session.flush()
    return reminded


def _is_late(signer: ContractSigner, quiet_since: datetime) -> bool:
    heard = signer.reminded_at or signer.asked_at
    return signer.side == "party" and heard is not None and heard <= quiet_since


def _open(session: Session) -> list[tuple[Contract, ContractVersion]]:
    """Every contract that waits for signatures, locked as signing locks it."""
    query = (
        select(Contract, ContractVersion)
        .join(ContractVersion, ContractVersion.contract_id == Contract.id)
        .where(
            ContractVersion.sent_at.is_not(None),
            ContractVersion.closed_at.is_(None),
            ContractVersion.signed_at.is_(None),
            ContractVersion.sealed_id.is_(None),
        )
        .order_by(Contract.id)
        .with_for_update(skip_locked=True)
    )
    return [(row[0], row[1]) for row in session.execute(query)]
