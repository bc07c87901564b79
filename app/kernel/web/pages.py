"""HTML from templates: escaped, in the reader's language, with the response's nonce."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Response

from app.kernel.web.languages import direction, say
from app.kernel.web.realm import Realm

THEME = Path(__file__).parents[3] / "themes" / "base"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(THEME / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def assets() -> dict[str, tuple[str, bytes]]:
    """Every static file by name, with the hash of its content that is part of its address."""
    files = sorted(path for path in (THEME / "static").rglob("*") if path.is_file())
    return {
        path.relative_to(THEME / "static").as_posix(): (hashlib.sha256(content).hexdigest()[:16], content)
        for path in files
        if (content := path.read_bytes()) is not None
    }


def asset_url(name: str) -> str:
    """The address of a static file; it changes with the content and may be kept for ever."""
    return f"/assets/{assets()[name][0]}/{name}"


def render(template: str, realm: Realm, **values: Any) -> str:
    """A template's HTML for this request."""
    language = realm.language

    def translate(msgid: str, **places: object) -> str:
        return say(msgid, language, **places)

    def moment(when: Any) -> str:
        zone = realm.tenant.time_zone if realm.tenant else "UTC"
        from zoneinfo import ZoneInfo

        return format_datetime(when, "medium", tzinfo=ZoneInfo(zone), locale=language.replace("-", "_"))

    return (
        _environment()
        .get_template(template)
        .render(
            _=translate,
            moment=moment,
            asset=asset_url,
            realm=realm,
            nonce=realm.nonce,
            language=language,
            direction=direction(language),
            house=realm.tenant.name if realm.tenant else realm.facts.get("operator_name", ""),
            **values,
        )
    )


def page(template: str, realm: Realm, *, status: int = 200, **values: Any) -> Response[str]:
    """A template as a response."""
    return Response(render(template, realm, **values), media_type=MediaType.HTML, status_code=status)
