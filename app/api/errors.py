"""Why a program is not let in, and how it is told in the words of its protocols."""

from __future__ import annotations

from typing import ClassVar

from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable


class OAuthRefused(Invalid):
    """A request at an endpoint of OAuth is declined; `code` is the protocol's word for why (RFC 6749 §5.2)."""

    message = "This request cannot be used. Check it against the documentation and send it again."
    code: ClassVar[str] = "invalid_request"
    status: ClassVar[int] = 400

    @classmethod
    def told(cls, code: str) -> OAuthRefused:
        """The same under another of the protocol's words."""
        refusal = cls()
        refusal.code = code  # type: ignore[misc]  # this refusal brings its own word
        return refusal


class ClientRefused(OAuthRefused):
    """The program did not prove who it is; which part was wrong is never said."""

    message = "This program did not prove who it is."
    code = "invalid_client"
    status = 401
    headers: ClassVar[dict[str, str]] = {"www-authenticate": 'Basic realm="oauth", charset="UTF-8"'}


class GrantRefused(OAuthRefused):
    """What was to be exchanged is used up, too old, taken back, or somebody else's."""

    message = "This code or token cannot be exchanged any more. Begin anew."
    code = "invalid_grant"


class GrantTypeRefused(OAuthRefused):
    """The program may not come in this way."""

    message = "This program may not ask for tokens in this way."
    code = "unauthorized_client"


class GrantTypeUnknown(OAuthRefused):
    """There is no such way in."""

    message = "There is no such grant type."
    code = "unsupported_grant_type"


class ScopeRefused(OAuthRefused):
    """The program asked for more than it was given."""

    message = "This program may not ask for these scopes."
    code = "invalid_scope"


class ResourceRefused(OAuthRefused):
    """There is nothing of this label at the address that was named (RFC 8707)."""

    message = "This label has no such resource."
    code = "invalid_target"


class ProofRefused(OAuthRefused):
    """The proof of possession is not one for this request, at this moment, or was used before."""

    message = "The proof that came with this request does not fit it. Make a new one."
    code = "invalid_dpop_proof"


class RedirectRefused(OAuthRefused):
    """The program is unknown, or people are not to be sent back there; nobody is sent anywhere."""

    message = "The program that sent you here is not known to this label, or named an address that is not its own."


class RequestOver(NotFound):
    """The question was answered, or waited too long."""

    message = "This request is over. Go back to the program and begin anew."


class ConsentUnknown(NotFound):
    """Nothing like that was allowed, or it was taken back."""

    message = "This program has no access in your name. It may have been taken away."


class CodeUnknown(NotFound):
    """No device waits with this code."""

    message = "No device waits with this code. Look at the device and type it again."


class TokenMissing(Forbidden):
    """No token came along."""

    message = "Send an access token of this label."
    status: ClassVar[int] = 401
    headers: ClassVar[dict[str, str]] = {"www-authenticate": "Bearer"}


class TokenRefused(Forbidden):
    """The token is too old, was taken back, or is none of this label's."""

    message = "This access token is not valid here, or not any more."
    status: ClassVar[int] = 401
    headers: ClassVar[dict[str, str]] = {"www-authenticate": 'Bearer error="invalid_token"'}


class PossessionRefused(TokenRefused):
    """The token belongs to the holder of a key, and the request does not prove to come from there."""

    headers: ClassVar[dict[str, str]] = {
        "www-authenticate": 'DPoP error="invalid_token", algs="ES256 ES384 PS256 RS256 Ed25519 EdDSA"'
    }


class ScopeMissing(Forbidden):
    """The token is good, but not for this."""

    message = "This access token was not given the scope “%(scope)s”."

    def __init__(self, scope: str) -> None:
        super().__init__(scope=scope)
        self.headers = {  # type: ignore[misc]  # this refusal names its own scope
            "www-authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'
        }


class PersonNeeded(Forbidden):
    """What only somebody in person decides was asked for by a program on its own."""

    message = "A program cannot do this by itself. It needs somebody who has just signed in, and lends it their hand."


class SignInTooOld(Forbidden):
    """The person behind the token signed in too long ago (RFC 9470 §3)."""

    message = "For this, the person has to sign in anew. Ask for their authorization again, with max_age=600."
    status: ClassVar[int] = 401
    headers: ClassVar[dict[str, str]] = {
        "www-authenticate": 'Bearer error="insufficient_user_authentication", max_age="600"'
    }


class PartOfACoin(Invalid):
    """An amount that nobody can pay in this currency."""

    message = "The currency has no coins that small. Write a whole number of its smallest."


