"""Around every page of the brand's settings: who looks, and what the portal's frame wants to know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.brand import policies, queries
from app.brand.models import ThemeVersion
from app.brand.rules.checks import Finding
from app.identity.pages import Visitor, frame, visitor_of
from app.kernel import ids
from app.kernel.db import tenant_read
from app.kernel.errors import Invalid, Refusal
from app.kernel.web.own_words import offer
from app.kernel.web.pages import page, told, told_refusal
from app.kernel.web.realm import Realm, realm_of, tenant_of
from app.kernel.web.refusals import status_of
from tenants import billing
from themes.engine import FONTS, presets
from themes.engine.inputs import plain

HERE = "/portal/settings/brand"

CHOICES = {
    "color.mood": ("neutral", "tinted", "paper", "ink"),
    "color.scheme": ("auto", "light", "dark"),
    "color.contrast": ("AA", "AAA"),
    "color.label_on_brand": ("auto", "light", "dark"),
    "type.display_case": ("none", "uppercase"),
    "shape.control": ("square", "rounded", "pill"),
    "shape.avatar": ("circle", "rounded", "square"),
    "shape.shadow": ("none", "soft", "deep"),
    "motion.level": ("none", "calm", "lively"),
    "logo.favicon": ("mark", "initial"),
    "layout.hero": ("editorial", "immersive", "split"),
    "layout.header": ("left", "centred"),
    "copy.voice": ("plain", "warm", "bold"),
}

FIELDS = {
    "colours": ("color.brand", "color.accent", "color.mood", "color.scheme", "color.contrast", "color.label_on_brand"),
    "type": (
        "type.text", "type.display", "type.scale", "type.display_case", "type.display_tracking", "type.display_weight",
        "type.display_width",
    ),
    "shape": (
        "shape.radius", "shape.control", "shape.cover_radius", "shape.avatar", "shape.border", "shape.shadow",
        "density.portal", "density.store", "motion.level",
    ),
    "layout": ("layout.hero", "layout.header", "logo.clearspace", "logo.favicon"),
    "words": ("copy.voice", "identity.legal_name", "identity.email_name", "identity.email_from"),
}  # fmt: skip
NUMBERS = {
    "type.scale": (1.05, 1.4, 0.01),
    "type.display_tracking": (-0.06, 0.06, 0.001),
    "type.display_weight": (100, 900, 10),
    "type.display_width": (62, 125, 1),
    "shape.radius": (0, 24, 0.5),
    "shape.cover_radius": (0, 32, 0.5),
    "shape.border": (1, 2, 0.5),
    "density.portal": (0.85, 1.3, 0.01),
    "density.store": (0.85, 1.3, 0.01),
    "logo.clearspace": (0, 1, 0.05),
}
"""Least, most and step of the fields that hold numbers."""

SENTENCES = {
    "colours": "Colours",
    "type": "Typography",
    "shape": "Shape, density and motion",
    "layout": "Layout and icons",
    "words": "Words",
    "color.brand": "Brand colour",
    "color.accent": "Second colour, for links and charts",
    "color.mood": "Mood",
    "color.scheme": "Light or dark",
    "color.contrast": "Contrast",
    "color.label_on_brand": "Writing on the brand colour",
    "type.text": "Text face",
    "type.display": "Display face",
    "type.scale": "Growth of headings",
    "type.display_case": "Headings",
    "type.display_tracking": "Letter spacing of headings, in em",
    "type.display_weight": "Weight of headings",
    "type.display_width": "Width of headings, in percent",
    "type.Arab": "Face for Arabic",
    "shape.radius": "Corners, in pixels",
    "shape.control": "Buttons",
    "shape.cover_radius": "Corners of covers, in pixels",
    "shape.avatar": "Portraits",
    "shape.border": "Lines, in pixels",
    "shape.shadow": "Shadows",
    "density.portal": "Density of the portal",
    "density.store": "Density of the store",
    "motion.level": "Motion",
    "logo.wordmark": "Logo",
    "logo.mark": "Mark",
    "logo.on_dark": "Logo on dark pages",
    "logo.mono": "Logo in one colour",
    "logo.clearspace": "Clear space around the logo",
    "logo.favicon": "Icon",
    "layout.hero": "Opening of a page",
    "layout.header": "Header",
    "copy.voice": "Voice",
    "identity.legal_name": "Legal name",
    "identity.email_name": "Sender's name in mails",
    "identity.email_from": "Address in mails, at one of your domains",
    "blocks": "Blocks of your own",
    "blocks.announcement": "Above everything on your front page",
    "blocks.landing": "On your front page, below its opening",
    "blocks.footer": "At the end of your front page",
    "blocks.sign_in": "Beside the sign-in",
    "choice.neutral": "Neutral",
    "choice.tinted": "Tinted",
    "choice.paper": "Paper",
    "choice.ink": "Ink",
    "choice.auto": "As the reader's device prefers",
    "choice.light": "Light",
    "choice.dark": "Dark",
    "choice.AA": "AA, the usual",
    "choice.AAA": "AAA, the strongest",
    "choice.none": "None",
    "choice.uppercase": "Capitals",
    "choice.square": "Square",
    "choice.rounded": "Rounded",
    "choice.pill": "Pill",
    "choice.circle": "Circle",
    "choice.soft": "Soft",
    "choice.deep": "Deep",
    "choice.calm": "Calm",
    "choice.lively": "Lively",
    "choice.mark": "The mark",
    "choice.initial": "The first letter",
    "choice.editorial": "Editorial",
    "choice.immersive": "Immersive",
    "choice.split": "Split",
    "choice.left": "Left",
    "choice.centred": "Centred",
    "choice.plain": "Plain",
    "choice.warm": "Warm",
    "choice.bold": "Bold",
    "state.draft": "Draft",
    "state.scheduled": "Scheduled",
    "state.live": "Live",
    "state.retired": "Earlier",
}
SLOTS = ("announcement", "landing", "footer", "sign_in")

offer(*SENTENCES.values())


def viewer(request: Request[Any, Any, Any]) -> Visitor:
    """The member who looks at the brand."""
    visitor = visitor_of(request)
    policies.check_may_view(visitor)
    return visitor


def editor(request: Request[Any, Any, Any]) -> Visitor:
    """The member who changes the brand."""
    visitor = visitor_of(request)
    policies.check_may_edit(visitor)
    return visitor


def shown(
    request: Request[Any, Any, Any], visitor: Any, template: str, status: int = 200, **values: Any
) -> Response[str]:
    """A page of the brand's settings in the portal's frame."""
    names = {key: told(realm_of(request), text) for key, text in SENTENCES.items()}
    return page(
        f"brand/{template}", realm_of(request), status=status, names=names, **frame(visitor, request, HERE), **values
    )


def to_draft(version_id: object, *, part: str = "") -> Redirect:
    """Lead to a draft."""
    return Redirect(f"{HERE}/drafts/{version_id}{part}", status_code=303)


def to_overview() -> Redirect:
    """Lead to the overview."""
    return Redirect(HERE, status_code=303)


def draft_page(
    request: Request[Any, Any, Any],
    visitor: Any,
    version_id: str,
    *,
    refusal: Refusal | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response[str]:
    """The editor of a draft, with what was wrong with the last change and what was `typed` beside it."""
    tenant, realm = tenant_of(request), realm_of(request)
    with tenant_read(tenant) as session:
        version = policies.version_to_read(session, ids.parse_uuid(version_id))
        logos, fonts = _files(session)
    fields = refusal.fields if isinstance(refusal, Invalid) else {}
    return shown(
        request,
        visitor,
        "draft.html",
        status=status_of(refusal) if refusal else 200,
        version=version,
        said=plain(version.said),
        choices=CHOICES,
        groups=FIELDS,
        numbers=NUMBERS,
        slots=SLOTS if billing.has(tenant, "liquid_blocks") else (),
        plan_with_blocks=billing.smallest_with("liquid_blocks").name,
        typed=typed or {},
        zone=tenant.time_zone,
        fonts=[(font.key, font.family) for font in FONTS.values()] + fonts,
        logos=logos,
        problem=told_refusal(realm, refusal) if refusal else None,
        problems={name: told(realm, sentence) for name, sentence in fields.items()},
        swatches=swatches(version),
        logo_kinds=queries.LOGOS,
    )


def _files(session: Session) -> tuple[list[tuple[str, str, str]], list[tuple[str, str]]]:
    """The label's logos and fonts, as choices."""
    logos = [
        (str(row.id), row.kind, f"/theme/logos/{row.id}") for row in session.scalars(queries.assets(queries.LOGOS))
    ]
    fonts = [(f"own:{row.id}", str(row.facts["family"])) for row in session.scalars(queries.assets(["font"]))]
    return logos, fonts


def swatches(version: ThemeVersion) -> list[tuple[str, str, str]]:
    """The colours a person looks for first: name, light, dark."""
    names = ("bg", "surface", "text", "text-muted", "accent", "on-accent", "accent-text", "accent-soft", "focus")
    return [(name, version.flat["light"][name], version.flat["dark"][name]) for name in names]


def said_findings(found: list[Finding], realm: Realm) -> list[tuple[bool, str]]:
    """What the checks found, as the reader is told it."""
    return [(finding.blocks, told(realm, finding.sentence, **finding.values)) for finding in found]


def preset_choices() -> list[tuple[str, str, str]]:
    """The presets by key, name and brand colour."""
    return [(preset.key, preset.name, preset.inputs.color.brand) for preset in presets().values()]
