"""How an artist is shown: picture, biographies in many languages, links."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, URLEncodedBody
from litestar.response import Redirect

from app.identity.pages import visitor_of
from app.identity.pages.door import again, several
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.roster.errors import PictureTooLarge
from app.roster.models import Artist
from app.roster.pages.artist import ARTIST, language_names
from app.roster.pages.dashboard import ROSTER
from app.roster.policies import artist_seen_to_present, artist_to_present
from app.roster.schemas import PageForm
from app.roster.service import artists, pictures
from app.roster.service.forms import wanted_page

PAGE, IMAGE = f"{ARTIST}/page", f"{ARTIST}/image"
OFFERED = ("en", "de", "fr", "es", "pt-BR", "it", "nl", "pl", "sv", "da", "nb", "fi", "ja", "ko", "zh-Hans", "ar", "tr")
"""Languages that are proposed; any other can be typed."""


@get(PAGE, sync_to_thread=True)
def page_editor(request: Request[Any, Any, Any], artist_id: FromPath[str]) -> Response[str]:
    """Show the form in which an artist's page is changed."""
    return page("roster/page_edit.html", realm_of(request), problem=None, **_shown(request, artist_id))


def _shown(request: Request[Any, Any, Any], artist_id: str, typed: PageForm | None = None) -> dict[str, Any]:
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        artist = artist_seen_to_present(session, visitor, parse_uuid(artist_id))
        image = pictures.copies_of(session, tenant, artist)
    texts = _texts(tenant, artist, typed)
    names = language_names(realm_of(request).language, dict.fromkeys([*(language for language, _ in texts), *OFFERED]))
    return {
        "here": ROSTER, "artist": artist, "image": image, "texts": texts, "language_names": names, "offered": OFFERED,
        "links": "\n".join(artist.links) if typed is None else typed.links,
        "behind": None, "problems": {},
    }  # fmt: skip


def _texts(tenant: Tenant, artist: Artist, typed: PageForm | None) -> list[tuple[str, str]]:
    """What stands in the form: what was typed, else what there is, and a place for each of the label's languages."""
    if typed is not None:
        said = list(zip(several(typed.language), several(typed.text), strict=False))
    else:
        said = list(artist.biographies.items())
    there = {language for language, _ in said}
    return [*said, *((language, "") for language in tenant.languages if language not in there), ("", "")]


@post(PAGE, sync_to_thread=True)
def change_page(
    request: Request[Any, Any, Any], artist_id: FromPath[str], data: URLEncodedBody[PageForm]
) -> Response[Any]:
    """Change how an artist is shown, who is still as their editor saw them."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            artist = artist_to_present(session, visitor, parse_uuid(artist_id))
            if data.match != str(artist.version):
                return _behind(request, artist_id, data)
            wanted = wanted_page(several(data.language), several(data.text), data.links)
            artists.change_artist(session, visitor, artist, wanted)
    except Invalid as refusal:
        shown = _shown(request, artist_id, data) | {"problems": refusal.fields}
        return again(request, "roster/page_edit.html", refusal, **shown)
    return flash.done(f"{ROSTER}/{artist_id}", tenant, sentence("The page was changed."))


def _behind(request: Request[Any, Any, Any], artist_id: str, typed: PageForm) -> Response[str]:
    """What was typed, and what stands there now; saving again keeps what was typed."""
    now = _shown(request, artist_id)
    shown = _shown(request, artist_id, typed) | {"behind": now}
    return page("roster/page_edit.html", realm_of(request), status=412, problem=None, **shown)


@post(IMAGE, sync_to_thread=True)
def change_image(
    request: Request[Any, Any, Any],
    artist_id: FromPath[str],
    data: Annotated[dict[str, UploadFile], BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Show an artist by another picture."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        artist_seen_to_present(session, visitor, parse_uuid(artist_id))
    try:
        upload = data.get("file")
        raw = upload.file.read(pictures.LARGEST + 1) if isinstance(upload, UploadFile) else b""
        if len(raw) > pictures.LARGEST:
            raise PictureTooLarge(megabytes=pictures.LARGEST >> 20)
        copies = pictures.checked(raw)
    except Invalid as refusal:
        return again(request, "roster/page_edit.html", refusal, **_shown(request, artist_id))
    name, kind = (upload.filename, upload.content_type) if upload else ("", "")
    image = pictures.keep(visitor.actor, raw, name=name, media_type=kind)
    with tenant_work(tenant) as session:
        artist = artist_to_present(session, visitor, parse_uuid(artist_id))
        pictures.show(session, tenant, visitor, artist, image, copies)
    return flash.done(f"{ROSTER}/{artist_id}/page", tenant, sentence("The picture is shown from now on."))


@post(f"{IMAGE}/removal", sync_to_thread=True)
def remove_image(request: Request[Any, Any, Any], artist_id: FromPath[str]) -> Redirect:
    """Show an artist without a picture."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        pictures.hide(session, visitor, artist_to_present(session, visitor, parse_uuid(artist_id)))
    return flash.done(f"{ROSTER}/{artist_id}/page", tenant, sentence("The picture is not shown any more."))


handlers = [page_editor, change_page, change_image, remove_image]
