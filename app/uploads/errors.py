"""Why bulk upload refuses."""

from __future__ import annotations

from typing import ClassVar

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


class BatchFileUnknown(NotFound):
    """The batch has no such file."""

    message = "This file could not be found."


class OffsetElsewhere(Conflict):
    """Another part of the file is next: this one came already, or one before it is missing."""

    message = "The file is at another place by now. Ask where, and go on from there."


class FileComplete(Conflict):
    """There is nothing more to receive."""

    message = "This file is here already."


class UploadTooLarge(Invalid):
    """One file is larger than the label may store, or than it was said to be."""

    message = "This file is larger than %(megabytes)s MB, the most that can be stored here."
    status: ClassVar[int] = 413


class PartTooLarge(Invalid):
    """More came than was said to come."""

    message = "More was sent of this file than it is long. Send it again from its beginning."
    status: ClassVar[int] = 413


class BatchFull(Invalid):
    """A batch holds as much as a batch may."""

    message = "A batch holds at most %(files)s files and %(gigabytes)s GB. Put the rest into another batch."
    status: ClassVar[int] = 413


class TooManyParts(Invalid):
    """The file came in crumbs."""

    message = "This file came in too many small pieces. Remove it and send it again."


class FileOfOtherKind(Invalid):
    """Nothing that a release is made of."""

    message = "This is neither audio nor a picture nor a ZIP of them."


class UploadUnreadable(Invalid):
    """A header of the upload protocol is missing or cannot be read."""

    message = "This request cannot be read. Check its form and send it again."
    status: ClassVar[int] = 400


class ProtocolElsewhere(Invalid):
    """Another version of the upload protocol."""

    message = "This version of the upload protocol is not spoken here."
    status: ClassVar[int] = 412


class ChecksumWrong(Invalid):
    """What came is not what was sent."""

    message = "This part was damaged on its way. Send it again."
    status: ClassVar[int] = 460


class ImportNotSetUp(Conflict):
    """The operator named no place from which this label may fetch files."""

    message = "There is no place yet from which this label may fetch files. Ask us to set one up."


class WorkbookOfOtherKind(Invalid):
    """A workbook that no batch gave out."""

    message = "This is not a workbook of corrections. Download it from this batch, correct it and send that."


class NothingCorrected(Invalid):
    """A workbook says what the batch says already."""

    message = "Nothing is corrected in this workbook. Change cells in it and send it again."
