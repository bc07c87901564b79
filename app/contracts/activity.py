"""What contracts record, in words."""

from __future__ import annotations

from app.kernel.activity.meanings import tell
from app.kernel.sentences import sentence

tell("contract.drafted", sentence("A contract was drafted"), hears="contracts.edit")
tell("contract.changed", sentence("A contract was changed"))
tell("contract.amended", sentence("A new version of a contract was begun"), hears="contracts.edit")
tell("contract.activated", sentence("A contract is in force"), hears="contracts.view")
tell("contract.ended", sentence("A contract ended"), hears="contracts.view")
tell("contract.crossed", sentence("Contracts were crossed with each other"), hears="contracts.edit")
tell("contract.exported", sentence("Contracts were exported"))
tell("cost.proposed", sentence("A recoupable cost was proposed"), hears="contracts.edit")
tell("cost.approved", sentence("A recoupable cost was approved"))
tell("cost.rejected", sentence("A recoupable cost was rejected"))
tell("split.proposed", sentence("A split of a recording was proposed"), hears="contracts.edit")
tell("split.confirmed", sentence("A share in a recording was confirmed"))
tell("split.contested", sentence("A share in a recording is contested"), hears="contracts.edit")
tell("obligation.noted", sentence("A day to act on was noted under a contract"))
tell("obligation.due", sentence("Under a contract somebody must act soon"), hears="contracts.edit")
tell("obligation.done", sentence("What was due under a contract was done"))
