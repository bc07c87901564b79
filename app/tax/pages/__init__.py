"""The pages of tax."""

from __future__ import annotations

from app.kernel.sentences import sentence
from app.kernel.web import shell
from app.kernel.web.shell import Place
from app.tax.pages import cases, interview, outside, payees, payer, years
from app.tax.pages.places import SCREENING, SETTINGS, TAX

shell.add(
    Place(sentence("Tax"), TAX, "landmark", group="business", order=60, keys="g x", permission="royalties.view"),
    Place(
        sentence("Sanctions screening"), SCREENING, "shield-check", group="business", order=62,
        permission="payouts.view", whole=True,
    ),
    Place(
        sentence("Tax details"), SETTINGS, "building", group="settings", section="money", order=35,
        permission="payouts.view", whole=True,
        hint=sentence("Where the label pays tax, and as whom the tax office knows it"),
    ),
)  # fmt: skip

handlers = [handler for part in (payees, interview, outside, payer, years, cases) for handler in part.handlers]
__all__ = ["handlers"]
