"""XML that a bank, or somebody who says so, sent: read without anything being declared, fetched or blown up."""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree as ET

from app.payouts.rules.refusals import BankReportRefused

LARGEST: Final = 32_000_000
"""Bytes of a file; a statement of ten thousand entries has about ten million."""

MOST_TAGS: Final = 1_500_000
"""Tags of a file, which bounds how many things are built of it and how deep."""

_DECLARES: Final = re.compile(rb"<!(?!--|\[CDATA\[)")
_PROLOGUE: Final = re.compile(r"\A\s*<\?xml[^>]*\?>")
_ISO: Final = "{urn:iso:std:iso:20022:tech:xsd:"


def message(raw: bytes) -> ET.Element:
    """What stands in an ISO 20022 document, by bare names in whatever version; `BankReportRefused` where it is none."""
    if len(raw) > LARGEST or raw.count(b"<") > MOST_TAGS:
        raise BankReportRefused(BankReportRefused.TOO_LARGE)
    if _DECLARES.search(raw) or b"\x00" in raw:
        raise BankReportRefused(BankReportRefused.UNSAFE)
    root = _parsed(raw)
    if not root.tag.startswith(_ISO) or not root.tag.endswith("}Document") or len(root) != 1:
        raise BankReportRefused
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root[0]


def _parsed(raw: bytes) -> ET.Element:
    try:
        text = raw.decode("utf-8-sig")  # ISO 20022 knows no other; in another a declaration could be spelled unseen
        return ET.fromstring(_PROLOGUE.sub("", text))  # noqa: S314 nothing is declared in it
    except (ET.ParseError, ValueError, LookupError):
        raise BankReportRefused from None
