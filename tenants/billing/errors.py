"""What a label's plan does not include."""

from __future__ import annotations

from typing import ClassVar

from app.kernel.errors import Forbidden, Invalid


class NotInPlan(Forbidden):
    """The label's plan does not include this (RFC 9110 §15.5.3)."""

    message = "This is not part of your plan. It comes with %(plan)s."
    status: ClassVar[int] = 402


class PlanUnknown(Invalid):
    """No plan has this name."""

    message = "There is no plan called %(plan)s."


class FlagUnknown(Invalid):
    """No feature flag has this name."""

    message = "There is no feature flag called %(flag)s."


class ShareUnusable(Invalid):
    """A share of payouts that no contract may name."""

    message = "The artist side keeps between 50 %% and 100 %% of a payout."
