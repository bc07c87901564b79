"""Ways to pay, as people read them."""

from __future__ import annotations

from typing import Final

from app.kernel.sentences import sentence

METHODS: Final = {
    "card": sentence("Card"),
    "wallet": sentence("Apple Pay or Google Pay"),
    "sepa_debit": sentence("SEPA direct debit"),
    "ideal": sentence("iDEAL"),
    "bancontact": sentence("Bancontact"),
    "klarna": sentence("Klarna"),
    "paypal": sentence("PayPal"),
    "link": sentence("Link"),
}
