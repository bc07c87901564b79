"""The visitor themselves: name, language, look, and the ways to everything else."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import URLEncodedBody

from app.artist.pages.frame import app_page, around
from app.artist.rules.tasks import APP
from app.identity.errors import ChoiceUnusable, NameMissing
from app.identity.pages import AnyRequest, seen, visitor_of
from app.identity.pages.door import again
from app.identity.service import security
from app.kernel.db import tenant_work
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.languages import own_names
from app.kernel.web.realm import tenant_of

ME = f"{APP}/me"


class MeForm(msgspec.Struct, forbid_unknown_fields=True):
    """How somebody is called and which language they read."""

    name: str
    language: str


@get(ME, sync_to_thread=True)
def me_page(request: AnyRequest) -> Response[str]:
    """Show who the visitor is here, and where to go from here."""
    visitor = visitor_of(request)
    shown: dict[str, Any] = {"languages": own_names(), "may_change": visitor.acting is None}
    return app_page(request, "artist/me.html", visitor, problem=None, **shown)


@post(ME, sync_to_thread=True, opt={"in_person": True})
def change(request: AnyRequest, data: URLEncodedBody[MeForm]) -> Response[Any]:
    """Keep name and language."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            security.introduce(session, visitor, name=data.name, language=data.language)
    except (NameMissing, ChoiceUnusable) as refusal:
        shown: dict[str, Any] = {"languages": own_names(), "may_change": True}
        return seen(again(request, "artist/me.html", refusal, **around(request), **shown), tenant, visitor)
    return flash.done(ME, tenant, sentence("Saved."))


handlers = [me_page, change]
