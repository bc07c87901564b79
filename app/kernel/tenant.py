"""A label as one row of ours: the value that sessions, caches, files and tasks are bound to."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, field
from enum import StrEnum

from app.kernel.errors import Forbidden, NotFound, Unavailable

_ID = re.compile(r"l_[0-9a-hjkmnp-tv-z]{26}")


def is_tenant_id(text: str) -> bool:
    """Tell whether `text` is a label's id: the only names that ever reach SQL as a schema or a role."""
    return _ID.fullmatch(text) is not None


class TenantState(StrEnum):
    """Where a label stands in its life: spare → provisioning → active ⇄ suspended → moving → closing → closed."""

    SPARE = "spare"
    PROVISIONING = "provisioning"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    MOVING = "moving"
    CLOSING = "closing"
    CLOSED = "closed"


class LabelGone(NotFound):
    """The label is closed, or was never opened."""

    message = "This label is not here any more."


class LabelSuspended(Forbidden):
    """The label may be read but not changed."""

    message = "This label is suspended: everything can be read and nothing changed. Ask your label's owner."


class LabelClosing(Forbidden):
    """The label is leaving: it may be read and exported, not changed."""

    message = "This label is being closed: everything can be read and exported, nothing changed."


class LabelMoving(Unavailable):
    """The label is between two databases for a moment."""

    message = "This label is being moved and can be changed again in a few seconds."


class RevisionNotServed(Unavailable):
    """The label's tables are of a revision that this code does not serve."""

    message = "This label is being upgraded. Try again in a few minutes."
    retry_after = 60


_UNWRITABLE: dict[TenantState, type[Forbidden | Unavailable]] = {
    TenantState.MOVING: LabelMoving,
    TenantState.CLOSING: LabelClosing,
    TenantState.SUSPENDED: LabelSuspended,
}
READ_ONLY = frozenset({TenantState.SUSPENDED, TenantState.CLOSING})
"""The states in which a label's people may come in and look, and change nothing."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one label may use at once; a label's own row may say otherwise."""

    statement_timeout_ms: int = 5_000
    connections: int = 4
    requests: int = 64
    jobs: int = 8
    streams: int = 200
    upload_bytes: int = 2 * 1024**3
    import_from: str = ""
    """Where the label may fetch files from, as the operator wrote it: `s3://bucket/prefix`, or a folder as `file://`."""
    batch_rows: int = 250_000
    cell_characters: int = 50_000
    batch_files: int = 20_000
    batch_bytes: int = 512 * 1024**3
    archive_files: int = 20_000
    archive_bytes: int = 200 * 1024**3
    unpack_ratio: int = 200
    step_files: int = 200
    step_bytes: int = 2 * 1024**3
    """So much of an archive is unpacked, or of a bucket fetched, in one transaction; the next goes on from there."""
    api_requests: int = 12_000
    api_client_requests: int = 6_000
    """Requests a minute that all programs of the label may send, and each of them."""
    clock_ahead_seconds: int = 0
    """How far a label's time runs ahead; only that of one to try things in does."""


USUAL_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Tenant:
    """One label at one epoch.

    `id` is its schema and its role; `fence_epoch` is the epoch of its last restore or erasure: what was asked for
    before it must not run after it. `artist_share_ppm` is what the artist side keeps of each payout, by the label's
    contract with the operator.
    """

    id: str
    cell: str
    state: TenantState
    epoch: int = 1
    fence_epoch: int = 0
    slug: str = ""
    name: str = ""
    revision: str = ""
    time_zone: str = "UTC"
    currency: str = "EUR"
    languages: tuple[str, ...] = ("en",)
    plan: str = "standard"
    flags: frozenset[str] = frozenset()
    artist_share_ppm: int = 900_000
    is_sandbox: bool = False
    """Whether it is a copy of another label, to try things in."""

    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not is_tenant_id(self.id):
            raise ValueError("not a label id")

    def check_readable(self) -> None:
        """Refuse when the label's rows may not be read in its present state."""
        if self.state in (TenantState.SPARE, TenantState.PROVISIONING, TenantState.CLOSED):
            raise LabelGone

    def check_writable(self, *, even: Container[TenantState] = ()) -> None:
        """Refuse when the label's rows may not be changed in its present state, unless that is one of `even`."""
        self.check_readable()
        if (refusal := _UNWRITABLE.get(self.state)) is not None and self.state not in even:
            raise refusal
