"""Why the catalogue refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound


class ReleaseUnknown(NotFound):
    """The label has no such release, or the asker may not know of it."""

    message = "This release could not be found."


class RecordingUnknown(NotFound):
    """The label has no such recording, or the asker may not know of it."""

    message = "This recording could not be found."


class ChangeUnknown(NotFound):
    """Nothing of the kind happened to this release."""

    message = "This change could not be found."


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
