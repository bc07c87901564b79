"""What the values of terms are called."""

from __future__ import annotations

from typing import Final

from app.kernel.sentences import sentence

KIND_SENTENCES: Final = {
    "royalty": sentence("Royalty deal"),
    "profit_share": sentence("Profit share"),
    "distribution": sentence("Distribution"),
    "licence": sentence("Licence"),
    "three_sixty": sentence("360 deal"),
    "producer": sentence("Producer points"),
    "remix": sentence("Remix"),
    "work_for_hire": sentence("Work for hire"),
}
LEVEL_SENTENCES: Final = {
    "label": sentence("Whole label"),
    "imprint": sentence("Imprint"),
    "artist": sentence("Artist"),
    "release": sentence("Release"),
    "track": sentence("Track"),
    "recording": sentence("Recording"),
}
CHANNEL_SENTENCES: Final = {
    "stream": sentence("Streams"),
    "download": sentence("Downloads"),
    "physical": sentence("Physical"),
    "ugc": sentence("User-generated content"),
    "sync": sentence("Sync"),
    "merch": sentence("Merchandise"),
    "neighbouring": sentence("Neighbouring rights"),
}
BASE_SENTENCES: Final = {
    "net_receipt": sentence("Net receipts"),
    "net_source": sentence("Receipts at source"),
    "ppd": sentence("Dealer price (PPD)"),
    "retail": sentence("Retail price"),
    "per_unit": sentence("Amount per unit"),
}
DEDUCTION_SENTENCES: Final = {
    "tax": sentence("Taxes"),
    "distribution_fee": sentence("Distribution fee"),
    "packaging": sentence("Packaging"),
    "free_goods": sentence("Free goods"),
    "breakage": sentence("Breakage"),
    "new_technology": sentence("New technology"),
}
REDUCTION_SENTENCES: Final = {
    "foreign": sentence("Foreign sales"),
    "mid_price": sentence("Mid price"),
    "budget": sentence("Budget price"),
    "club": sentence("Record clubs"),
    "px": sentence("Military stores (PX)"),
    "tv_campaign": sentence("TV campaign"),
}
COUNTER_SENTENCES: Final = {
    "units": sentence("Units sold"),
    "gross": sentence("Gross revenue"),
    "net": sentence("Net revenue"),
    "recoupment": sentence("Costs earned back"),
}
CADENCE_SENTENCES: Final = {
    "monthly": sentence("Monthly"),
    "quarterly": sentence("Quarterly"),
    "half_yearly": sentence("Half-yearly"),
}
COST_SENTENCES: Final = {
    "advance": sentence("Advance"),
    "recording": sentence("Recording costs"),
    "video": sentence("Video"),
    "marketing": sentence("Marketing"),
    "tour": sentence("Tour support"),
    "equipment": sentence("Equipment"),
    "producer": sentence("Producer advance"),
    "buyout": sentence("Buyout"),
    "other": sentence("Other costs"),
}
COST_STATES: Final = {
    "proposed": sentence("Proposed"),
    "approved": sentence("Approved"),
    "rejected": sentence("Rejected"),
}
SHARE_STATES: Final = {
    "waiting": sentence("Waiting"),
    "confirmed": sentence("Confirmed"),
    "contested": sentence("Contested"),
}
PER_SENTENCES: Final = {
    "period": sentence("Per period"),
    "year": sentence("Per year"),
    "life": sentence("For the whole contract"),
}
ROUNDING_SENTENCES: Final = {
    "half_up": sentence("Half up"),
    "down": sentence("Down"),
}
RATE_DAY_SENTENCES: Final = {
    "period_end": sentence("Of the period's last day"),
    "receipt": sentence("Of the day on which the money came"),
}
SONGS_PAY_SENTENCES: Final = {
    "own": sentence("What is open under this contract"),
    "nothing": sentence("Nothing"),
    "all": sentence("What is open under this contract and others"),
}
TONES: Final = {
    "active": "success", "sent": "info", "viewed": "info", "declined": "danger", "expired": "warning",
    "approved": "success", "rejected": "danger", "confirmed": "success", "contested": "danger",
}  # fmt: skip
"""How states are coloured; all others are plain."""
