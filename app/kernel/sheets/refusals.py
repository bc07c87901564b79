"""Why a table is not taken."""

from __future__ import annotations

from app.kernel.errors import Invalid


class TableRefused(Invalid):
    """The manifest as a whole cannot be read."""

    message = "This file cannot be read as a table. Save it as CSV (UTF-8) or XLSX and send it again."


class TableEmpty(TableRefused):
    """There is nothing in it."""

    message = "This file is empty."


class TableWithoutRows(TableRefused):
    """There are headers and nothing below them."""

    message = "This file has column names but no rows."


class TableTooLarge(TableRefused):
    """It is larger than a manifest may be."""

    message = "This table is larger than a table may be here. Split it into several files."


class TableTooLong(TableTooLarge):
    """It has more rows than the label's limit."""

    message = "This table has more than %(rows)s rows, the most that one may have here. Split it into several files."


class TableOfOtherKind(TableRefused):
    """An older or other kind of spreadsheet."""

    message = "This kind of spreadsheet is not read. Save it as XLSX or CSV (UTF-8) and send it again."


class TableUnsafe(TableRefused):
    """A workbook that unpacks to far more than it is, or that declares entities."""

    message = "This workbook is built in a way that is not safe to open. Save it again as XLSX or CSV and send that."
