"""Why a file of a batch is not taken, a sentence each."""

from __future__ import annotations

from typing import Final

from app.kernel.media.facts import SENTENCES
from app.kernel.sentences import sentence
from app.uploads.rules.archives import ARCHIVE_SENTENCES
from app.uploads.rules.refusals import ArchiveRefused, ArchiveTooLarge

OTHER_KIND: Final = "other_kind"
ARCHIVE_BROKEN: Final = "archive_broken"
ARCHIVE_TOO_LARGE: Final = "archive_too_large"
LOST: Final = "lost"

REASON_SENTENCES: Final[dict[str, str]] = {
    **{fault.value: said for fault, said in SENTENCES.items()},
    **ARCHIVE_SENTENCES,
    OTHER_KIND: sentence("This is neither audio nor a picture nor a ZIP of them."),
    ARCHIVE_BROKEN: ArchiveRefused.message,
    ARCHIVE_TOO_LARGE: ArchiveTooLarge.message,
    LOST: sentence("This file got lost on our side. Send it again."),
}
"""By the verdict of the file."""
