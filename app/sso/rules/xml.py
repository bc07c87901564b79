"""XML from outside, read as text and elements and nothing else: no DTD, no entity, no network, no comment."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from app.sso.errors import ServiceRefused

Element = Any
"""An element of lxml, which has no types."""

LARGEST = 512 * 1024
DEEPEST = 64
MOST_ELEMENTS = 20_000

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_FORBIDDEN = ("<!DOCTYPE", "<!ENTITY", "<!ELEMENT", "<!ATTLIST")


def read(body: bytes, *, may_comment: bool = False) -> Element:
    """The root of a document in UTF-8; whatever could make a parser do more than read is refused before one sees it.

    A document cannot choose an encoding of its own, in which it would say something else than was looked at.
    """
    if not 0 < len(body) <= LARGEST:
        raise ServiceRefused
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ServiceRefused from None
    text = _DECLARATION.sub("", text, count=1)
    if "\x00" in text or any(word in text for word in _FORBIDDEN):
        raise ServiceRefused
    try:
        root = etree.fromstring(text.encode(), _parser(drops_comments=may_comment))
    except (etree.XMLSyntaxError, ValueError):
        raise ServiceRefused from None
    _check_tree(root)
    return root


def _parser(*, drops_comments: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=drops_comments,
        remove_pis=drops_comments,
    )


def _check_tree(root: Element) -> None:
    """Refuse comments, instructions and entities, which split a text in two, and trees that are no message."""
    if root.getroottree().docinfo.internalDTD is not None:
        raise ServiceRefused
    level, count = [root], 0
    for _ in range(DEEPEST):
        count += len(level)
        if count > MOST_ELEMENTS or any(not isinstance(element.tag, str) for element in level):
            raise ServiceRefused
        level = [child for element in level for child in element]
        if not level:
            return
    raise ServiceRefused


def text_of(element: Element | None) -> str:
    """All of an element's text; one with elements in it has none that can be relied on."""
    if element is None or len(element) > 0:
        return ""
    return (element.text or "").strip()
