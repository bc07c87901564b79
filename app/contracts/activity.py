"""What contracts record, in words."""

from __future__ import annotations

from app.contracts.models import Contract
from app.contracts.policies import may_see_contract
from app.kernel.activity.meanings import tell
from app.kernel.activity.subjects import is_about
from app.kernel.sentences import sentence

is_about("contract", Contract.id, may_see_contract, href="/portal/contracts/{}", name=Contract.title)

tell("contract.drafted", sentence("A contract was drafted"), hears="contracts.edit")
tell("contract.changed", sentence("A contract was changed"))
tell("contract.amended", sentence("A new version of a contract was begun"), hears="contracts.edit")
tell("contract.activated", sentence("A contract is in force"), hears="contracts.view")
tell("contract.ended", sentence("A contract ended"), hears="contracts.view")
tell("contract.crossed", sentence("Contracts were crossed with each other"), hears="contracts.edit")
tell("contract.exported", sentence("Contracts were exported"))
tell("cost.proposed", sentence("A recoupable cost was proposed"), hears="contracts.edit", asks=True)
tell("cost.approved", sentence("A recoupable cost was approved"))
tell("cost.rejected", sentence("A recoupable cost was rejected"))
tell("split.proposed", sentence("A split of a recording was proposed"), hears="contracts.edit")
tell("split.confirmed", sentence("A share in a recording was confirmed"))
tell("split.contested", sentence("A share in a recording is contested"), hears="contracts.edit", asks=True)
tell("obligation.noted", sentence("A day to act on was noted under a contract"))
tell("obligation.due", sentence("Under a contract somebody must act soon"), hears="contracts.edit", asks=True)
tell("obligation.done", sentence("What was due under a contract was done"))
tell("contract.sent", sentence("A contract was sent to be signed"))
tell("contract.awaits_label", sentence("A contract waits for the label's signature"), hears="contracts.sign", asks=True)
tell("contract.viewed", sentence("A contract was opened by somebody who is to sign it"))
tell("contract.countered", sentence("A change to a contract was proposed"), hears="contracts.edit", asks=True)
tell("contract.withdrawn", sentence("A contract was taken back before everybody had signed"))
tell("contract.reopened", sentence("A contract is negotiated again"))
tell("contract.signed", sentence("A contract was signed by one of the parties"), hears="contracts.view")
tell("contract.declined", sentence("A contract was declined"), hears="contracts.edit", asks=True)
tell("contract.expired", sentence("A contract was not signed in time"), hears="contracts.edit", asks=True)
tell("contract.sealed", sentence("A contract was signed by everybody and sealed"), hears="contracts.view")
tell(
    "contract.blocked",
    sentence("A signed contract contradicts another and is not in force"),
    hears="contracts.edit",
    asks=True,
)
tell("contract.reminded", sentence("People who are to sign a contract were reminded"))
tell("certificate.made", sentence("A certificate to seal contracts with was made"))
tell("certificate.replaced", sentence("The certificate that seals contracts was replaced"), hears="security.edit")
tell("contract_batch.opened", sentence("Contracts were prepared from a sheet"))
tell("contract_batch.approved", sentence("Contracts are being made from a sheet"))
tell("contract_batch.sending", sentence("Contracts from a sheet are being sent"))
tell("contract_batch.created", sentence("Contracts were made from a sheet"), hears="contracts.edit")
tell("contract_batch.sent", sentence("Contracts from a sheet were sent"), hears="contracts.edit")
