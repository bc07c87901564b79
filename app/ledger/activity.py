"""What the ledger records, in words."""

from __future__ import annotations

from app.kernel.activity.meanings import tell
from app.kernel.sentences import sentence

tell("ledger.sealed", sentence("The postings were sealed"))
tell("ledger.exported", sentence("Accounts were exported"))
