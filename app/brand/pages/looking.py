"""Which look a request is answered in: the live one, or a draft that a member of the team opened."""

from __future__ import annotations

from contextlib import suppress

from app.brand.service import LiveTheme, live_theme, preview_theme
from app.identity.pages import cookie_name
from app.kernel.errors import Refusal
from app.kernel.tenant import Tenant
from app.kernel.web.realm import Realm

PREVIEW_COOKIE = "theme-preview"


def theme_of(realm: Realm, tenant: Tenant) -> LiveTheme:
    """The theme of this request, asked for once."""
    theme: LiveTheme = realm.facts.get("theme") or _previewed(realm) or live_theme(tenant)
    realm.facts["theme"] = theme
    return theme


def _previewed(realm: Realm) -> LiveTheme | None:
    token = realm.facts.get("cookies", {}).get(cookie_name(PREVIEW_COOKIE))
    if not token or realm.tenant is None or realm.facts.get("visitor") is None:
        return None
    with suppress(Refusal):  # it is over, or the draft is gone
        return preview_theme(realm.tenant, token)
    return None
