"""What becomes test data when a label is copied to try things in: nobody real is named or reached from a sandbox.

Composed here, as it looks into every slice at once. What was sealed under the key of the label it came from cannot be
opened in the copy; it is taken out rather than left to fail.
"""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.identity.models import Member
from app.identity.service import sessions
from app.kernel import activity, clock
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.jobs import platform_schedule, platform_task
from app.kernel.tenant import READ_ONLY, Tenant
from tenants.archive import sandboxing
from tenants.archive.sandboxing import softening

_STATEMENTS = (
    # People of others: buyers, listeners, legal persons who are paid.
    "UPDATE fans SET email = 'fan-' || id::text || '@sandbox.invalid', name = 'Fan ' || right(id::text, 4)"
    " WHERE erased_at IS NULL AND email NOT LIKE '%@sandbox.invalid'",
    "DELETE FROM fan_addresses",
    "UPDATE orders SET email = 'buyer-' || number || '@sandbox.invalid', customer = 'Buyer ' || number, sealed = NULL"
    " WHERE email IS NOT NULL AND email NOT LIKE '%@sandbox.invalid'",
    "UPDATE parties SET email = 'party-' || right(id::text, 12) || '@sandbox.invalid'"
    " WHERE email IS NOT NULL AND email <> '' AND email NOT LIKE '%@sandbox.invalid'",
    # Money: nothing that was begun elsewhere goes on here, and no account is one that exists.
    "UPDATE payout_policy SET rail = NULL, debtor = NULL",
    "UPDATE payouts SET rail = 'sandbox'",
    "UPDATE payout_methods SET removed_at = now() WHERE removed_at IS NULL",
    "DELETE FROM printer_links",
    "UPDATE signing_certificates SET retired_at = now() WHERE retired_at IS NULL",
)


@platform_schedule("sandboxes.follow", every="minute")
@platform_task("sandboxes.follow")
def follow(session: Session) -> None:
    """Let nobody into a sandbox any more whom its label lets in no more."""
    for sandbox, label in sandboxing.live(session):
        with tenant_read(label) as there:
            out = set(there.scalars(select(Member.id).where(Member.disabled_at.is_not(None))))
        with tenant_work(sandbox, even=READ_ONLY) as here:
            query = select(Member).where(Member.id.in_(out), Member.disabled_at.is_(None))
            for member in here.scalars(query.with_for_update(of=Member)):
                member.disable(clock.now())
                sessions.end_all(here, member.id)
                system = Actor.system(sandbox)
                activity.record(here, system, "member.disabled", subject_type="member", subject_id=member.id)


@softening
def soften(session: Session, _sandbox: Tenant) -> None:
    """Leave nothing in a copy that leads to anybody."""
    for statement in _STATEMENTS:
        session.execute(text(statement))
