"""What is written down about a brand."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.brand.models import BrandAsset, ThemeVersion
from app.kernel import activity
from app.kernel.actor import Actor

SENTENCES = {
    "theme.drafted": "A draft of the brand was started",
    "theme.changed": "A draft of the brand was changed",
    "theme.discarded": "A draft of the brand was thrown away",
    "theme.published": "The brand was published",
    "theme.scheduled": "A draft of the brand waits for its time",
    "theme.unscheduled": "A draft of the brand waits for its time no longer",
    "theme.not_published": "The brand was not published at its time: the checks say what is missing",
    "theme.rolled_back": "The brand went back to an earlier version",
    "brand.logo_added": "A logo was added",
    "brand.font_added": "A font was added",
}

NEWS = frozenset({"theme.published", "theme.not_published", "theme.rolled_back"})
"""What whoever looks after the brand finds in their inbox."""


def about_theme(
    session: Session,
    actor: Actor,
    action: str,
    version: ThemeVersion,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write down what was done to a version."""
    after = {"number": version.number, "sha256": version.sha256} | (after or {})
    activity.record(session, actor, action, subject_type="theme", subject_id=version.id, before=before, after=after)


def about_asset(session: Session, actor: Actor, action: str, asset: BrandAsset) -> None:
    """Write down that a logo or a font came in."""
    after = {"kind": asset.kind, **asset.facts}
    activity.record(session, actor, action, subject_type="brand_asset", subject_id=asset.id, after=after)
