"""Why streaming refuses."""

from __future__ import annotations

from typing import ClassVar

from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class NothingToHear(NotFound):
    """The label has no such recording, or nothing of it can be played."""

    message = "There is nothing to listen to here."


class NotOutYet(Forbidden):
    """No release that the recording stands on is out."""

    message = "This is not out yet."


class NotInThisCountry(Forbidden):
    """No release that the recording stands on may be heard where the listener is."""

    message = "This is not available in your country."
    status: ClassVar[int] = 451


class PreviewUnusable(Invalid):
    """The excerpt that was chosen lies outside the recording, or is too short or too long."""

    message = "A preview is 30 to 90 seconds long and lies within the recording."


class PackageUnknown(NotFound):
    """The label has no such release or recording to keep."""

    message = "This download could not be found."


class MasterMissing(Conflict):
    """Not every track has its audio."""

    message = "Some of the audio is missing, so there is nothing complete to download yet."


class PackageNotReady(Conflict):
    """The file is still being made."""

    message = "This download is being prepared. Try again in a few minutes."


class PackageFailed(Conflict):
    """The file could not be made."""

    message = "This download could not be prepared. The label has been told."
