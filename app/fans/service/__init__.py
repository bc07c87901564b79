"""What can be done with fans: let them in, hear what they want, give out and erase what is kept about them."""

from __future__ import annotations

from app.fans.service import (
    consents,
    entry,
    erasing,
    exporting,
    following,
    keeping,
    leaving,
    letters,
    moving,
    sessions,
    tidying,
)

__all__ = [
    "consents",
    "entry",
    "erasing",
    "exporting",
    "following",
    "keeping",
    "leaving",
    "letters",
    "moving",
    "sessions",
    "tidying",
]
