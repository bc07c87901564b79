"""The editor of the shop's look: colours, type and the blocks of its front page, with the page itself beside them."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.params import URLEncodedBody
from sqlalchemy import func, select

from app.brand import policies as brand
from app.brand import service
from app.brand.errors import ChecksFailed, ThemeInputRefused
from app.brand.models import ThemeVersion
from app.brand.rules.blocks import tidy
from app.brand.rules.settings import CHOICES, NUMBERS
from app.brand.rules.settings import SENTENCES as NAMES
from app.identity.policies import Visitor, allows
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.headers import content_policy, within_own_pages
from app.kernel.web.pages import told
from app.kernel.web.realm import realm_of
from app.storefront.pages.front import sections_of
from app.storefront.pages.portal.around import (
    TEXTS,
    AnyRequest,
    Sent,
    language_asked,
    language_names,
    lines,
    many,
    one,
    optional_whole,
    store_page,
    visitor_for,
)
from app.storefront.pages.shopper import shop_page, shopper_in
from app.storefront.policies import settings_to_read
from app.storefront.rules import sections, texts
from app.storefront.rules.meta import Meta
from app.storefront.rules.portal_refusals import SectionsUnusable, TextUnusable
from themes.engine import FONTS, Inputs
from themes.engine.inputs import LONGEST_BLOCK, plain

FRONT: Final = f"{TEXTS}/front"
LOOK: Final = f"{FRONT}/look"
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "colours": ("color.brand", "color.accent", "color.mood", "color.scheme"),
    "type": ("type.text", "type.display", "type.scale", "type.display_case", "type.display_weight"),
    "layout": (
        "layout.hero", "layout.header", "shape.control", "shape.radius", "shape.cover_radius", "density.store",
    ),
}  # fmt: skip
"""What this editor changes of a theme besides the blocks; everything else is in the settings of the brand."""
COLUMNS: Final = ("key", "count", "title", "body")


@get(FRONT, sync_to_thread=True)
def show(request: AnyRequest) -> Response[str]:
    """Show the editor on the newest draft, or on what is live."""
    return _editor(request)


def _editor(request: AnyRequest, refusal: Refusal | None = None, data: Sent | None = None) -> Response[str]:
    visitor, tenant = visitor_for(request)
    brand.check_may_view(visitor)
    language = _language(request, tenant, data)
    with tenant_read(tenant) as session:
        held = settings_to_read(session, visitor).sections
        version = service.at_hand(session)
        inputs = service.said_in(version)
        fonts = [(font.key, font.family) for font in FONTS.values()] + service.own_fonts(session)
        can_return = bool(session.scalar(select(func.count()).where(ThemeVersion.state == "retired")))
    said, at = plain(inputs), sections_at_hand(inputs, held)
    shown = data is not None and refusal is not None
    told_of: dict[str, Any] = {
        "said": _typed(said, data) if data and shown else said,
        "rows": _known(_rows(data)) if data and shown else _shown(at, language),
        "fallbacks": {key: _near(row, tenant, language) for key, row in sections.keyed(at).items()},
        "match": one(data, "match") if data and shown else (version.sha256 if version else ""),
        "of": language_names(realm_of(request).language, tenant.languages),
    }
    names = {key: told(realm_of(request), text) for key, text in NAMES.items()}
    policy = content_policy(realm_of(request).nonce, frames="'self'").decode()
    answer = store_page(
        request, "front", FRONT, refusal=refusal, version=version, at=language, names=names, choices=CHOICES,
        numbers=NUMBERS, groups=GROUPS, fonts=fonts, kinds_of=sections.SENTENCES, counts=sections.COUNTS,
        most=sections.MOST, look=LOOK, longest=LONGEST_BLOCK, can_return=can_return,
        may_design=_may_design(visitor), **told_of,
    )  # fmt: skip
    answer.headers["content-security-policy"] = policy
    return answer


def _may_design(visitor: Visitor) -> bool:
    return allows(visitor, "store.edit") and allows(visitor, "brand.edit") and visitor.scope.is_whole


def _language(request: AnyRequest, tenant: Tenant, data: Sent | None) -> str:
    wanted = one(data, "language") if data else ""
    return wanted if wanted in tenant.languages else language_asked(request, tenant)


def sections_at_hand(inputs: Inputs, held: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the front page is made of: as the theme says, else as the shop had it before themes did, else as usual."""
    return plain(inputs)["front"]["sections"] or list(held) or sections.usual()


