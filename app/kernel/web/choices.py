"""What a browser keeps for the look of pages, read from its cookies."""

from __future__ import annotations

from typing import Any

SCHEMES = ("light", "dark")
PERSONAL = ("theme-preview", "flash")
"""Cookies, by the ends of their names, with which a page is not what everybody sees."""
CHOSEN = ("market", "country")
"""Cookies that say what a visitor of a shop chose."""


def kept_of(cookies: str) -> dict[str, Any]:
    """What a browser keeps for the look of pages: its cookies, and among them the scheme that its person chose."""
    kept = dict(part.strip().partition("=")[::2] for part in cookies.split(";"))
    scheme = kept.get("scheme", "")
    return {"cookies": kept, "scheme": scheme if scheme in SCHEMES else ""}


def choice_of(cookies: str) -> tuple[str, ...] | None:
    """What of a browser's cookies pages that everybody sees depend on; None where a page would be its person's own."""
    kept = kept_of(cookies)
    names: dict[str, str] = kept["cookies"]
    if any(name.endswith(PERSONAL) for name in names):
        return None
    return (kept["scheme"], *(names.get(name, "")[:20] for name in CHOSEN))
