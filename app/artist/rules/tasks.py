"""What an artist is asked to do, as the home page lists it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from app.kernel.sentences import sentence

APP: Final = "/artist"
"""Where the app begins."""

Kind = Literal["failed", "returned", "account", "frozen", "tax", "sign", "split", "answer"]
TASK_SENTENCES: Final = {
    "failed": sentence("Payout %(name)s did not arrive"),
    "returned": sentence("Payout %(name)s came back"),
    "account": sentence("Say where the money of %(name)s goes"),
    "frozen": sentence("Nothing is paid to %(name)s yet"),
    "tax": sentence("Fill in a tax form for %(name)s"),
    "sign": sentence("Sign “%(name)s”"),
    "split": sentence("Confirm your share in “%(name)s”"),
    "answer": sentence("Your question was answered: “%(name)s”"),
}
NOTE_SENTENCES: Final = {
    "failed": sentence("The whole amount is back on the balance. Check the account and ask again."),
    "returned": sentence("The whole amount is back on the balance. Check the account and ask again."),
    "account": sentence("Without an account nothing can be paid out."),
    "frozen": sentence("Payouts can go there from %(moment)s. If you did not add this account, tell your label."),
    "tax": sentence("Until then %(rate)s of each payout is withheld."),
    "sign": sentence("There is time until %(day)s."),
}
"""What is said below a task where what it names is known."""

ICONS: Final = {
    "failed": "triangle-alert", "returned": "triangle-alert", "account": "building", "frozen": "clock",
    "tax": "file-text", "sign": "signature", "split": "split", "answer": "circle-question-mark",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do: which kind, about what, where it is done; until or from when, and what is withheld before."""

    kind: Kind
    name: str
    href: str
    until: datetime | None = None
    rate_ppm: int = 0
