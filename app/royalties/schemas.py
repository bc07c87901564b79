"""What forms of royalties send."""

from __future__ import annotations

import msgspec


class NewPeriod(msgspec.Struct, forbid_unknown_fields=True):
    """The first and the last day of a period."""

    starts_on: str = ""
    ends_on: str = ""


class NewRun(msgspec.Struct, forbid_unknown_fields=True):
    """Whether a run is a trial."""

    trial: str = ""


class NewRate(msgspec.Struct, forbid_unknown_fields=True):
    """How much of one currency another one is on a day, and who says so."""

    base: str = ""
    quote: str = ""
    on: str = ""
    rate: str = ""
    source: str = ""


class SignedOff(msgspec.Struct, forbid_unknown_fields=True):
    """Which finding was looked at."""

    finding: str = ""


class NewNote(msgspec.Struct, forbid_unknown_fields=True):
    """Something said about a line."""

    body: str = ""
