"""A label's mail: its own colours and faces, written out as plain values, since mail clients know no variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from css_inline import CSSInliner

_INLINER = CSSInliner(keep_style_tags=False, load_remote_stylesheets=False)

_PAGE = """<!doctype html>
<html lang="{language}" dir="{direction}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light">
<title>{subject}</title><style>{css}</style></head>
<body class="page"><table role="presentation" class="frame" width="100%" cellpadding="0" cellspacing="0"><tr><td>
<div class="sheet"><p class="house">{house}</p><h1 class="head">{subject}</h1>{paragraphs}{button}</div>
<p class="foot">{foot}</p></td></tr></table></body></html>"""


@dataclass(frozen=True, slots=True)
class Button:
    """Where a mail leads: an address of the label's own and what stands on it."""

    address: str
    text: str


def mail_html(
    flat: Mapping[str, Any],
    subject: str,
    paragraphs: Sequence[str],
    button: Button | None = None,
    *,
    house: str,
    foot: str = "",
    language: str = "en",
    direction: Literal["ltr", "rtl"] = "ltr",
) -> str:
    """A whole mail in HTML; every text given is text and comes out as such."""
    shown = "".join(f'<p class="text">{escape(paragraph)}</p>' for paragraph in paragraphs)
    link = f'<p><a class="go" href="{escape(button.address)}">{escape(button.text)}</a></p>' if button else ""
    page = _PAGE.format(
        language=escape(language),
        direction=direction,
        subject=escape(subject),
        css=_css(flat),
        house=escape(house),
        paragraphs=shown,
        button=link,
        foot=escape(foot or house),
    )
    return _INLINER.inline(page)


def _css(flat: Mapping[str, Any]) -> str:
    color, font, radius = flat["light"], flat["font"], f"{flat['px']['radius']:g}px"
    text, display = font["text_stack"].replace('"', "'"), font["display_stack"].replace('"', "'")
    return (
        f".page{{margin:0;padding:24px 12px;background:{color['bg']};color:{color['text']};"
        f"font:16px/1.55 {text}}}"
        f".sheet{{max-width:560px;margin:0 auto;padding:32px;background:{color['surface']};"
        f"border:1px solid {color['line']};border-radius:{radius}}}"
        f".house{{margin:0 0 20px;color:{color['accent-text']};font:{font['display_weight']} 20px/1.2 {display}}}"
        f".head{{margin:0 0 16px;color:{color['text']};font:{font['display_weight']} 28px/1.2 {display}}}"
        f".text{{margin:0 0 14px;color:{color['text']}}}"
        f".go{{display:inline-block;padding:12px 20px;border-radius:{radius};background:{color['accent']};"
        f"border:1px solid {color['accent-edge']};color:{color['on-accent']};font-weight:600;text-decoration:none}}"
        f".foot{{max-width:560px;margin:16px auto 0;color:{color['text-subtle']};font-size:13px}}"
    )
