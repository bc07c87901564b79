"""Why a fan is refused something of the shop that they keep or wish for."""

from __future__ import annotations

from app.identity.errors import CodeRefused
from app.kernel.errors import Conflict, NotFound


class OwnedUnknown(NotFound):
    """The fan has nothing of this kind in their library."""

    message = "This is not in your library."


class NotOpenYet(Conflict):
    """What was bought ahead is not out."""

    message = "This is not out yet. It will be here on the day of its release."


class FanOrderUnknown(NotFound):
    """The fan has no such order."""

    message = "This order could not be found."


class MembershipUnknown(NotFound):
    """The fan has no such membership."""

    message = "This membership could not be found."


class WishUnknown(NotFound):
    """There is no such product to wish for."""

    message = "This could not be found in the shop."


class DownloadCodeRefused(CodeRefused):
    """The code opens nothing, or has opened it for somebody else; which of them is never said."""

    message = "This code does not open anything, or it has been used. Check every letter and try again."


class ErasureMustWait(Conflict):
    """Something that was bought is still to be paid or to be sent, and needs the address until then."""

    message = "One of your orders is still open. When it has been sent, or is cancelled, everything can be erased."
