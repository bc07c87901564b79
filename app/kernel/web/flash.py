"""A word about what was just done, with the way back: it travels through the redirect in a signed cookie."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar.datastructures import Cookie
from litestar.response import Redirect

from app.kernel import crypto
from app.kernel.crypto import SignatureRefused
from app.kernel.tenant import Tenant
from app.kernel.web.realm import Realm

LIFE = timedelta(seconds=20)


def done(path: str, tenant: Tenant | None, sentence: str, *, undo: str | None = None) -> Redirect:
    """Lead on to `path`, whose page says `sentence` (a msgid) and offers to POST to `undo`."""
    token = crypto.sign("flash", tenant, [sentence, undo], expires_in=LIFE)
    # Scripts may take it away once it was shown; there is no secret in it, and nobody else can write one.
    cookie = Cookie(key="flash", value=token, path="/", max_age=int(LIFE.total_seconds()), samesite="strict")
    return Redirect(path, status_code=303, cookies=[cookie])


def shown(realm: Realm) -> dict[str, Any] | None:
    """What the browser brought along; None for a word that is too old or not ours."""
    token = realm.facts.get("cookies", {}).get("flash")
    if not token:
        return None
    try:
        sentence, undo = crypto.verify("flash", realm.tenant, token)
    except SignatureRefused:
        return None
    return {"sentence": sentence, "undo": undo}
