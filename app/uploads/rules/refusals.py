"""Why an archive is not taken."""

from __future__ import annotations

from app.kernel.errors import Invalid


class ArchiveRefused(Invalid):
    """The archive as a whole cannot be read."""

    message = "This archive cannot be read. Pack the folder again as a ZIP and send that."


class ArchiveTooLarge(ArchiveRefused):
    """It has more entries, or would unpack to more, than an archive may."""

    message = "This archive holds more than an archive may hold here. Split it into several."
