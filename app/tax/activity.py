"""What tax records, in words; no number that a tax office gave ever stands there."""

from __future__ import annotations

from app.kernel.activity.meanings import tell
from app.kernel.sentences import sentence

tell("tax_form.signed", sentence("A tax form was signed"), hears="payouts.prepare")
tell("tax_form.asked", sentence("A payee was asked for a tax form by mail"))
tell("tax_form.ending", sentence("A tax form ends soon and has to be signed anew"), hears="payouts.prepare", asks=True)
tell("tax_form.opened", sentence("A tax form was opened with its full tax number"))
tell("tax_settings.changed", sentence("The label's tax details were changed"), hears="payouts.prepare")
tell("tax_year.exported", sentence("Figures for the tax office were exported"), hears="payouts.prepare")
tell("sanctions_list.added", sentence("A sanctions list was brought in"), hears="payouts.prepare")
tell("sanctions_list.retired", sentence("A sanctions list was taken out of use"), hears="payouts.approve")
tell(
    "sanctions_case.opened",
    sentence("A payee is called like somebody on a sanctions list"),
    hears="payouts.approve",
    asks=True,
)
tell("sanctions_case.cleared", sentence("A case of sanctions screening was cleared"), hears="payouts.prepare")
tell("sanctions_case.confirmed", sentence("A case of sanctions screening was confirmed"), hears="payouts.prepare")
