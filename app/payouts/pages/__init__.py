"""The pages of payouts."""

from __future__ import annotations

from app.kernel.sentences import sentence
from app.kernel.web import shell
from app.kernel.web.shell import Action, Place
from app.payouts.pages import accounts, bank, holds, hooks, payee, payout, processor, runs, settings
from app.payouts.queries import figures

shell.add(
    Place(
        sentence("Payouts"),
        "/portal/payouts",
        "banknote",
        group="business",
        order=50,
        keys="g m",
        permission="payouts.view",
    ),
    Place(
        sentence("Payouts to payees"),
        "/portal/settings/payouts",
        "banknote",
        group="settings",
        section="money",
        order=26,
        hint=sentence("What you promise payees, and from which account you pay"),
        permission="payouts.view",
        whole=True,
    ),
    Action(sentence("Look at payout runs"), "/portal/payouts/runs", "banknote", permission="payouts.prepare"),
)

__all__ = ["figures", "handlers"]

_PARTS = (payout, runs, bank, payee, accounts, holds, processor, settings, hooks)
handlers = [handler for part in _PARTS for handler in part.handlers]
