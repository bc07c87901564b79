"""Reading pages as a browser would: their links, their forms, and whatever of a canary came alive in them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

LIVES = "zqcanary"
CANARY = f"'\"></script><script>{LIVES}()</script><img src=x onerror={LIVES}()>" + "zq{{7*7}}${7*7}qz{% raw %}"
EVALUATED = ("zq49", "49qz", "$49")
HARMLESS = ("application/json", "application/problem+json", "text/csv", "text/plain", "application/manifest+json")
_BAIT = re.compile(f"{LIVES}|javascript:|data:text", re.IGNORECASE)
_TEXT = ("text", "search", "tel", "url")
MOST_KNOWN = 2_000
"""More pages than one crawl comes to."""


_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|l_\w+|v1\.[^/]+|^\d+$")


@dataclass
class Form:
    """A form as it stands in a page, each field with its kind and what it holds."""

    method: str
    action: str
    fields: list[tuple[str, str, str]] = field(default_factory=list)

    def names(self, *kinds: str) -> list[str]:
        return [name for name, kind, _ in self.fields if kind in kinds]

    @property
    def shape(self) -> tuple[Any, ...]:
        """What makes it another form: its place, its fields and its hidden values, without ids and counts."""
        hidden = (_IDS.sub("*", value or "") for _, kind, value in self.fields if kind == "hidden")
        named = dict.fromkeys(self.names(*_TEXT, "email", "file"))
        return _IDS.sub("*", self.action), tuple(named), tuple(dict.fromkeys(hidden))


@dataclass(frozen=True)
class Page:
    """Where a page leads, its forms, and what of a canary came alive in it."""

    links: list[str]
    forms: list[Form]
    alive: list[str]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.alive: list[str] = []
        self._open: Form | None = None
        self._select: tuple[str, str | None] | None = None
        self._script = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        self.alive += [f"<{tag} {name}={value!r}>" for name, value in found.items() if _acts(name, value)]
        self._script = tag == "script" and found.get("type", "") != "application/json"
        if href := found.get("href", found.get("src", "")) if tag in ("a", "link", "img") else "":
            self.links.append(href)
        if tag == "form":
            self._open = Form(found.get("method", "get").lower(), found.get("action", ""))
            self.forms.append(self._open)
        elif self._open is not None:
            self._field(self._open, tag, found)

    def _field(self, form: Form, tag: str, found: dict[str, str]) -> None:
        name, kind = found.get("name", ""), found.get("type", "text")
        if tag == "select":
            self._select = (name, None)
        elif tag == "option" and self._select and (self._select[1] is None or "selected" in found):
            self._select = (self._select[0], found.get("value"))
            form.fields = [each for each in form.fields if each[:2] != (name or self._select[0], "select")]
            form.fields.append((self._select[0], "select", found.get("value", "")))
        elif tag == "textarea" and name:
            form.fields.append((name, "text", ""))
        elif tag == "input" and name and (kind not in ("checkbox", "radio") or "checked" in found):
            form.fields.append((name, "text" if kind in _TEXT else kind, found.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._script and LIVES in data:
            self.alive.append(f"<script>{data[:80]}")
        if self._select and self._open and data.strip() and not self._open.fields[-1][2]:
            name, kind, _ = self._open.fields[-1]
            if kind == "select" and self._select[1] is None:
                self._open.fields[-1] = (name, kind, data.strip())

    def handle_endtag(self, tag: str) -> None:
        self._script = self._script and tag != "script"
        if tag == "form":
            self._open = None
        if tag in ("select", "form"):
            self._select = None


def _acts(name: str, value: str) -> bool:
    """Tell whether an attribute would run what the canary holds, or is a piece of a canary that broke out."""
    runs = name.startswith("on") and LIVES in value
    leads = name in ("href", "src", "action", "formaction") and re.match(
        r"\s*(javascript|data:text)", value, re.IGNORECASE
    )
    return bool(runs or leads or LIVES in name or (name == "style" and LIVES in value))


def read(html: str, here: str = "/") -> Page:
    """What stands in a page at this place; what a crawl has read is remembered, and nobody changes it."""
    digest = sha256(html.encode()).digest()
    if digest not in _known:
        if len(_known) == MOST_KNOWN:
            _known.clear()
        reader = _known[digest] = _Reader()
        reader.feed(html)
        reader.close()
    found = _known[digest]
    return Page(found.links, [replace(form, action=form.action or here) for form in found.forms], found.alive)


_known: dict[bytes, _Reader] = {}


def came_alive(content: str, media_type: str) -> list[str]:
    """Where a canary in an answer is more than text: as markup, as a script, or worked out by a template."""
    found = [f"evaluated: {mark}" for mark in EVALUATED if mark in content]
    kind = media_type.partition(";")[0]
    if kind in ("text/html", "image/svg+xml", "application/xhtml+xml", ""):
        found += read(content).alive if _BAIT.search(content) else []  # reading takes ten times as long as searching
    elif kind in ("text/css", "text/javascript", "application/javascript"):
        found += [f"stands in {kind}"] if LIVES in content else []
    elif kind not in HARMLESS and LIVES in content and not kind.startswith(("image/", "font/", "application/pdf")):
        found.append(f"stands in {kind}, which nobody looked at")
    if kind.endswith("json") and content:
        json.loads(content)
    return found


def asked(links: list[str]) -> set[tuple[str, str]]:
    """The places and the names of the questions that links ask."""
    parts = [urlsplit(link) for link in links]
    return {(part.path, name) for part in parts for name, _ in parse_qsl(part.query, keep_blank_values=True)}
