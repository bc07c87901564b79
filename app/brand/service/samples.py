"""A statement as a look prints it, with numbers that are nobody's."""

from __future__ import annotations

from collections.abc import Callable

from app.brand.models import ThemeVersion
from app.brand.service.drawing import statement_sample
from app.brand.service.live import preview_link_token, preview_theme
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web.own_words import offer

SENTENCES = {
    "title": sentence("Royalty statement"),
    "period": sentence("Third quarter of 2026"),
    "payee": sentence("A sample, with numbers that are nobody's"),
    "payable_label": sentence("Payable to you"),
    "track": sentence("Track"),
    "streams": sentence("Streams"),
    "gross": sentence("Gross"),
    "share": sentence("Your 70%"),
}
COLUMNS = ("track", "streams", "gross", "share")
AMOUNT = "40,299.15"

offer(*SENTENCES.values())


def sample(tenant: Tenant, version: ThemeVersion, say: Callable[[str], str], *, language: str) -> bytes:
    """A sample statement in a version's look as PDF; `say` translates for whoever reads it."""
    said = {name: say(text) for name, text in SENTENCES.items()}
    words = said | {"payable": AMOUNT, "columns": [said[name] for name in COLUMNS]}
    theme = preview_theme(tenant, preview_link_token(tenant, version))
    return statement_sample(tenant, theme, words, language=language)
