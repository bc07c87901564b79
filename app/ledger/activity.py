"""What the ledger records, in words."""

from __future__ import annotations

from app.kernel.activity.meanings import tell
from app.kernel.sentences import sentence

tell("ledger.sealed", sentence("The postings were sealed"), routine=True)
tell("ledger.exported", sentence("Accounts were exported"))
tell("ledger.frozen", sentence("The books are frozen: something in them is wrong"), hears="royalties.view")
tell("ledger.lifted", sentence("The books were checked, and money moves again"), hears="royalties.view")
tell("money.policy_changed", sentence("From which amount on two people decide was changed"), hears="royalties.run")