class ClientUnknown(NotFound):
    """The label has no such program, or had one."""

    message = "This program could not be found. Its access may have been taken away."


class ScopesUnusable(Invalid):
    """What a program was to be allowed is not among what there is."""

    message = "Choose what the program may do from the list."


class NameUnusable(Invalid):
    """A program needs a name that people recognise."""

    message = "Write a name of up to %(most)s characters."


class WishUnusable(Invalid):
    """What the program is to be does not fit together."""

    message = "This program cannot be made as it is. Change what is marked and try again."


class TooManyClients(Conflict):
    """More programs than anyone can look after."""

    message = "There are already %(most)s programs. Take access away from one that is not needed any more."


class KeyInFlight(Conflict):
    """The first request with this Idempotency-Key still runs."""

    message = "A request with this Idempotency-Key is still running. Ask again in a moment."
    retry_after = 1


class KeyTaken(Conflict):
    """The Idempotency-Key was used for another request."""

    message = "This Idempotency-Key was used for another request. Use a new key for a new request."


class EndpointUnknown(NotFound):
    """The label has no such endpoint, or its events are not for whoever asks."""

    message = "This endpoint could not be found."


class DeliveryUnknown(NotFound):
    """There is no such delivery, or not any more."""

    message = "This delivery could not be found. Deliveries are kept for thirty days."


class EventsUnusable(Invalid):
    """What an endpoint is to hear of is not among what happens."""

    message = "Choose kinds of events from the list, such as order.paid, release.* or *."


class EventsBeyond(Forbidden):
    """An endpoint would be told what whoever makes it may not see."""

    message = "You cannot have events sent that you may not see yourself."


class DescriptionUnusable(Invalid):
    """A description is a line of text."""

    message = "Write a description of up to %(most)s characters."


class TooManyEndpoints(Conflict):
    """More endpoints than anyone can look after."""

    message = "There are already %(most)s endpoints. Remove one that is not needed any more."


class EndpointOff(Conflict):
    """The endpoint is sent nothing now."""

    message = "This endpoint is switched off. Switch it on first."


class EndpointChanged(Conflict):
    """Somebody else changed the endpoint in the meantime."""

    message = "This endpoint was changed in the meantime. Reload and try again."


class RangeUnusable(Invalid):
    """What is to be sent again is from when to when, within what is kept."""

    message = "Say from when to when, within the last thirty days, and the start before the end."


class EventsNarrowed(Forbidden):
    """Events are of the whole label."""

    message = "Events are told only to programs that reach the whole label."


class EventUnknown(NotFound):
    """There is no such event, it is of long ago, or it is nothing for whoever asks."""

    message = "This event could not be found. Events are told for thirty days."


class BulkUnknown(NotFound):
    """The program asked for no such job, or it is of long ago."""

    message = "This job could not be found. Jobs are kept for seven days."


class BulkEmpty(Invalid):
    """Nothing was asked for."""

    message = "Send at least one operation, each as JSON on a line of its own."


class BulkTooLong(Invalid):
    """More operations than one job holds."""

    message = "One job holds up to %(most)s operations. Send the rest as another."


class BulkLineUnusable(Invalid):
    """A line is no operation."""

    message = "Line %(line)s is no operation: it has a method, a path below /api/v1/, and may have a body and an id."
    WHY: ClassVar[str] = "This line cannot be read."


class BulkOver(Conflict):
    """Everything was done already."""

    message = "This job is done."


class NotInBulk(Conflict):
    """An operation that is only done by itself."""

    message = "This operation is sent by itself, not in a bulk job."


class ExportUnknown(NotFound):
    """The program asked for no such export, or it is of long ago."""

    message = "This export could not be found. Exports are kept for seven days."


class TooManyExports(Conflict):
    """The program asks for more files than are made at once."""

    message = "%(most)s exports are being made already. Wait until one is ready."


class ArtworkUnset(NotFound):
    """The release has no artwork."""

    message = "This release has no artwork yet."


class PaperUnset(NotFound):
    """The version was not sent yet."""

    message = "There is no paper of this version yet. It is made when it is sent."


class ContractVersionUnknown(NotFound):
    """The contract has no version of this number."""

    message = "This contract has no version of this number."


class PrinterSilent(Unavailable):
    """The shop cannot be connected to a printer that does not answer."""

    message = "Printful does not answer. Try again in a minute."
    status: ClassVar[int] = 504
    retry_after = 60


class NothingToPrint(NotFound):
    """There is no parcel of these orders that goes on paper."""

    message = "Nothing of these orders waits to be sent."
