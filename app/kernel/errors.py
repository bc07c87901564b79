"""The four ways the domain refuses, and what a person is told."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar


class Refusal(Exception):
    """A request the domain declines; `message` is a sentence that the person who asked can act on.

    `message` is a gettext msgid in English with `%(name)s` places; `values` fills them when it is translated.
    The class name is the machine-readable reason.
    """

    message: ClassVar[str] = "This cannot be done."
    retry_after: ClassVar[int | None] = None
    headers: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """What an answer in HTTP says besides, as `WWW-Authenticate`."""

    def __init__(self, message: str | None = None, **values: object) -> None:
        self.msgid = message or self.message
        self.values = values
        super().__init__(self.msgid % values if values else self.msgid)

    @property
    def reason(self) -> str:
        """The machine-readable name of this refusal."""
        return type(self).__name__


class NotFound(Refusal):
    """What was asked for does not exist, or the asker may not know that it does."""

    message = "This could not be found."


class Forbidden(Refusal):
    """The asker may see it but not do this with it."""

    message = "You do not have the right to do this."


class Conflict(Refusal):
    """It contradicts what is already there."""

    message = "This was changed in the meantime. Reload and try again."


class Invalid(Refusal):
    """The input is not usable as it is; `fields` names what to change, a sentence each."""

    message = "Some of this cannot be used as it is."

    def __init__(self, message: str | None = None, *, fields: dict[str, str] | None = None, **values: object) -> None:
        self.fields = fields or {}
        super().__init__(message, **values)


class Busy(Refusal):
    """A limit of this label is reached; the same request may succeed after `retry_after` seconds."""

    message = "There is too much going on at once. Try again in a moment."
    retry_after = 1


class Unavailable(Refusal):
    """The label cannot be served just now; the same request may succeed after `retry_after` seconds."""

    message = "This is not available right now. Try again in a moment."
    retry_after = 2


class DiskFull(Unavailable):
    """There is no room to write; what was there before is there still."""

    message = "There is no room to keep this just now. Nothing is lost; try again in a few minutes."
    retry_after = 15


_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_ROOM_THERE = "53100"
"""PostgreSQL's code for it."""


def is_disk_full(problem: BaseException) -> bool:
    """Whether writing failed for want of room: on this machine's disk or on the database's."""
    of_database = getattr(problem, "orig", problem)  # the driver's own, or as the library over it hands it on
    is_there = getattr(of_database, "sqlstate", None) == _NO_ROOM_THERE
    return is_there or (isinstance(problem, OSError) and problem.errno in _NO_ROOM)
