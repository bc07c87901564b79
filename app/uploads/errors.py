"""Why bulk upload refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound


class BatchUnknown(NotFound):
    """The label has no such batch, or the asker may not know of it."""

    message = "This batch could not be found."


class BatchElsewhere(Conflict):
    """The batch is at another stage."""

    message = "This batch has gone on in the meantime. Look where it stands now."


class UndoOver(Conflict):
    """The time in which a batch can be taken back is over."""

    message = "A batch can be taken back for %(hours)s hours after it was applied. That time is over."


class ManifestMissing(Invalid):
    """Nothing was sent."""

    message = "Choose a table of releases and tracks: CSV, TSV or XLSX."


class ColumnsUnusable(Invalid):
    """Rows cannot be read by this meaning of the columns."""

    message = "The table cannot be read like this. Look at what the columns mean."


class ChoiceUnusable(Invalid):
    """What was chosen is none of what can be chosen."""

    message = "This choice cannot be used. Reload the page and try again."
