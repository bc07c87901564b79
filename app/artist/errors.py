"""Why something in the artists' app cannot be done."""

from __future__ import annotations

from app.kernel.errors import Invalid, NotFound


class NewsUnknown(NotFound):
    """There is no such news for this member."""

    message = "There is no such news for you."


class ReasonNeeded(Invalid):
    """Somebody contests a share and does not say why."""

    message = "Say what is wrong with the share, so that the label can answer."
