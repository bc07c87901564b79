"""What every page asks for: the theme that is live, its stylesheet, and a draft that somebody was sent a link to."""

from __future__ import annotations

import re
from collections import OrderedDict
from datetime import timedelta
from functools import cache as remembered
from threading import Lock
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.brand import queries
from app.brand.errors import ThemeUnknown
from app.brand.models import ThemeVersion
from app.brand.policies import version_to_read
from app.brand.rules.voice import VOICES
from app.kernel import cache, crypto, ids
from app.kernel.db import tenant_read
from app.kernel.tenant import Tenant
from app.kernel.web.languages import say
from app.kernel.web.own_words import OwnWords
from themes.engine import Inputs, Resolved, presets, resolve
from themes.engine.inputs import EVERY, SYSTEM, plain
from themes.engine.presets import USUAL

PREVIEW: Final = "theme-preview"
PREVIEW_LIFE = timedelta(days=1)
LIVE_SECONDS = 60
"""A page that was built while somebody published may keep the old look for so long, and no longer."""
CSS_SECONDS = 24 * 3600
MOST_SHEETS = 512
LOOK_SECONDS = 3600

_KEY = "brand.live"
_SHA = re.compile(r"[0-9a-f]{64}")


class LiveTheme(msgspec.Struct, frozen=True, kw_only=True):
    """What a page needs of a theme; `logos` are addresses, `fonts` keys of the engine's table or of own files."""

    sha: str
    number: int
    flat: dict[str, Any]
    logos: dict[str, str]
    fonts: list[str]
    layout: dict[str, Any]
    front: list[dict[str, Any]] = []
    """The sections of the shop's front page; none where nobody said anything about it."""

    scheme: str
    strings: dict[str, dict[str, str]]
    plurals: dict[str, dict[str, list[str]]]
    blocks: dict[str, str]
    voice: str
    legal_name: str
    email_name: str
    email_from: str
    powered_by: bool
    is_preview: bool = False

    def own_words(self, language: str) -> OwnWords:
        """What is said in place of our sentences: in this language, before that in all, before that by the voice."""
        voiced = {original: say(said, language) for original, said in VOICES.get(self.voice, {}).items()}
        sentences = voiced | self.strings.get(EVERY, {}) | self.strings.get(language, {})
        return OwnWords(sentences, self.plurals.get(language, {}))

    @property
    def stylesheet(self) -> str:
        """The address of the tokens; it changes with them and may be kept for ever."""
        return f"/theme/{self.sha}.css"


def live_theme(tenant: Tenant) -> LiveTheme:
    """The theme that everybody sees, or the plain one; from the cache, so that a page costs no query."""
    return cache.of(tenant).get_or_make(_KEY, LiveTheme, lambda: _read_live(tenant), seconds=LIVE_SECONDS)


def forget_live(session: Session, tenant: Tenant) -> None:
    """Let the next page see what this transaction changes, once it has been committed."""
    event.listen(session, "after_commit", lambda _: cache.of(tenant).delete(_KEY), once=True)


def preview_link_token(tenant: Tenant, version: ThemeVersion) -> str:
    """A token that shows this version on this label's hosts for a day."""
    return crypto.sign(PREVIEW, tenant, str(version.id), expires_in=PREVIEW_LIFE)


def preview_theme(tenant: Tenant, token: str) -> LiveTheme:
    """The theme that a preview token shows; `SignatureRefused` when it is another label's, or old."""
    version_id = ids.parse_uuid(str(crypto.verify(PREVIEW, tenant, token)))
    with tenant_read(tenant) as session:
        return _of_version(version_to_read(session, version_id), is_preview=True)


def look_of(tenant: Tenant, inputs: Inputs) -> LiveTheme:
    """How inputs look that nobody has kept; for an hour their stylesheet is where that of a theme would be."""
    resolved = resolve(inputs)
    cache.of(tenant).set(f"brand.css:{resolved.sha256}", resolved.css, seconds=LOOK_SECONDS)
    return _theme(inputs, sha=resolved.sha256, number=0, flat=resolved.flat, is_preview=True)


def stylesheet(tenant: Tenant, sha256: str) -> str:
    """The stylesheet that a theme of this label has under this name; `ThemeUnknown` for another label's."""
    if sha256 == usual().sha256:
        return usual().css
    if _SHA.fullmatch(sha256) is None:
        raise ThemeUnknown
    key = (tenant.id, sha256)
    with _lock:
        if (css := _sheets.get(key)) is not None:
            _sheets.move_to_end(key)
            return css
    css = cache.of(tenant).get_or_make(
        f"brand.css:{sha256}", str, lambda: _read_css(tenant, sha256), seconds=CSS_SECONDS
    )
    with _lock:
        _sheets[key] = css
        while len(_sheets) > MOST_SHEETS:
            _sheets.popitem(last=False)
    return css


_sheets: OrderedDict[tuple[str, str], str] = OrderedDict()
_lock = Lock()


@remembered
def usual() -> Resolved:
    """The plain look of a label that has published none."""
    return resolve(presets()[USUAL].inputs)


def _read_css(tenant: Tenant, sha256: str) -> str:
    with tenant_read(tenant) as session:
        css = session.scalar(queries.stylesheet_of(sha256))
    if css is None:
        raise ThemeUnknown
    return css


def _read_live(tenant: Tenant) -> LiveTheme:
    with tenant_read(tenant) as session:
        version = session.scalar(queries.live())
        return _of_version(version) if version else _usual_theme()


def _usual_theme() -> LiveTheme:
    return _theme(presets()[USUAL].inputs, sha=usual().sha256, number=0, flat=usual().flat)


def _of_version(version: ThemeVersion, *, is_preview: bool = False) -> LiveTheme:
    return _theme(version.said, sha=version.sha256, number=version.number, flat=version.flat, is_preview=is_preview)


def _theme(inputs: Inputs, *, sha: str, number: int, flat: dict[str, Any], is_preview: bool = False) -> LiveTheme:
    faces = {inputs.type.text, inputs.type.display, *inputs.type.scripts.values()} - {SYSTEM}
    said = plain(inputs)
    return LiveTheme(
        sha=sha,
        number=number,
        flat=flat,
        logos={kind: asset_url(asset) for kind in queries.LOGOS if (asset := said["logo"][kind])},
        fonts=sorted(faces),
        layout=said["layout"],
        front=said["front"]["sections"],
        scheme=inputs.color.scheme,
        strings=inputs.copy.strings,
        plurals=inputs.copy.plurals,
        blocks=said["blocks"],
        voice=inputs.copy.voice,
        legal_name=inputs.identity.legal_name,
        email_name=inputs.identity.email_name,
        email_from=inputs.identity.email_from,
        powered_by=inputs.identity.powered_by,
        is_preview=is_preview,
    )


def asset_url(asset_id: UUID | str) -> str:
    """The address of a logo; what stands there never changes."""
    return f"/theme/logos/{asset_id}"
