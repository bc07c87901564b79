"""Around every page of the brand's settings: who looks, and what the portal's frame wants to know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.brand import policies, queries, service
from app.brand.models import ThemeVersion
from app.brand.rules.checks import Finding
from app.brand.rules.settings import CHOICES, FIELDS, NUMBERS, SENTENCES
from app.identity.pages import Visitor, frame, visitor_of
from app.kernel import ids
from app.kernel.db import tenant_read
from app.kernel.errors import Invalid, Refusal
from app.kernel.web.headers import content_policy
from app.kernel.web.own_words import offer
from app.kernel.web.pages import page, told, told_refusal
from app.kernel.web.realm import Realm, realm_of, tenant_of
from app.kernel.web.refusals import status_of
from tenants import billing
from themes.engine import FONTS, presets
from themes.engine.inputs import plain

HERE = "/portal/settings/brand"

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
    realm = realm_of(request)
    names = {key: told(realm, text) for key, text in SENTENCES.items()}
    answer = page(f"brand/{template}", realm, status=status, names=names, **frame(visitor, request, HERE), **values)
    answer.headers["content-security-policy"] = content_policy(realm.nonce, frames="'self'").decode()
    return answer


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
    return logos, service.own_fonts(session)


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
