"""Where an order stands by what became of its parcels, and what carriers' tracking pages are called."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from app.kernel.sentences import sentence

EARLY: Final = "early"
STATE_SENTENCES: Final = {
    EARLY: sentence("Not out yet"),
    "open": sentence("To be packed"),
    "asked": sentence("At the printer"),
    "packed": sentence("Packed"),
    "shipped": sentence("On its way"),
    "delivered": sentence("Delivered"),
    "returned": sentence("Came back"),
    "failed": sentence("Failed"),
    "cancelled": sentence("Cancelled"),
}
TONES: Final = {
    EARLY: "info", "open": "warning", "asked": "info", "packed": "accent", "shipped": "info", "delivered": "success",
    "returned": "danger", "failed": "danger",
}  # fmt: skip
KIND_SENTENCES: Final = {
    "digital": sentence("Downloads"),
    "parcel": sentence("Parcel"),
    "printful": sentence("Made on demand"),
}
CARRIERS: Final = {
    "dhl": ("DHL", "https://www.dhl.com/global-en/home/tracking.html?tracking-id={}"),
    "dpd": ("DPD", "https://tracking.dpd.de/status/en_US/parcel/{}"),
    "gls": ("GLS", "https://gls-group.com/track/{}"),
    "hermes": ("Hermes", "https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation#{}"),
    "ups": ("UPS", "https://www.ups.com/track?tracknum={}"),
    "fedex": ("FedEx", "https://www.fedex.com/fedextrack/?trknbr={}"),
    "usps": ("USPS", "https://tools.usps.com/go/TrackConfirmAction?tLabels={}"),
    "royal_mail": ("Royal Mail", "https://www.royalmail.com/track-your-item#/tracking-results/{}"),
    "la_poste": ("La Poste", "https://www.laposte.fr/outils/suivre-vos-envois?code={}"),
    "japan_post": ("Japan Post", "https://trackings.post.japanpost.jp/services/srv/search/direct?reqCodeNo1={}"),
    "aramex": ("Aramex", "https://www.aramex.com/track/results?ShipmentNumber={}"),
    "other": ("", ""),
}
"""What a carrier is called, and where a parcel of theirs is followed."""
TRACKING: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]{3,39}")
_UNDERWAY: Final = ("asked", "packed", "shipped", "delivered", "returned")


def order_state(now: str, fulfilments: Iterable[str]) -> str:
    """Where a paid order stands by the states of all that is sent of it; one that is over stays what it is."""
    if now in ("placed", "cancelled", "refunded"):
        return now
    states = [state for state in fulfilments if state != "cancelled"]
    if states and all(state == "delivered" for state in states):
        return "delivered"
    if states and all(state in ("shipped", "delivered", "returned") for state in states):
        return "shipped"
    return "in_fulfilment" if any(state in _UNDERWAY for state in states) else "paid"


def stands(kind: str, state: str) -> str:
    """Which of `STATE_SENTENCES` says where something sent stands: music that is open to be sent is not out yet."""
    return EARLY if (kind, state) == ("digital", "open") else state


def tracking_url(carrier: str, tracking: str) -> str:
    """Where a parcel is followed; empty for a carrier that we do not know, or without a number."""
    pattern = CARRIERS.get(carrier, ("", ""))[1]
    bare = tracking.replace(" ", "")
    return pattern.format(quote(bare, safe="")) if pattern and bare else ""
