"""Looking after a brand: drafts and publishing, logos and fonts, and what every page asks for."""

from __future__ import annotations

from app.brand.service.assets import add_font, add_logo, asset_bytes
from app.brand.service.blocks import block_html
from app.brand.service.drawing import contract_pdf, drawn, release_card, statement_sample
from app.brand.service.editing import at_hand, imagine, limits_of, own_fonts, said_in, say
from app.brand.service.live import (
    LiveTheme,
    forget_live,
    live_theme,
    look_of,
    preview_link_token,
    preview_theme,
    stylesheet,
)
from app.brand.service.scheduling import local_moment, schedule, unschedule
from app.brand.service.themes import (
    change_draft,
    check_draft,
    discard_draft,
    publish,
    roll_back,
    start_draft,
)
from app.brand.service.words import say_as, say_as_before, say_forms_as, words

__all__ = [
    "LiveTheme",
    "add_font",
    "add_logo",
    "asset_bytes",
    "at_hand",
    "block_html",
    "change_draft",
    "check_draft",
    "contract_pdf",
    "discard_draft",
    "drawn",
    "forget_live",
    "imagine",
    "limits_of",
    "live_theme",
    "local_moment",
    "look_of",
    "own_fonts",
    "preview_link_token",
    "preview_theme",
    "publish",
    "release_card",
    "roll_back",
    "said_in",
    "say",
    "say_as",
    "say_as_before",
    "say_forms_as",
    "schedule",
    "start_draft",
    "statement_sample",
    "stylesheet",
    "unschedule",
    "words",
]
