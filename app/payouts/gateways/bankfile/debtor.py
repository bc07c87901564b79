"""The label's own account, out of which its bank pays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Debtor:
    """The account that pays, and how the bank knows its owner; numbers are plain here and nowhere else.

    `routing` is the bank's BIC, routing number or sort code; `currency` the account's, where the bank wants it said.
    """

    name: str
    scheme: Literal["iban", "us", "gb"]
    number: str
    routing: str = ""
    country: str = ""
    currency: str = ""
    company_id: str = ""
    """What the bank calls the label in files: in the United States usually 1 and the tax number."""
    bank_name: str = ""
    is_batch_booked: bool = True
    """Whether the bank shows one sum for a batch, or every payment by itself."""

    def __repr__(self) -> str:
        """Nothing of it belongs into a log."""
        return f"Debtor({self.scheme})"
