"""Why something between the shop and its printer is not done."""

from __future__ import annotations

from app.kernel.errors import Busy, Conflict, Invalid, Unavailable


class TokenUnusable(Invalid):
    """The printer does not know this token, or it does not open one store."""

    message = "Printful does not accept this token. Make a new one for your store and paste it here."
    SEVERAL = "This token opens several stores. Make one that opens only the store of this shop."

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.message, fields={"token": message or self.message})


class PrinterAway(Unavailable):
    """The printer does not answer, or nothing that can be understood."""

    message = "Printful does not answer. Try again in a minute."
    retry_after = 60


class PrinterBusy(Busy):
    """The printer was asked as often as it allows."""

    message = "Printful was asked very often just now. Try again in a little while."

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.retry_after = seconds  # type: ignore[misc]  # this refusal knows its own moment


class PrinterMissing(Conflict):
    """The shop is not connected to a printer."""

    message = "The shop is not connected to Printful."


class NewsUnreadable(Invalid):
    """Not what the printer sends."""

    message = "This is not an event."
