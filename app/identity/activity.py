"""What identity records, in words."""

from __future__ import annotations

from app.identity.models import Member
from app.identity.policies import may_list_file, may_see_member
from app.kernel.activity import Activity
from app.kernel.activity.meanings import WayBack, tell
from app.kernel.activity.subjects import is_about
from app.kernel.files import StoredFile
from app.kernel.sentences import sentence

is_about("member", Member.id, may_see_member, href="/portal/settings/team/{}", name=Member.name)
is_about("file", StoredFile.id, may_list_file, href="/portal/files/{}", name=StoredFile.name)


def _old_place(row: Activity) -> WayBack:
    """The form that gives a member the place back that they had."""
    before = row.before or {}
    narrowed = {name: ", ".join(before.get(name) or ()) for name in ("imprints", "artists")}
    role = str(before.get("custom_role_id") or before["role"])
    return WayBack(f"/portal/settings/team/{row.subject_id}/role", {"role": role, **narrowed})


tell("member.added", sentence("Somebody joined"), hears="team.view")
tell("member.invited", sentence("Somebody was invited"), hears="team.invite")
tell("member.invited_again", sentence("An invitation was sent again"))
tell("member.invitation_revoked", sentence("An invitation was taken back"), hears="team.invite")
tell("member.role_changed", sentence("Somebody's role was changed"), hears="team.edit", back=_old_place)
tell(
    "member.disabled",
    sentence("Somebody was disabled"),
    hears="team.edit",
    back=lambda row: WayBack(f"/portal/settings/team/{row.subject_id}/enable"),
)
tell("member.enabled", sentence("Somebody was let in again"), hears="team.edit")
tell("member.signed_in", sentence("Somebody signed in"), routine=True)
tell("member.session_ended", sentence("A session was ended"))
tell("member.sessions_ended", sentence("All other sessions were ended"))
tell("member.password_changed", sentence("A password was changed"))
tell("member.passkey_added", sentence("A passkey was added"))
tell("member.passkey_removed", sentence("A passkey was removed"))
tell("member.totp_added", sentence("An authenticator app was added"))
tell("member.totp_removed", sentence("An authenticator app was removed"))
tell("member.factors_reset", sentence("Somebody's second factors were removed"), hears="team.edit")
tell("member.recovery_codes_made", sentence("Recovery codes were made"))
tell("member.recovery_code_used", sentence("A recovery code was used"), hears="security.edit")
tell("member.joined", sentence("Somebody joined"), hears="team.view")
tell("member.introduced", sentence("Somebody said who they are"))
tell("role.made", sentence("A role was made"), hears="roles.edit")
tell("role.changed", sentence("A role was changed"), hears="roles.edit")
tell("role.deleted", sentence("A role was deleted"), hears="roles.edit")
tell("security.policy_changed", sentence("The security rules were changed"), hears="security.edit")
tell("support.asked", sentence("Support asks to look at the label"), hears="security.edit", asks=True)
tell("support.allowed", sentence("Support may look at the label"), hears="security.edit")
tell("support.ended", sentence("Support may not look at the label any more"), hears="security.edit")
tell("support.came_in", sentence("Support came in"), hears="security.edit")
