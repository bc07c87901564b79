"""What the console refuses."""

from __future__ import annotations

from app.kernel.errors import Invalid, NotFound


class IncidentUnknown(NotFound):
    """There is no such incident."""

    message = "This incident could not be found."


class IncidentUnworded(Invalid):
    """An incident says something in a sentence."""

    message = "Say in a sentence of at most 300 characters what labels should know."


class OpeningUnknown(NotFound):
    """No label is being opened under this request key."""

    message = "No label is being opened here."


class NotConfirmed(Invalid):
    """What cannot be undone is typed again."""

    message = "Type the label's short name again to confirm."
