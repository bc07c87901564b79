"""Pages of the shop's own: what they may be called, where they stand, and which legal ones a shop usually has."""

from __future__ import annotations

import re
import unicodedata
from html import escape
from typing import Final

from app.kernel.sentences import sentence
from app.storefront.rules.ways import PLACES, said

KINDS: Final = ("page", "post", "legal")
KIND_SENTENCES: Final = {
    "page": sentence("Page"),
    "post": sentence("Journal post"),
    "legal": sentence("Legal page"),
}
LEGAL_SENTENCES: Final = {
    "imprint": sentence("Legal notice"),
    "terms": sentence("Terms of sale"),
    "privacy": sentence("Privacy"),
    "returns": sentence("Returns and cancellation"),
    "shipping": sentence("Sending and delivery"),
}
"""Under which address a shop's legal pages stand."""
LONGEST_TITLE: Final = 200
LONGEST_BODY: Final = 100_000
SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_SLUG: Final = 60


def slug_of(title: str) -> str:
    """An address in Latin letters for a title; empty where it has none."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].strip("-")


def shown_in(texts: dict[str, str], languages: tuple[str, ...], language: str) -> str:
    """A text as it is read in a language: in that, else in the nearest that has one."""
    return said(texts, language, languages)[0]


MENUS: Final = ("head", "foot")
MENU_SENTENCES: Final = {"head": sentence("At the head"), "foot": sentence("At the foot")}
MOST_ENTRIES: Final = 20
LONGEST_NAME: Final = 60
LONGEST_TARGET: Final = 400


def target_kind(target: str) -> str:
    """What a menu's entry leads to: a place, a page, an address; empty for none of these."""
    if target in PLACES:
        return "place"
    if target.startswith("page:") and SLUG.fullmatch(target.removeprefix("page:")):
        return "page"
    is_safe = target.startswith("https://") and not any(char.isspace() or char in "<>\"'\\" for char in target)
    return "address" if is_safe and len(target) <= LONGEST_TARGET and "." in target[8:] else ""


def paragraphs(text: str) -> str:
    """Text without any tag as HTML of paragraphs, so that plain writing works too; HTML stays as it is."""
    bare = text.replace("\r\n", "\n").strip()
    if not bare or re.search(r"</?[a-zA-Z]", bare):
        return bare
    blocks = [block.strip() for block in re.split(r"\n{2,}", bare) if block.strip()]
    return "\n".join(f"<p>{escape(block, quote=False).replace(chr(10), '<br>')}</p>" for block in blocks)
