"""Why money is not posted."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound


class AccountUnknown(NotFound):
    """Nothing was ever posted to this account."""

    message = "This account could not be found."


class AmountNotPositive(Invalid):
    """A posting moves something, and its direction is in its accounts."""

    message = "An amount that is posted is above zero and at most 9,000,000,000,000."


class CurrenciesDiffer(Invalid):
    """One posting has one currency; money changes its currency by a conversion."""

    message = "A posting from %(credit)s to %(debit)s is not possible: both accounts need one currency."


class AccountsEqual(Invalid):
    """A posting from an account to itself moves nothing."""

    message = "An amount cannot be posted from an account to the same account."


class KeyUnusable(Invalid):
    """What names the business fact behind a posting cannot name one."""

    message = "The key of a posting has 1 to 200 characters and does not begin with “reverse:”."


class RateUnusable(Invalid):
    """No money can be converted at this rate."""

    message = "This exchange rate cannot be used: it must be above zero, and so must what it makes of the amount."


class PostedDifferently(Conflict):
    """The business fact was posted before, with other accounts, another amount, day or reason."""

    message = "“%(key)s” was already posted with other details. Reverse that posting first."


class PostingUnknown(NotFound):
    """There is no posting of this key."""

    message = "This posting could not be found."


class AlreadyReversed(Conflict):
    """A posting is taken back once."""

    message = "“%(key)s” was already reversed in another way."


class NotReversible(Conflict):
    """What takes a posting back is not itself taken back; post the fact anew."""

    message = "“%(key)s” takes another posting back and cannot be reversed. Post the amount again instead."


class BooksFrozen(Conflict):
    """The books were found to be wrong, and nothing is added to wrong books."""

    message = "The label's books are being checked: until that is done, no money is moved. Support was told of it."


class BooksSound(Conflict):
    """There is nothing to lift."""

    message = "These books are not frozen."


class BooksWrong(Conflict):
    """What the books were frozen for is still so, or something else is wrong."""

    message = "The books are still wrong: %(problem)s"


class ReasonMissing(Invalid):
    """Money moves again because somebody says why."""

    message = "Say in 1 to 500 characters why money may move again."


class LimitUnusable(Invalid):
    """An amount up to which nobody decides alone."""

    message = "Write an amount between 0 and 1,000,000, with at most two digits after the point."
