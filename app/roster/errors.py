"""Why the roster refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound


class ArtistUnknown(NotFound):
    """The label has no such artist, or the asker may not know of them."""

    message = "This artist could not be found."


class ArtistLeft(Conflict):
    """The artist is not of the roster any more."""

    message = "This artist has already left the roster."


class ImprintUnknown(NotFound):
    """The label has no such imprint, or the asker may not know of it."""

    message = "This imprint could not be found."


class ImprintTooDeep(Invalid):
    """Imprints lie at most three deep."""

    message = "Imprints can lie three deep at most. Choose an imprint higher up."


class GrantOver(Conflict):
    """What an artist allowed is over, or was taken up already."""

    message = "This access is over or was taken up already. Ask the artist for a new one."
