"""Why a sign-in service is not believed, or cannot be set up as asked."""

from __future__ import annotations

from typing import ClassVar

from app.identity.errors import SignInRefused
from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal


class ServiceRefused(Forbidden):
    """What came from the sign-in service proves nothing; why is for the log alone."""

    message = "The sign-in service's answer was not accepted. Try again, or tell whoever runs your sign-in service."


class ServiceSaidNo(Forbidden):
    """The sign-in service let nobody in, or the person turned back."""

    message = "The sign-in service did not let you in. Try again, or come in another way."


class ServiceAway(Conflict):
    """The sign-in service could not be asked."""

    message = "The sign-in service cannot be reached at the moment. Try again, or come in another way."


class AttemptOver(Forbidden):
    """This way in was used, took too long, or was begun in another browser."""

    message = "This took too long or was begun in another window. Begin again."


class NobodyHere(Forbidden):
    """The service knows somebody whom the label does not."""

    message = "The sign-in service knows you, but this label does not let you in yet. Ask an owner of the label."


class NotVouched(Forbidden):
    """The service may not let in people with so many rights."""

    message = "You may do more than whoever set this sign-in service up, so it may not let you in. Come in another way."


class AnotherPerson(Forbidden):
    """Somebody else came back from the sign-in service than the one who is signed in."""

    message = "Somebody else came back from the sign-in service. Sign out there first, then try again."


class NotFresh(Forbidden):
    """The service did not ask the person again who they are."""

    message = "The sign-in service did not ask you again who you are. Confirm it another way."


class ConnectionUnknown(NotFound):
    """The label has no such connection, or it is not in use."""

    message = "This sign-in service could not be found. It may have been removed."


class ConnectionNotProved(Conflict):
    """What nobody has tried cannot be required of everybody."""

    message = "Try the sign-in service yourself first: it must have let you in once."


class ConnectionNeeded(Conflict):
    """A connection by which people must come in stays in use."""

    message = "Signing in with this service is required. Allow other ways first."


class NoWayLeft(Conflict):
    """An owner must always be able to come in without the sign-in service."""

    message = "Name at least one owner who may always come in with a password."


class FormUnusable(Invalid):
    """Something about a connection cannot be used as it was typed."""

    message = "This cannot be used for a sign-in service. Check it and try again."


class MetadataUnusable(Invalid):
    """The service's description is not one, or says too little."""

    message = "This is no description of a SAML sign-in service that can be used."


class DomainUnknown(NotFound):
    """The label has no such domain."""

    message = "This domain could not be found. It may have been removed."


class DomainUnusable(Invalid):
    """A domain that nobody can own."""

    message = "“%(domain)s” is not a domain that can be used. Write it like label.example."


class DomainTaken(Conflict):
    """A domain belongs to one connection."""

    message = "This domain is in use for a sign-in service already."


class DomainNotProved(Conflict):
    """The record that proves the domain is not there yet."""

    message = "The record was not found. A TXT record %(record)s must say %(value)s."


class TooMany(Conflict):
    """A label has as many of these as anyone needs."""

    message = "There are already %(most)s of these. Remove one that is not needed any more."


class GroupTaken(Conflict):
    """One group means one role."""

    message = "There is a role for this group already."


class RuleUnknown(NotFound):
    """There is no such rule."""

    message = "This rule could not be found. It may have been removed."


class TokenUnknown(NotFound):
    """There is no such token."""

    message = "This token could not be found. It may have ended."


class ScimInvalid(Invalid):
    """What a directory sends cannot be used (RFC 7644 §3.12)."""

    message = "This cannot be used as it is."
    status: ClassVar[int] = 400

    def __init__(self, *, scim_type: str, fields: dict[str, str] | None = None) -> None:
        self.scim_type = scim_type
        super().__init__(fields=fields)


class ScimTaken(Conflict):
    """Somebody or something of this name is there already."""

    message = "There is one of this name already."
    scim_type = "uniqueness"


class ScimStale(Conflict):
    """The directory knows another version than there is."""

    message = "This was changed in the meantime."
    status: ClassVar[int] = 412


class ScimUnknown(NotFound):
    """There is no such person or group."""

    message = "There is no such resource."


class ScimTooMuch(Invalid):
    """More at once than is taken (RFC 7644 §3.7.4)."""

    message = "This is too much at once: send at most %(most)s requests, of a mebibyte in all."
    scim_type = "tooMany"
    status: ClassVar[int] = 413


class ScimUnresolved(Conflict):
    """A request names another one that made nothing (RFC 7644 §3.7.1)."""

    message = "This names another request that made nothing."
    scim_type = "invalidValue"


class ScimLate(Refusal):
    """The time for several requests in one is over before this one was begun."""

    message = "There was no more time for this. Send it again."
    status: ClassVar[int] = 503


class ScimForbidden(Forbidden):
    """What the standard does not allow to ask."""

    message = "This cannot be asked for here."


class ScimBeyond(Refusal):
    """What the standard knows and we do not do."""

    message = "This is not supported."
    status: ClassVar[int] = 501


class ScimTokenRefused(SignInRefused):
    """The directory brings no token, or none of this label's."""

    message = "A token of this label is needed."
    status: ClassVar[int] = 401
