"""What an artist is asked to do, as the home page lists it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from app.kernel.sentences import sentence

APP: Final = "/artist"
"""Where the app begins."""

Kind = Literal["sign", "split", "answer"]
TASK_SENTENCES: Final = {
    "sign": sentence("Sign “%(name)s”"),
    "split": sentence("Confirm your share in “%(name)s”"),
    "answer": sentence("Your question was answered: “%(name)s”"),
}
ICONS: Final = {"sign": "signature", "split": "split", "answer": "circle-question-mark"}


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do: which kind, about what, where it is done, and until when where there is a day."""

    kind: Kind
    name: str
    href: str
    until: datetime | None = None
