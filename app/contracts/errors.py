"""Why contracts refuse."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound


class ContractUnknown(NotFound):
    """The label has no such contract, or the asker may not know of it."""

    message = "This contract could not be found."


class StateUnfit(Conflict):
    """What is asked for does not follow from where the contract stands."""

    message = "This cannot be done with the contract as it stands. Reload the page to see where it stands."


class CostUnknown(NotFound):
    """The contract has no such cost."""

    message = "This cost could not be found."


class ObligationUnknown(NotFound):
    """The contract has no such obligation."""

    message = "This obligation could not be found."


class ObligationDone(Conflict):
    """It was done already."""

    message = "This was done already."


class ScopeUnknown(Invalid):
    """What a contract is to be about is not there, or the asker may not write contracts about it."""

    message = "Choose what the contract is about from the list."


class CostDecided(Conflict):
    """Somebody decided already."""

    message = "This cost was approved or rejected already."


class TermsUnusable(Invalid):
    """Terms that cannot be calculated with; each field says what to change."""

    message = "The terms cannot be used as they are."


class DetailsUnusable(Invalid):
    """What is said of a contract besides its terms cannot be used; each field says what to change."""

    message = "Some values cannot be used. They are marked."


class ContractContradicts(Conflict):
    """Another contract is about the same, at the same time and place."""

    message = "“%(title)s” is about the same from %(day)s on. End one of them first, or narrow it to other territories."


class ContractUnsigned(Conflict):
    """Nothing is paid under terms that nobody signed."""

    message = "“%(title)s” is not signed, so nothing can be calculated with it."


class CollateralCycle(Invalid):
    """Contracts that would pay each other back in a circle."""

    message = "These contracts would pay each other back in a circle: %(titles)s."


class FavouredCycle(Invalid):
    """Contracts each of which would have the better rate of the other."""

    message = "These contracts would follow each other's rates in a circle: %(titles)s."


class SharesTooMuch(Invalid):
    """Shares over everything there is."""

    message = "The shares add up to %(percent)s %%. Together they may be at most 100 %%."


class SplitUnknown(NotFound):
    """There is no such split, or the asker may not know of it."""

    message = "This split could not be found."


class CostUnusable(Invalid):
    """An advance or cost that cannot be noted."""

    message = "A cost needs a name, an amount above zero and a part to be recouped between 0 and 100 %."


class SignersUnusable(Invalid):
    """Nobody, or somebody who cannot be reached."""

    message = "Name everybody who signs with a name and a mail address of their own, between 1 and 20 people."


class DaysUnusable(Invalid):
    """An end that lies too near or too far."""

    message = "Give between 1 and 365 days to sign."


class SigningLinkUnknown(NotFound):
    """No link of this label's, or one that was altered."""

    message = "This link leads to no contract. Open it from the mail again, and copy all of it."


class SigningClosed(Conflict):
    """The version is not to be signed any more."""

    message = "This contract is not open for signature any more. If it was changed, you get a new link by mail."


class SigningExpired(Conflict):
    """The time to sign is over."""

    message = "The time to sign this contract is over. Ask whoever sent it to you to send it again."


class SignedAlready(Conflict):
    """Once is enough."""

    message = "You have signed this contract. You get a copy by mail once everybody has."


class NotYourTurn(Conflict):
    """Somebody signs before."""

    message = "Somebody else signs this contract first. You get a mail when it is your turn."


class TextChanged(Conflict):
    """What was read is not what would be signed."""

    message = "This contract is not as it was sent to you, so it cannot be signed. Ask for it to be sent again."


class NameUntyped(Invalid):
    """No name, so no signature."""

    message = "Type your name as you sign."


class ConsentMissing(Invalid):
    """A signature is wanted by whoever makes it."""

    message = "Tick the box to say that you agree."


class CodeUnfit(Invalid):
    """Not the code that was sent."""

    message = "This is not the code from our latest mail. Look again, or have a new one sent."


class CodeOver(Invalid):
    """Too old, used, or guessed at too often."""

    message = "This code is not good any more. Have a new one sent."


class CodeTooSoon(Conflict):
    """The one before has only just left."""

    message = "A code is on its way. Wait half a minute before you have another one sent."


class ReasonMissing(Invalid):
    """Whoever says no says why."""

    message = "Write what stands against it, in up to 4,000 characters."


class CertificateUnusable(Invalid):
    """No file that contracts can be sealed with."""

    message = "This is no PKCS #12 file (.p12, .pfx) with a key and a certificate in force, or the password is wrong."


class BatchUnknown(NotFound):
    """There is no such batch of contracts, or the asker may not know of it."""

    message = "These contracts could not be found."


class BatchUnfit(Conflict):
    """What is asked for does not follow from where the batch stands."""

    message = "This cannot be done with these contracts as they stand. Reload the page to see where they stand."


class SheetUnusable(Invalid):
    """A sheet with columns that fill nothing, or without the ones that are needed."""

    message = "The columns of this sheet cannot be used: %(columns)s."


class AmendmentEmpty(Invalid):
    """Nothing is to be changed, or in no contract."""

    message = "Choose contracts in force, and say at least one value that changes."
