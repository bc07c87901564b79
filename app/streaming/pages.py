"""Where players begin: playlists behind a grant, the same for whoever holds it."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.response import Redirect

from app.kernel.db import tenant_read
from app.kernel.web.realm import tenant_of
from app.streaming import service
from app.streaming.errors import NothingToHear
from app.streaming.rules.playlists import MEDIA_TYPE

ENDING: Final = ".m3u8"
_HEADERS: Final = {"cache-control": "private, no-store"}


@get("/stream/{grant:str}/{playlist:str}", sync_to_thread=True, opt={"link": True})
def playlist(request: Request[Any, Any, Any], grant: FromPath[str], playlist: FromPath[str]) -> Response[str]:
    """Send the list of renditions, or the segments of one."""
    tenant = tenant_of(request)
    held = service.opened(tenant, grant)
    name = playlist.removesuffix(ENDING)
    if name == playlist:
        raise NothingToHear
    with tenant_read(tenant) as session:
        if name == "master":
            text = service.master_playlist(session, tenant, held)
        else:
            text = service.media_playlist(session, tenant, held, name)
    return Response(text, media_type=MEDIA_TYPE, headers=_HEADERS)


@get("/stream/{grant:str}", sync_to_thread=True, opt={"link": True})
def listen(request: Request[Any, Any, Any], grant: FromPath[str]) -> Redirect:
    """Lead a player that takes no playlists to one file."""
    tenant = tenant_of(request)
    held = service.opened(tenant, grant)
    with tenant_read(tenant) as session:
        address = service.plain_url(session, tenant, held)
    return Redirect(address, status_code=303, headers=_HEADERS)


handlers = [playlist, listen]
