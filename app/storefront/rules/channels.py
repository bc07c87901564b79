"""As what contracts see a sale of the shop."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID


class Sold(Protocol):
    """What is known of a thing that was sold."""

    @property
    def kind(self) -> str:
        """As which kind of product."""

    @property
    def release_id(self) -> UUID | None:
        """The release that it is, where it is one."""

    @property
    def recording_id(self) -> UUID | None:
        """The recording that it is, where it is one."""


def channel_of(line: Sold) -> str:
    """Download, physical, or merchandise: what is no music."""
    if line.release_id is None and line.recording_id is None:
        return "merch"
    return "download" if line.kind == "digital" else "physical"
