"""The second factor: an authenticator app (RFC 6238) and recovery codes."""

from __future__ import annotations

from dataclasses import dataclass

import pyotp
import segno
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.identity.errors import CodeRefused, FactorRequired
from app.identity.models import Member, Passkey, RecoveryCode, SecurityPolicy, TotpSecret
from app.identity.rules import TOTP_SECONDS, matching_step, new_recovery_codes, recovery_hash
from app.identity.service import notices
from app.kernel import activity, clock, crypto, ids
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant

DRIFT_STEPS = 1
"""A phone's clock may be half a minute off."""


@dataclass(frozen=True, slots=True)
class Factors:
    """What a member can prove themselves with besides the password."""

    has_app: bool
    passkeys: tuple[Passkey, ...]
    codes_left: int

    @property
    def any(self) -> bool:
        """Whether there is a second factor at all."""
        return self.has_app or bool(self.passkeys)


def factors_of(session: Session, member: Member) -> Factors:
    """The second factors of a member."""
    app = session.get(TotpSecret, member.id)
    keys = session.scalars(select(Passkey).where(Passkey.member_id == member.id).order_by(Passkey.created_at)).all()
    codes = session.scalars(
        select(RecoveryCode.id).where(RecoveryCode.member_id == member.id, RecoveryCode.used_at.is_(None))
    ).all()
    return Factors(app is not None and app.confirmed_at is not None, tuple(keys), len(codes))


def begin_app(session: Session, tenant: Tenant, member: Member) -> None:
    """Make a secret for an app that is not in use yet; an unproved one is replaced, a proved one stays."""
    held = session.get(TotpSecret, member.id, with_for_update=True)
    if held is not None and held.confirmed_at is not None:
        return
    sealed = crypto.seal(tenant, pyotp.random_base32().encode(), _context(member))
    if held is None:
        held = TotpSecret(member_id=member.id, last_step=0)
    held.secret, held.created_at = sealed, clock.now()
    session.add(held)
    session.flush()


def pending_app(session: Session, tenant: Tenant, member: Member) -> pyotp.TOTP | None:
    """The app that waits for its first code, to be shown to its member alone."""
    held = session.get(TotpSecret, member.id)
    if held is None or held.confirmed_at is not None:
        return None
    return _app(tenant, member, held)


def confirm_app(session: Session, actor: Actor, tenant: Tenant, member: Member, code: str) -> list[str]:
    """Put an app in use by its first code; with the first factor come recovery codes, shown once."""
    had_any = factors_of(session, member).any
    use_code(session, tenant, member, code, pending=True)
    activity.record(session, actor, "member.totp_added", subject_type="member", subject_id=member.id)
    notices.tell(session, tenant, member, "totp_added")
    return [] if had_any else make_codes(session, member)


def remove_app(session: Session, actor: Actor, tenant: Tenant, member: Member) -> None:
    """Take the app out of use."""
    check_removable(session, member, leaving=TotpSecret)
    session.execute(delete(TotpSecret).where(TotpSecret.member_id == member.id))
    activity.record(session, actor, "member.totp_removed", subject_type="member", subject_id=member.id)
    notices.tell(session, tenant, member, "totp_removed")


def check_removable(session: Session, member: Member, *, leaving: type[TotpSecret | Passkey]) -> None:
    """Refuse to remove the last factor of somebody who must have one; the last one takes the codes along."""
    now = factors_of(session, member)
    left = len(now.passkeys) + now.has_app - 1
    policy = session.get(SecurityPolicy, 1)
    if left <= 0 and policy is not None and policy.asks_factor_of(member.role):
        raise FactorRequired
    if left <= 0 and (now.has_app or leaving is Passkey):
        session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member.id))


def forget_all(session: Session, member: Member) -> dict[str, object]:
    """Take away every second factor and recovery code of a member, and tell what there was."""
    held = factors_of(session, member)
    for table in (TotpSecret, Passkey, RecoveryCode):
        session.execute(delete(table).where(table.member_id == member.id))
    return {"app": held.has_app, "passkeys": len(held.passkeys), "codes": held.codes_left}


def use_code(session: Session, tenant: Tenant, member: Member, code: str, *, pending: bool = False) -> None:
    """Take a code of the member's app, each time step once."""
    held = session.get(TotpSecret, member.id, with_for_update=True)
    if held is None or (held.confirmed_at is None) != pending:
        raise CodeRefused
    app = _app(tenant, member, held)
    now = int(clock.now().timestamp()) // TOTP_SECONDS
    codes = {step: app.generate_otp(step) for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1)}
    step = matching_step(codes, code, last_step=held.last_step)
    if step is None:
        raise CodeRefused
    held.advance(step, clock.now())
    session.flush()


def use_recovery_code(session: Session, actor: Actor, tenant: Tenant, member: Member, code: str) -> None:
    """Take one recovery code, once, and tell the member."""
    query = select(RecoveryCode).where(
        RecoveryCode.member_id == member.id,
        RecoveryCode.code_hash == recovery_hash(code),
        RecoveryCode.used_at.is_(None),
    )
    held = session.scalar(query.with_for_update())
    if held is None:
        raise CodeRefused
    held.used_at = clock.now()
    activity.record(session, actor, "member.recovery_code_used", subject_type="member", subject_id=member.id)
    notices.tell(session, tenant, member, "code_used")


def use_any_code(session: Session, actor: Actor, tenant: Tenant, member: Member, code: str) -> None:
    """Take what was typed as the app's code if it looks like one, as a recovery code otherwise."""
    if len(code.strip().replace(" ", "")) <= 8:
        use_code(session, tenant, member, code)
    else:
        use_recovery_code(session, actor, tenant, member, code)


def renew_codes(session: Session, actor: Actor, tenant: Tenant, member: Member) -> list[str]:
    """Give a member ten new recovery codes; the old ones are gone."""
    if not factors_of(session, member).any:
        raise CodeRefused
    codes = make_codes(session, member)
    activity.record(session, actor, "member.recovery_codes_made", subject_type="member", subject_id=member.id)
    notices.tell(session, tenant, member, "codes")
    return codes


def make_codes(session: Session, member: Member) -> list[str]:
    """Ten recovery codes, of which only hashes are kept."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member.id))
    codes = new_recovery_codes()
    now = clock.now()
    session.add_all(
        RecoveryCode(id=ids.new_id(), member_id=member.id, code_hash=recovery_hash(code), created_at=now)
        for code in codes
    )
    session.flush()
    return codes


def as_picture(app: pyotp.TOTP) -> str:
    """The app's secret as a QR code: an SVG without styles of its own, to stand inside a page."""
    code = segno.make(app.provisioning_uri(), error="m")
    looks = {"dark": "black", "light": "white", "svgclass": None, "lineclass": None}
    return str(code.svg_inline(border=4, scale=4, **looks))


def _app(tenant: Tenant, member: Member, held: TotpSecret) -> pyotp.TOTP:
    secret = crypto.open_sealed(tenant, held.secret, _context(member)).decode()
    return pyotp.TOTP(secret, name=member.email, issuer=tenant.name.replace(":", " "))


def _context(member: Member) -> str:
    return f"totp:{member.id}"
