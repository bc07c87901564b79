"""XML that a bank, or somebody who says so, sent: read without anything being declared, fetched or blown up."""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree as ET

from app.payouts.rules.refusals import BankReportRefused

LARGEST: Final = 32_000_000
"""Bytes of a file; a statement of ten thousand entries has about ten million."""

DEEPEST: Final = 40
MOST_ELEMENTS: Final = 1_500_000
_DECLARES: Final = re.compile(rb"<!(?!--|\[CDATA\[)")
_PROLOGUE: Final = re.compile(r"\A\s*<\?xml[^>]*\?>")
_ISO: Final = "{urn:iso:std:iso:20022:tech:xsd:"


class _Counted(ET.TreeBuilder):
    """Builds a tree by bare names, as long as it is a sane one."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0
        self.namespace = ""

    def start(self, tag: str, attrs: dict[str, str]) -> ET.Element:
        self._depth += 1
        self._count += 1
        if self._depth > DEEPEST or self._count > MOST_ELEMENTS:
            raise BankReportRefused(BankReportRefused.TOO_LARGE)
        namespace, _, name = tag.rpartition("}")
        self.namespace = self.namespace or namespace
        return super().start(name, attrs)

    def end(self, tag: str) -> ET.Element:
        self._depth -= 1
        return super().end(tag.rpartition("}")[2])


def message(raw: bytes) -> ET.Element:
    """What stands in an ISO 20022 document, by bare names in whatever version; `BankReportRefused` where it is none."""
    if len(raw) > LARGEST:
        raise BankReportRefused(BankReportRefused.TOO_LARGE)
    if _DECLARES.search(raw) or b"\x00" in raw:
        raise BankReportRefused(BankReportRefused.UNSAFE)
    try:
        text = raw.decode("utf-8-sig")  # ISO 20022 knows no other; in another a declaration could be spelled unseen
    except UnicodeDecodeError:
        raise BankReportRefused from None
    builder = _Counted()
    parser = ET.XMLParser(target=builder)  # noqa: S314 nothing is declared in it
    try:
        parser.feed(_PROLOGUE.sub("", text))
        root: ET.Element = parser.close()
    except (ET.ParseError, ValueError, LookupError):
        raise BankReportRefused from None
    if root.tag != "Document" or len(root) != 1 or not builder.namespace.startswith(_ISO):
        raise BankReportRefused
    return root[0]
