"""Why payouts refuse."""

from __future__ import annotations

from typing import ClassVar

from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from app.kernel.sentences import sentence


class PayoutUnknown(NotFound):
    """The label has no such payout, or the asker may not know of it."""

    message = "This payout could not be found."


class PayoutRunUnknown(NotFound):
    """The label has no such run, or the asker may not know of it."""

    message = "This payout run could not be found."


class MethodUnknown(NotFound):
    """The payee has no such account."""

    message = "This account could not be found."


class HoldUnknown(NotFound):
    """The label holds nothing of this kind back."""

    message = "This hold could not be found."


class DifferenceUnknown(NotFound):
    """There is no such difference, or it is settled."""

    message = "This difference could not be found."


class PayoutUnfit(Conflict):
    """What is asked for does not follow from where the payout stands."""

    message = "This cannot be done with the payout as it stands. Reload the page to see where it stands."


class RunUnfit(Conflict):
    """What is asked for does not follow from where the run stands."""

    message = "This cannot be done with the payout run as it stands. Reload the page to see where it stands."


class RunEmpty(Invalid):
    """Nothing that could be paid."""

    message = "This run pays nobody. Put at least one payee back in."


class RunChanged(Conflict):
    """The lines are not those that were submitted."""

    message = "The run is not what was submitted any more. Submit it again, then approve it."


class NotEnough(Invalid):
    """More is asked for than can be had."""

    message = "%(available)s can be paid out now; %(wanted)s were asked for."


class BalanceTaken(Conflict):
    """Somebody else was quicker."""

    message = "The balance has changed in the meantime. Reload the page and look what can be paid out now."


class BelowMinimum(Invalid):
    """Too little to be worth sending."""

    message = "The least that is paid out is %(minimum)s. What is there stays on the balance."


class AboveMaximum(Invalid):
    """More than the rail takes at once."""

    message = "At most %(maximum)s can be paid at once. Ask for less, then for the rest."


class InstantUsedUp(Invalid):
    """The bank takes no more instant payments today."""

    message = "No more can be paid instantly today. A standard payout is free and arrives on the next banking day."


class NoAccount(Invalid):
    """No account to send money to."""

    message = "There is no account for %(currency)s yet. Add one, and payouts can go there after 72 hours."


class AccountFrozen(Invalid):
    """The account is too new."""

    message = "The account was changed a short while ago. For safety nothing goes there before %(moment)s."


class PayeeBlocked(Forbidden):
    """A case is open about the payee."""

    message = "Payouts to this payee wait until a check is finished. Ask the label."


class KeyReused(Invalid):
    """The same key for something else."""

    message = "This was sent before with other details. Reload the page and ask again."


class KeyUnusable(Invalid):
    """A key that is none."""

    message = "The request has no usable key. Reload the page and ask again."


class EditedByYou(Forbidden):
    """Whoever decided who gets what does not also approve that it is paid."""

    message = "You changed splits, rates or accounts of %(payees)s since they were paid last. Somebody else approves."


class ApproverNeeded(Forbidden):
    """One person alone may not do this."""

    message = "A payout of this size is approved by somebody other than who asked for it."


class AccountKnown(Conflict):
    """The payee has this account already."""

    message = "This account is there already."


class SharesWrong(Invalid):
    """Shares of accounts that do not add up."""

    message = "The shares of the accounts must add up to 100 %%."


class HoldTooLarge(Invalid):
    """More is to be held than is there."""

    message = "At most %(available)s can be held: only what is disputed, and only what is not yet paid."
    REASON: ClassVar = sentence("Say in up to 500 characters what is disputed.")


class HoldOver(Conflict):
    """The hold has been let go of."""

    message = "This hold is over."


class PromiseWorse(Invalid):
    """A label may only promise more."""

    message = "A label may promise payees more than is usual, not less: a fee up to 1 %%, minimums up to those listed."


class RailUnknown(Invalid):
    """No such way for money to leave."""

    message = "Payouts cannot be made this way here."


class AmountUnusable(Invalid):
    """An amount that is none."""

    message = "Write an amount above zero with at most %(digits)s decimals."