def _shown(found: list[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    """The sections as rows in one language: what is shown, then what could be, then one more text."""
    keyed = sections.keyed(found)
    rows = [
        {
            "key": key,
            "count": section.get("count"),
            "title": section.get("titles", {}).get(language, ""),
            "body": section.get("bodies", {}).get(language, ""),
            "on": True,
        }
        for key, section in keyed.items()
    ]
    texts_shown = sum(key.startswith(sections.TEXT_BLOCK) for key in keyed)
    more = [kind for kind in sections.USUAL if kind not in keyed]
    more += [f"{sections.TEXT_BLOCK}-{texts_shown}"] if texts_shown < sections.MOST_TEXTS else []
    return rows + [{"key": key, "count": None, "title": "", "body": "", "on": False} for key in more]


def _near(section: dict[str, Any], tenant: Tenant, language: str) -> str:
    return texts.shown_in(section.get("titles", {}), tenant.languages, language)


def _rows(data: Sent) -> list[dict[str, Any]]:
    on = set(many(data, "on"))
    return [{**row, "on": row["key"] in on} for row in lines(data, COLUMNS)]


def _known(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if sections.Row(row["key"]).kind in sections.SENTENCES]


def _typed(said: dict[str, Any], data: Sent) -> dict[str, Any]:
    """What was said with what was typed in its place, as fields show it."""
    found = {group: dict(values) for group, values in said.items()}
    for name in _fields():
        group, _, key = name.partition(".")
        found[group][key] = one(data, name) if name in data else found[group][key]
    return found


def _fields() -> tuple[str, ...]:
    return tuple(name for names in GROUPS.values() for name in names)


def _said(data: Sent, tenant: Tenant, held: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What a form says of a theme; sections keep the texts that they have in other languages."""
    language = one(data, "language")
    if language not in tenant.languages:
        raise TextUnusable("language", TextUnusable.LANGUAGE)
    rows = [
        sections.Row(
            row["key"],
            optional_whole(row["count"], least=1, most=sections.MOST),
            " ".join(row["title"].split()),
            tidy(texts.paragraphs(row["body"])).strip(),
        )
        for row in _rows(data)
        if row["on"]
    ]
    arranged = sections.arranged(rows, held, language)
    if arranged is None:
        raise SectionsUnusable
    said: dict[str, dict[str, Any]] = {"front": {"sections": arranged}}
    for name in _fields():
        if name in data:
            group, _, key = name.partition(".")
            said.setdefault(group, {})[key] = _value(name, one(data, name))
    return said


def _value(name: str, text: str) -> Any:
    if name == "color.accent":
        return text or None
    if name not in NUMBERS:
        return text
    try:
        return int(text) if name == "type.display_weight" else float(text)
    except ValueError:
        raise ThemeInputRefused(fields={name: service.limits_of(name)}) from None


@get(LOOK, sync_to_thread=True)
def look(request: AnyRequest) -> Response[Any]:
    """The front page as the newest draft has it, to be shown within the editor."""
    visitor, tenant = visitor_for(request)
    brand.check_may_view(visitor)
    with tenant_read(tenant) as session:
        held = settings_to_read(session, visitor).sections
        inputs = service.said_in(service.at_hand(session))
    return _look(request, tenant, inputs, held, language_asked(request, tenant))


@post(LOOK, sync_to_thread=True)
def imagine(request: AnyRequest, data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """The same as it would be with what is typed, which is kept nowhere."""
    visitor, tenant = visitor_for(request, "store.edit")
    brand.check_may_edit(visitor)
    with tenant_read(tenant) as session:
        held = settings_to_read(session, visitor).sections
        inputs = service.said_in(service.at_hand(session))
    imagined = service.imagine(inputs, _said(data, tenant, sections_at_hand(inputs, held)))
    return _look(request, tenant, imagined, held, one(data, "language"))


def _look(
    request: AnyRequest, tenant: Tenant, inputs: Inputs, held: list[dict[str, Any]], language: str
) -> Response[Any]:
    realm = realm_of(request)
    realm.facts["theme"] = theme = service.look_of(tenant, inputs)
    shopper = shopper_in(request, language, of_closed=True)
    shown = sections_of(shopper, theme.front or held)
    answer = shop_page(
        request, "store/front.html", shopper, sections=shown, meta=Meta(title=tenant.name, noindex=True), path="",
        is_look=True, flash=lambda: None,
    )  # fmt: skip
    answer.headers.update(within_own_pages(realm.nonce))
    return answer


@post(FRONT, sync_to_thread=True)
def save(request: AnyRequest, data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Keep what is typed in the newest draft, which begins now where there is none."""
    visitor, tenant = _designer(request)
    try:
        _keep(visitor, tenant, data)
    except (Invalid, Conflict) as refusal:
        return _editor(request, refusal, data)
    return _done(data, tenant, sentence("The draft was saved. Nobody else sees it until it is published."))


@post(f"{FRONT}/publication", sync_to_thread=True)
def publish(request: AnyRequest, data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Keep what is typed and show it to everybody, if every check of the brand holds."""
    visitor, tenant = _designer(request)
    try:
        version = _keep(visitor, tenant, data)
    except (Invalid, Conflict) as refusal:
        return _editor(request, refusal, data)
    try:
        with tenant_work(tenant) as session:
            service.publish(session, visitor.actor, tenant, version.id)
    except ChecksFailed as refusal:
        return _editor(request, refusal)
    return _done(data, tenant, sentence("Everybody sees the new look now."))


@post(f"{FRONT}/return", sync_to_thread=True)
def roll_back(request: AnyRequest) -> Response[Any]:
    """Show the version before again."""
    visitor, tenant = _designer(request)
    try:
        with tenant_work(tenant) as session:
            service.roll_back(session, visitor.actor, tenant)
    except Conflict as refusal:
        return _editor(request, refusal)
    return flash.done(FRONT, tenant, sentence("The version before is shown again."))


def _designer(request: Request[Any, Any, Any]) -> tuple[Visitor, Tenant]:
    visitor, tenant = visitor_for(request, "store.edit")
    brand.check_may_edit(visitor)
    return visitor, tenant


def _keep(visitor: Visitor, tenant: Tenant, data: Sent) -> ThemeVersion:
    with tenant_work(tenant) as session:
        held = settings_to_read(session, visitor).sections
        at = sections_at_hand(service.said_in(service.at_hand(session)), held)
        return service.say(session, visitor.actor, _said(data, tenant, at), match=one(data, "match"))


def _done(data: Sent, tenant: Tenant, said: str) -> Response[Any]:
    return flash.done(f"{FRONT}?language={one(data, 'language')}", tenant, said)


handlers = [show, look, imagine, save, publish, roll_back]
