"""What becomes test data when a label is copied to try things in: nobody real is named or reached from a sandbox.

Composed here, as it looks into every slice at once. What was sealed under the key of the label it came from cannot be
opened in the copy; it is taken out rather than left to fail.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.kernel.tenant import Tenant
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


@softening
def soften(session: Session, _sandbox: Tenant) -> None:
    """Leave nothing in a copy that leads to anybody."""
    for statement in _STATEMENTS:
        session.execute(text(statement))
