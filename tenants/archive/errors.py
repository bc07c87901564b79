"""Why an archive cannot be made or taken in."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound


class ArchiveUnreadable(Invalid):
    """The file is no archive of ours, or not whole."""

    message = "This archive cannot be used: %(reason)s"


class ArchiveTooNew(Invalid):
    """The archive is of a later version of the product."""

    message = "This archive was made by a newer version (%(revision)s). Update first, then import it."


class ExportUnknown(NotFound):
    """The label has no such export, it is not ready, or not kept any more."""

    message = "There is no such export, or it is not kept any more."


class LabelNotEmpty(Conflict):
    """An archive goes only into a label in which nobody has worked yet."""

    message = "“%(name)s” is in use already. Open a new label and import the archive there."


class NoSandbox(NotFound):
    """Only the clock of a label to try things in can be moved."""

    message = "This is not a sandbox: its clock is everybody's."


class SandboxOfSandbox(Conflict):
    """A sandbox has none of its own."""

    message = "This is a sandbox already."


class SandboxMissing(NotFound):
    """The label has none that could go."""

    message = "There is no sandbox here."


class SandboxInTheMaking(Conflict):
    """What is being made is waited for."""

    message = "The sandbox is being made. Wait until it is ready."
