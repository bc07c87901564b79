"""Whose turn it is, what a signature covers, and how long everything is good for."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Protocol

from app.kernel.sentences import sentence

CONSENT: Final = sentence(
    "I have read this contract and agree to it. I sign it by typing my name, which shall bind me like my signature by "
    "hand."
)
MOST_SIGNERS: Final = 20
DAYS: Final = 30
MOST_DAYS: Final = 365
CODE_LIFE: Final = timedelta(minutes=10)
CODE_PAUSE: Final = timedelta(seconds=30)
"""Between one code and the next."""

CODE_TRIES: Final = 5
REMIND_AFTER: Final = timedelta(days=3)
LONGEST_NAME, LONGEST_REASON = 200, 4_000


class Signing(Protocol):
    """What is asked here of somebody who signs."""

    position: int
    state: str


def due(signers: Sequence[Signing], *, in_order: bool) -> list[int]:
    """The positions of those who may sign now: all who have not, or the first of them."""
    open_ = sorted(each.position for each in signers if each.state != "signed")
    return open_[:1] if in_order else open_


def covered(body_hash: str, terms_hash: str) -> str:
    """SHA-256 over both faces of a contract."""
    return hashlib.sha256(f"{body_hash}\n{terms_hash}".encode()).hexdigest()


def new_code() -> str:
    """Six digits."""
    return f"{secrets.randbelow(1_000_000):06}"
