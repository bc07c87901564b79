"""What people are told about reports, by key."""

from __future__ import annotations

from typing import Final

from app.kernel.sentences import sentence

STATES: Final = {
    "received": sentence("Being read"),
    "mapping": sentence("Columns to name"),
    "held": sentence("Held"),
    "imported": sentence("Imported"),
    "refused": sentence("Refused"),
}
TONES: Final = {"received": "info", "mapping": "warning", "held": "warning", "imported": "success", "refused": "danger"}
SKIPPED: Final = {
    "total": sentence("Rows that only sum up"),
    "blank": sentence("Empty rows"),
    "without_amount": sentence("Rows without an amount and a quantity"),
    "payout": sentence("Payouts to the label"),
    "no_music": sentence("Not for music"),
}
LEFT_OUT: Final = {
    "sums_up": sentence("It only sums up what is said line by line elsewhere; counted as well, it would count twice."),
    "unknown": sentence("Its columns are not known."),
    "no_header": sentence("No row names its columns."),
    "unreadable": sentence("It is no table."),
}
WAYS: Final = {
    "own": sentence("By the label's own shop"),
    "isrc": sentence("By ISRC"),
    "upc": sentence("By barcode"),
    "catalog_number": sentence("By catalogue number"),
    "store_id": sentence("By the store's number"),
    "learned": sentence("As before"),
    "fuzzy": sentence("By title and artist"),
    "by_hand": sentence("By hand"),
}
CHANNELS: Final = {
    "stream": sentence("Streaming"),
    "download": sentence("Download"),
    "physical": sentence("Physical"),
    "ugc": sentence("User content"),
    "sync": sentence("Sync"),
    "merch": sentence("Merchandise"),
    "neighbouring": sentence("Neighbouring rights"),
}
DATE_ORDERS: Final = {
    "ymd": sentence("Year, month, day"),
    "dmy": sentence("Day, month, year"),
    "mdy": sentence("Month, day, year"),
}
DECIMAL_SIGNS: Final = {
    "auto": sentence("As the numbers say"),
    "point": sentence("Point"),
    "comma": sentence("Comma"),
}
