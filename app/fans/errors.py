"""Why a fan is refused something."""

from __future__ import annotations

from app.identity.errors import SignInRefused
from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class FanSignedOut(NotFound):
    """No fan is signed in; pages lead to the door and back."""

    message = "Sign in to see this."


class FanProofTooOld(Forbidden):
    """The fan came in too long ago for something that cannot be undone."""

    message = "Confirm that it is you to go on."


class FanProofRefused(SignInRefused):
    """The password is not the fan's own."""

    message = "This is not your password. Check it and try again."


class FanSessionUnknown(NotFound):
    """The fan has no such session."""

    message = "This session could not be found."


class FanAddressUnknown(NotFound):
    """The fan has no such postal address."""

    message = "This address could not be found."


class TooManyFanAddresses(Conflict):
    """A fan has as many postal addresses as anyone needs."""

    message = "There are already %(most)s addresses. Remove one that is not needed any more."


class MailAddressUnusable(Invalid):
    """What was typed is not one mail address."""

    message = "This is not a mail address. Check it and try again."


class MailAddressSame(Invalid):
    """The fan has this mail address already."""

    message = "This is your mail address already."


class MailAddressTaken(Conflict):
    """Another fan confirmed this mail address in the meantime."""

    message = "This mail address belongs to another account here."


class FanDetailsUnusable(Invalid):
    """Some of what was typed about a fan cannot be kept; the fields say what."""

    message = "Some of this cannot be used as it is."


class ConsentUnknown(NotFound):
    """Nobody is asked for this consent."""

    message = "This choice could not be found."


class FollowUnknown(NotFound):
    """There is no such artist to follow."""

    message = "This artist could not be found."


class FanExportUnknown(NotFound):
    """There is no such file of the fan's, or not any more."""

    message = "This file could not be found. Ask for a new one."


class ErasureNotMeant(Invalid):
    """The box that says that it is meant was not ticked."""

    message = "Tick the box to say that you want everything erased."
