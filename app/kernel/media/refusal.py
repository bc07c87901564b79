"""The one refusal: a file that no copy can be made of."""

from __future__ import annotations

from app.kernel.errors import Invalid
from app.kernel.media.facts import Fault


class Unreadable(Invalid):
    """Nothing can be made of this file; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.sentence)
        self.fault = fault
