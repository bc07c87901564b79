"""Why somebody is not let in."""

from __future__ import annotations

from app.kernel.errors import Forbidden, Invalid, NotFound


class SignInRefused(Forbidden):
    """The mail address and the password do not belong together; which of the two is wrong is never said."""

    message = "This mail address and password do not fit together. Check both and try again."


class InvitationUsed(NotFound):
    """The invitation was used, is too old, or never was."""

    message = "This invitation has been used or is too old. Ask for a new one."


class SessionUnknown(NotFound):
    """The member has no such session."""

    message = "This session could not be found. It may have ended already."


class PasswordTooWeak(Invalid):
    """The password is too short, too long, or contains the mail address."""

    message = "Choose a password of at least 12 characters that does not contain your mail address."
