"""What sign-in services bring about, in words."""

from __future__ import annotations

from app.kernel.activity.meanings import tell
from app.kernel.sentences import sentence

tell("sso.connection_added", sentence("A sign-in service was connected"), hears="security.edit")
tell("sso.connection_changed", sentence("A sign-in service was changed"), hears="security.edit")
tell("sso.connection_removed", sentence("A sign-in service was removed"), hears="security.edit")
tell("sso.connection_proved", sentence("A sign-in service was tried and works"))
tell("sso.enforced", sentence("How people must sign in was changed"), hears="security.edit")
tell("sso.domain_claimed", sentence("A mail domain was claimed"))
tell("sso.domain_proved", sentence("A mail domain was proved"), hears="security.edit")
tell("sso.domain_removed", sentence("A mail domain was removed"), hears="security.edit")
tell("sso.role_rule_added", sentence("A group was given a role"), hears="security.edit")
tell("sso.role_rule_removed", sentence("A group's role was taken away"), hears="security.edit")
tell("sso.linked", sentence("Somebody was linked with a sign-in service"))
tell("sso.unlinked", sentence("Somebody was unlinked from a sign-in service"))
tell("scim.token_made", sentence("A token for a directory was made"), hears="security.edit")
tell("scim.token_ended", sentence("A token for a directory was ended"), hears="security.edit")
tell("scim.user_kept", sentence("A directory told who somebody is"))
tell("scim.user_removed", sentence("A directory removed somebody"))
tell("scim.group_kept", sentence("A directory told who is in a group"))
tell("scim.group_removed", sentence("A directory removed a group"))
