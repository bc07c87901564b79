"""A new label's first owner, invited in the opening's own transaction; what its activity means is told along."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.identity import activity, service
from app.identity.service import notices
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import opening_step

__all__ = ["activity", "invite_owner"]


@opening_step
def invite_owner(session: Session, tenant: Tenant, wish: OpenLabel) -> None:
    """Invite the first owner by mail, in the label's first language."""
    token = service.invite(session, Actor.system(tenant), email=wish.owner_email, role="owner")
    notices.send_first_invitation(session, tenant, wish.owner_email, token)
