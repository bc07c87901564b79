"""The label's own texts as pages may show them, whatever is stored."""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape

import nh3
from markupsafe import Markup

TAGS = {
    "p", "br", "b", "strong", "i", "em", "u", "s", "a", "ul", "ol", "li", "h2", "h3", "h4", "blockquote", "code", "pre",
    "table", "thead", "tbody", "tr", "th", "td", "hr", "figure", "figcaption", "bdi",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "*": {"lang", "dir"}, "th": {"scope"}}

_TAG = re.compile(r"<[^>]+>")
_BLOCK = re.compile(r"</(?:p|li|h[2-4]|blockquote|td)>|<br ?/?>")


@lru_cache(maxsize=2_048)
def shown(html: str) -> Markup:
    """Rich text with nothing in it that runs, loads or leads anywhere but by a link."""
    cleaned = nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"https", "mailto"}, link_rel="noopener nofollow"
    )
    return Markup(cleaned)  # noqa: S704 cleaned a moment ago


def plain(html: str) -> str:
    """Rich text as its words alone."""
    return unescape(_TAG.sub("", _BLOCK.sub(" ", shown(html)))).strip()
