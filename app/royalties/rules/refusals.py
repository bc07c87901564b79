"""Why a sales report is not taken."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound
from app.kernel.sentences import sentence


class ReportRefused(Invalid):
    """The report as a whole cannot be read."""

    message = "This report cannot be read. Send it again as the store sent it."


class ReportKnown(Conflict):
    """The same bytes came before."""

    message = "This is the same file as “%(name)s”, which came on %(day)s. It was not taken a second time."


class ReportWithoutHeader(ReportRefused):
    """No row of the file names its columns."""

    message = "No row of this file names its columns, so nothing in it can be understood."


class ReportWithoutLines(ReportRefused):
    """There are column names and nothing below them."""

    message = "There are no sales in this report."


class ReportSumsUp(ReportRefused):
    """Only sums of what another file says line by line."""

    message = "This file only sums up what another report says line by line. Counted as well, it would count twice."


class AmountUnreadable(ReportRefused):
    """A cell in a column of numbers is none."""

    message = "Row %(row)s: “%(value)s” in the column “%(column)s” is not a number."


class AmountMissing(ReportRefused):
    """Something came back, and nobody says for how much."""

    message = "Row %(row)s: %(quantity)s were returned, and no amount says what was paid back for them."


class CurrencyUnreadable(ReportRefused):
    """No currency has this code, or none is named."""

    message = "Row %(row)s: “%(value)s” is no currency. Use a code of three letters such as EUR."


class DateUnreadable(ReportRefused):
    """A cell in a column of dates is none."""

    message = "Row %(row)s: “%(value)s” is not a date that can be understood."


class DecimalsUnclear(ReportRefused):
    """Point and comma both look like decimal signs."""

    message = "Some numbers of this report have a decimal comma and others a decimal point. Send it with one of them."


class ReportUnknown(NotFound):
    """The label has no such report, or the asker may not know of it."""

    message = "This report could not be found."


class RowUnknown(NotFound):
    """The report has no such row."""

    message = "This row could not be found."


class ReportMissing(Invalid):
    """Nothing was sent."""

    message = "Choose a report: CSV, TSV, XLSX, or one of them packed as ZIP or GZ."


class ReceivedUntyped(Invalid):
    """A day that is none."""

    message = "Write the day on which the money came as 2026-12-31."


class PeriodUntyped(Invalid):
    """Days that say no period."""

    message = "Say both the first and the last day on which this was sold, the first one first."


class ReportElsewhere(Conflict):
    """The report is in another state."""

    message = "This report has gone on in the meantime. Look where it stands now."


class ReasonMissing(Invalid):
    """Something out of the ordinary was asked for without saying why."""

    message = "Say why, in a few words."


class ReportAccounted(Conflict):
    """A published run has paid out on it."""

    message = "Royalties were accounted on this report. It cannot be discarded any more."


class MappingUnusable(Invalid):
    """Columns were given meanings by which no report can be read."""

    message = "The report cannot be read like this."
    NAMELESS = sentence("Say who sends reports like this.")
    WITHOUT_AMOUNT = sentence("Say which column is the amount that is paid.")
    WITHOUT_ASSET = sentence("Say which column names what was sold: an ISRC, a barcode, a number or a title.")
    TWICE = sentence("Every meaning can be given to one column only.")


class MatchUnusable(Invalid):
    """Nothing was chosen, or nothing that sales can be of."""

    message = "Choose what was sold: a recording or a release."


class AssetUnknown(NotFound):
    """The label has no such sales, or they are matched already."""

    message = "These sales could not be found."
