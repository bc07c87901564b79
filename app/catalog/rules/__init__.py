"""What must hold of releases and tracks, as pure functions over whole sheets."""

from __future__ import annotations

from app.catalog.rules import artists, codes, letters, manifest, media, releases, titles
from app.catalog.rules.registry import RULES, Rule
from app.catalog.rules.validation import apply_fixes, validate, validate_parties

THEMES = (codes, letters, titles, artists, releases, media, manifest)
"""Where rules are entered, in the order in which they are told."""

__all__ = ["RULES", "THEMES", "Rule", "apply_fixes", "validate", "validate_parties"]
