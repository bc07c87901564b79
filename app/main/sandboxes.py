"""What becomes test data when a label is copied to try things in: nobody real is named or reached from a sandbox.

Composed here, as it looks into every slice at once. What was sealed under the key of the label it came from was left
out when the copy was filled.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.brand.service import forget_live
from app.identity.service import following
from app.kernel.jobs import platform_schedule, platform_task
from app.kernel.tenant import Tenant
from tenants.archive import sandboxing
from tenants.archive.sandboxing import softening

_STATEMENTS = (
    # People come in from their label, which asks them for what it demands: a password of theirs opens nothing here.
    "UPDATE members SET password_hash = NULL, of_label = (kind <> 'program')",
    "UPDATE roles SET of_label = true",
    "UPDATE security_policy SET second_factor_roles = '{}', sso_only = 'nobody', break_glass = '{}'",
    # People of others: buyers, listeners, legal persons who are paid.
    "UPDATE fans SET email = 'fan-' || id::text || '@sandbox.invalid', name = 'Fan ' || right(id::text, 4)"
    " WHERE erased_at IS NULL AND email NOT LIKE '%@sandbox.invalid'",
    "UPDATE orders SET email = 'buyer-' || number || '@sandbox.invalid', customer = 'Buyer ' || number"
    " WHERE email IS NOT NULL AND email NOT LIKE '%@sandbox.invalid'",
    "UPDATE parties SET email = 'party-' || right(id::text, 12) || '@sandbox.invalid'"
    " WHERE email IS NOT NULL AND email <> '' AND email NOT LIKE '%@sandbox.invalid'",
    # Money: nothing that was begun elsewhere goes on here, and no account is one that exists.
    "UPDATE payout_policy SET rail = NULL",
    "UPDATE payouts SET rail = 'sandbox'",
)


@platform_schedule(following.ACROSS, every="minute")
@platform_task(following.ACROSS)
def follow(session: Session, *, label: str = "") -> None:
    """Let a label's sandbox follow at once what changed there; without a label, look after every sandbox's people.

    One that cannot be followed keeps no other from it.
    """
    troubles: list[Exception] = []
    for sandbox, its_label in sandboxing.live(session):
        if label in ("", its_label.id):
            try:
                following.follow(its_label, sandbox)
            except Exception as trouble:  # noqa: BLE001 told below, once the others are done
                troubles.append(trouble)
    if troubles:
        raise ExceptionGroup("sandboxes were not followed", troubles)


@softening
def soften(session: Session, sandbox: Tenant) -> None:
    """Leave nothing in a copy that leads to anybody; how it looked while it was empty is forgotten."""
    forget_live(session, sandbox)
    for statement in _STATEMENTS:
        session.execute(text(statement))
