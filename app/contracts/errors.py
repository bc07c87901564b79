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
