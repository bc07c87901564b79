"""What payouts record, in words."""

from __future__ import annotations

from app.kernel.activity.meanings import tell
from app.kernel.activity.subjects import is_about
from app.kernel.sentences import sentence
from app.payouts.models import Payout, PayoutRun
from app.payouts.policies import may_see_payee, may_see_payout, may_see_run
from app.roster.models import Payee

is_about("payee", Payee.id, may_see_payee, href="/portal/payees/{}", name=Payee.name)
is_about("payout", Payout.id, may_see_payout, href="/portal/payouts/{}", name=Payout.number)
is_about("payout_run", PayoutRun.id, may_see_run, href="/portal/payouts/runs/{}", name=PayoutRun.number)

tell("payout.asked", sentence("A payout was asked for"), hears="payouts.view", asks=True)
tell("payout.approved", sentence("A payout was approved"))
tell("payout.rejected", sentence("A payout was rejected"), hears="payouts.view")
tell("payout.cancelled", sentence("A payout was cancelled"), hears="payouts.view")
tell("payout.sent", sentence("A payout is on its way"))
tell("payout.paid", sentence("A payout arrived"), hears="payouts.view")
tell("payout.failed", sentence("A payout did not arrive"), hears="payouts.view", asks=True)
tell("payout.returned", sentence("A payout came back"), hears="payouts.view", asks=True)
tell("payout.fee_returned", sentence("An instant payout was late and its fee was given back"), hears="payouts.view")
tell("payout_run.opened", sentence("A payout run was prepared"))
tell("payout_run.changed", sentence("Lines of a payout run were taken out or put back"))
tell("payout_run.submitted", sentence("A payout run waits for approval"), hears="payouts.approve")
tell("payout_run.approved", sentence("A payout run was approved"), hears="payouts.view")
tell("payout_run.cancelled", sentence("A payout run was cancelled"))
tell("payout_method.added", sentence("An account for payouts was added"), hears="payouts.view")
tell("payout_method.removed", sentence("An account for payouts was removed"), hears="payouts.view")
tell("payout_method.shared", sentence("Payouts were divided between accounts anew"))
tell("payout_schedule.set", sentence("A payout schedule was set"))
tell("payout_hold.opened", sentence("A disputed amount is held back"), hears="payouts.view", asks=True)
tell("payout_hold.renewed", sentence("A hold was renewed"), hears="payouts.view")
tell("payout_hold.released", sentence("A held amount was let go of"), hears="payouts.view")
tell("payout_policy.changed", sentence("What the label promises its payees was changed"), hears="payouts.view")
tell("payout_file.made", sentence("A file for the label's bank was made"))
tell("rail_difference.found", sentence("The bank's list and the books differ"), hears="payouts.prepare", asks=True)
tell("rail_difference.resolved", sentence("A difference with the bank was settled"))
