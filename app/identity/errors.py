"""Why somebody is not let in, or may not do what they ask for."""

from __future__ import annotations

from app.kernel.errors import Busy, Conflict, Forbidden, Invalid, NotFound


class SignInRefused(Forbidden):
    """The mail address and the password do not belong together; which of the two is wrong is never said."""

    message = "This mail address and password do not fit together. Check both and try again."


class PeopleOfLabel(Forbidden):
    """Who comes into a sandbox, how, and as what, is said at its label."""

    message = "The people of a sandbox are those of its label. Come in from there, and change there who may do what."


class CodeRefused(Invalid):
    """The second factor is wrong, too old or used up; which of them is never said."""

    message = "This code does not fit. Take the newest one and try again."


class PasskeyRefused(Invalid):
    """The passkey's answer does not prove anything; why is for the log alone."""

    message = "This passkey was not accepted. Try again, or come in another way."


class TooManyPasskeys(Conflict):
    """A member has as many passkeys as anyone needs."""

    message = "There are already %(most)s passkeys. Remove one that is not needed any more."


class TooManyFailures(Busy):
    """Several attempts in a row failed; each further one makes the wait longer."""

    message = "That failed too often. Wait a little before the next try."

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.retry_after = seconds  # type: ignore[misc]  # this refusal knows its own moment


class LinkUsed(NotFound):
    """The sign-in link was used, is too old, or never was."""

    message = "This link has been used or is too old. Ask for a new one."


class InvitationUsed(NotFound):
    """The invitation was used, is too old, or never was."""

    message = "This invitation has been used or is too old. Ask for a new one."


class InvitationUnknown(NotFound):
    """There is no such open invitation."""

    message = "This invitation could not be found. It may have been accepted or taken back."


class MemberThere(Conflict):
    """Somebody with this mail address works here already."""

    message = "Somebody with this mail address is a member already."


class MemberUnknown(NotFound):
    """The label has no such member, or the asker may not know."""

    message = "This person could not be found."


class SessionUnknown(NotFound):
    """The member has no such session."""

    message = "This session could not be found. It may have ended already."


class PasskeyUnknown(NotFound):
    """The member has no such passkey."""

    message = "This passkey could not be found. It may have been removed already."


class PasswordTooWeak(Invalid):
    """The password is too short, too long, or contains the mail address."""

    message = "Choose a password of at least 12 characters that does not contain your mail address."


class PasswordBreached(PasswordTooWeak):
    """The password stands in a list of passwords that thieves try first."""

    message = "This password is known from stolen lists. Choose another one."


class NameMissing(Invalid):
    """A name is needed."""

    message = "Write a name of up to %(most)s characters."


class PermissionMissing(Forbidden):
    """The member's role does not hold this permission."""

    message = "Your role does not allow this. Ask an owner of the label."


class OutOfScope(Forbidden):
    """The member is narrowed to other imprints or artists."""

    message = "This lies outside the imprints and artists you look after."


class SamePerson(Forbidden):
    """Two duties that must lie with two people."""

    message = "You did the step before this one. Somebody else has to do this."


class ProofTooOld(Forbidden):
    """The member has not proved lately who they are."""

    message = "Confirm that it is you before you do this."


class ActingReadOnly(Forbidden):
    """Support looks and does not touch."""

    message = "Support may look at this label but not change anything in it."


class BeyondOwn(Forbidden):
    """Nobody hands out more than they have."""

    message = "You cannot give more rights than you have yourself."


class OwnFactors(Conflict):
    """Nobody gets around the label's rules by resetting their own second factor."""

    message = "Change your own second factors on your security page, or ask somebody else."


class LastOwner(Conflict):
    """A label without an owner could never be run again."""

    message = "A label needs an owner. Make somebody else an owner first."


class LastWayIn(Conflict):
    """Where everybody must come in by a sign-in service, an owner needs another way for the day it fails."""

    message = "This is the only owner who may come in without the sign-in service. Name another one first."


class SsoRequired(Forbidden):
    """The label's members come in by its sign-in service."""

    message = "Your label asks you to come in by its own sign-in service. Choose it on the sign-in page."


class RoleUnknown(Invalid):
    """There is no such role."""

    message = "There is no such role. Choose one from the list."


class CustomRoleUnknown(NotFound):
    """The label has no such role of its own."""

    message = "This role could not be found. It may have been deleted."


class RoleNameTaken(Conflict):
    """Two roles of one label cannot have one name."""

    message = "There is a role called “%(name)s” already."


class RoleInUse(Conflict):
    """Somebody has the role, or is invited to it."""

    message = "Somebody still has this role. Give them another one first."


class FactorRequired(Conflict):
    """The label's policy asks for a second factor, so the last one stays."""

    message = "Your label asks for a second factor. Add another one before you remove this."


class GrantUnknown(NotFound):
    """There is no such support access, or it is over."""

    message = "This support access could not be found. It may be over."


class ChoiceUnusable(Invalid):
    """A value that is not among those offered."""

    message = "Choose one of the values that are offered."


class NewsUnknown(NotFound):
    """There is no such news in the member's inbox."""

    message = "This is not in your inbox."
