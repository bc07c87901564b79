"""Why the catalogue refuses."""

from __future__ import annotations

from typing import ClassVar

from app.kernel.errors import Conflict, Invalid, NotFound


class ReleaseUnknown(NotFound):
    """The label has no such release, or the asker may not know of it."""

    message = "This release could not be found."


class RecordingUnknown(NotFound):
    """The label has no such recording, or the asker may not know of it."""

    message = "This recording could not be found."


class TrackUnknown(NotFound):
    """The release has no such track."""

    message = "This track could not be found."


class WorkUnknown(NotFound):
    """The label has no such work, or the asker may not know of it."""

    message = "This work could not be found."


class OrderBehind(Conflict):
    """Somebody else added, removed or moved tracks in the meantime."""

    message = (
        "Somebody else has changed the tracks in the meantime. Look at them as they are now, then move yours again."
    )
    status: ClassVar[int] = 412


class TooManyTracks(Conflict):
    """A release has as many tracks as one may have."""

    message = "A release has at most %(most)s tracks."


class ArtworkMissing(Invalid):
    """No picture was sent."""

    message = "Choose a picture first."


class ArtworkRefused(Invalid):
    """The picture cannot be used; the sentence says why."""


class AudioMissing(NotFound):
    """Nothing of the recording can be heard yet."""

    message = "There is nothing to listen to yet."


class ChangeUnknown(NotFound):
    """Nothing of the kind happened to this release."""

    message = "This change could not be found."


class FindingsOvertaken(Conflict):
    """What somebody wants to put right is not as it was when they looked."""

    status: ClassVar[int] = 412
    message = "This was changed in the meantime. Look at what rules say now, and decide again."


class FieldsUnusable(Invalid):
    """Some values cannot be what their fields hold."""

    message = "Some values cannot be used. They are marked."


class CodeTaken(Conflict):
    """The code belongs to something else, or did."""

    message = "The code %(code)s is taken. A code is never given twice."


class PrefixMissing(Invalid):
    """The imprint has no range to issue codes from."""

    message = "The imprint has no prefix to issue codes from. Add it to the imprint first."


class RangeUsedUp(Conflict):
    """Every code of the range was issued."""

    message = "All codes of the prefix %(prefix)s are used up. Give the imprint another prefix."
