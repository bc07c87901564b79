"""Why a manifest or an archive is not taken."""

from __future__ import annotations

from app.kernel.errors import Invalid


class ManifestRefused(Invalid):
    """The manifest as a whole cannot be read."""

    message = "This file cannot be read as a table. Save it as CSV (UTF-8) or XLSX and send it again."


class ManifestEmpty(ManifestRefused):
    """There is nothing in it."""

    message = "This file is empty."


class ManifestWithoutRows(ManifestRefused):
    """There are headers and nothing below them."""

    message = "This file has column names but no rows."


class ManifestTooLarge(ManifestRefused):
    """It is larger than a manifest may be."""

    message = "This table is larger than a table may be here. Split it into several files."


class ManifestTooLong(ManifestTooLarge):
    """It has more rows than the label's limit."""

    message = "This table has more than %(rows)s rows, the most that one may have here. Split it into several files."


class ManifestOfOtherKind(ManifestRefused):
    """An older or other kind of spreadsheet."""

    message = "This kind of spreadsheet is not read. Save it as XLSX or CSV (UTF-8) and send it again."


class ManifestUnsafe(ManifestRefused):
    """A workbook that unpacks to far more than it is, or that declares entities."""

    message = "This workbook is built in a way that is not safe to open. Save it again as XLSX or CSV and send that."


class ArchiveRefused(Invalid):
    """The archive as a whole cannot be read."""

    message = "This archive cannot be read. Pack the folder again as a ZIP and send that."


class ArchiveTooLarge(ArchiveRefused):
    """It has more entries, or would unpack to more, than an archive may."""

    message = "This archive holds more than an archive may hold here. Split it into several."
