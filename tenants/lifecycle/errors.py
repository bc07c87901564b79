"""Why a label's state cannot change as asked."""

from __future__ import annotations

from app.kernel.errors import Conflict


class WrongState(Conflict):
    """The label's present state does not lead to the wanted one."""

    message = "“%(name)s” is %(state)s; this can be done only while it is %(wanted)s."


class StillInGrace(Conflict):
    """The label is closing and its owner may still come back."""

    message = "“%(name)s” may be erased from %(date)s on. Until then its owner can have it back."
