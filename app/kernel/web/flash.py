"""A word about what was just done, with the way back: it travels through the redirect in a signed cookie, once."""

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
    return Redirect(path, status_code=303, cookies=[_cookie(token, seconds=int(LIFE.total_seconds()))])


def take(realm: Realm) -> dict[str, Any] | None:
    """What the browser brought along, for a template that shows it; None for a word that is too old or not ours.

    Whoever takes it has shown it: the answer makes the browser forget it, so that no second page says it again.
    """
    token = realm.facts.get("cookies", {}).get("flash")
    if not token:
        return None
    realm.facts["flash_taken"] = True
    try:
        sentence, undo = crypto.verify("flash", realm.tenant, token)
    except SignatureRefused:
        return None
    return {"sentence": sentence, "undo": undo}


def spent(realm: Realm) -> list[Cookie]:
    """The cookies of an answer whose page has shown the word: one that is over at once."""
    return [_cookie("", seconds=0)] if realm.facts.get("flash_taken") else []


def _cookie(token: str, *, seconds: int) -> Cookie:
    return Cookie(key="flash", value=token, path="/", max_age=seconds, httponly=True, samesite="strict")
