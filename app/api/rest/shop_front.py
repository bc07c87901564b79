"""How the shop is laid out: where its menus lead, and what its front page is made of."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Section, View
from app.api.rest.conventions.numbered import asked
from app.api.rest.conventions.schemas import Count, Id
from app.brand import policies as brand
from app.brand import service as themes
from app.brand.models import ThemeVersion
from app.brand.rules.blocks import tidy
from app.storefront.models import MenuEntry
from app.storefront.policies import require_shop, settings_to_read
from app.storefront.rules import sections, texts
from app.storefront.rules.portal_refusals import SectionsUnusable, TextUnusable
from app.storefront.service import menus
from app.storefront.service.menus import Wish
from themes.engine.inputs import plain

SECTION = Section("Shop front", "Where the shop's menus lead, and what its front page is made of.")
Kind = Literal["hero", "releases", "merch", "artists", "journal", "text"]
Language = Annotated[str, Meta(min_length=2, max_length=20, examples=["en"])]
Line = Annotated[str, Meta(max_length=120, examples=["New releases"])]
Block = Annotated[str, Meta(max_length=20_000, examples=["<p>Night music.</p>"])]


class MenuEntryView(View):
    """Where an entry leads and what it is called by language; a place without a name is called as it is everywhere."""

    id: Id
    names: dict[str, str]
    target: str


class Menus(View):
    """The menus at the shop's head and foot, in their order."""

    head: list[MenuEntryView]
    foot: list[MenuEntryView]


class MenuEntrySaid(Body, frozen=True):
    """An entry in one language; with the `id` of one that is there it keeps its names in the others.

    It leads to a place of the shop, to one of its pages (`page:` and its slug), or to an https address.
    """

    target: Annotated[str, Meta(min_length=1, max_length=400, examples=["releases"])]
    name: Annotated[str, Meta(max_length=60, examples=["Music"])] = ""
    id: Id | None = None


class MenuSaid(Body, frozen=True):
    """A menu as it is wanted in one of the label's languages; what is not named is gone."""

    language: Language
    entries: Annotated[list[MenuEntrySaid], Meta(max_length=20)]


class FrontSectionView(View):
    """A block of the front page; `count` is how many things it shows, texts are by language."""

    kind: Kind
    count: Count | None
    titles: dict[str, str]
    bodies: dict[str, str]


class FrontPageView(View):
    """What the front page is made of in the newest draft of the look, else in what is live."""

    version_id: Id | None
    state: Literal["draft", "live", "usual"]
    sections: list[FrontSectionView]


class FrontSectionSaid(Body, frozen=True):
    """A block as it is wanted; only texts have bodies, which are HTML and cleaned."""

    kind: Kind
    count: Annotated[int, Meta(ge=1, le=12, examples=[8])] | None = None
    titles: dict[Language, Line] = msgspec.field(default_factory=dict)
    bodies: dict[Language, Block] = msgspec.field(default_factory=dict)


class FrontPageSaid(Body, frozen=True):
    """Exactly these blocks, in this order: each kind once, and up to six texts."""

    sections: Annotated[list[FrontSectionSaid], Meta(min_length=1, max_length=12)]


@SECTION.get("/menus", scope="store:read", gives=Menus)
def read_menus(call: Call, session: Session) -> Answer:
    """Read the shop's menus."""
    asked(call, {})
    require_shop(call.visitor)
    return _menus(session)


def _menus(session: Session) -> Answer:
    return Answer({menu: [_entry(each) for each in menus.entries(session, menu)] for menu in texts.MENUS})


def _entry(entry: MenuEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in MenuEntryView.__struct_fields__}


@SECTION.put("/menus/head", scope="store:write", takes=MenuSaid, gives=Menus)
def arrange_head_menu(call: Call, session: Session, body: MenuSaid) -> Answer:
    """Arrange the menu at the head. In one language, all of its entries in their order."""
    return _arranged(call, session, "head", body)


@SECTION.put("/menus/foot", scope="store:write", takes=MenuSaid, gives=Menus)
def arrange_foot_menu(call: Call, session: Session, body: MenuSaid) -> Answer:
    """Arrange the menu at the foot. In one language, all of its entries in their order."""
    return _arranged(call, session, "foot", body)


def _arranged(call: Call, session: Session, menu: str, body: MenuSaid) -> Answer:
    require_shop(call.visitor, "store.edit")
    settings_to_read(session, call.visitor)
    wishes = [Wish(each.name, each.target, each.id) for each in body.entries]
    menus.arrange(session, call.tenant, call.actor, menu, body.language, wishes)
    return _menus(session)


@SECTION.get("/front-page", scope="brand:read", gives=FrontPageView)
def read_front_page(call: Call, session: Session) -> Answer:
    """Read the front page. As the newest draft of the look has it. It needs `store:read` too."""
    asked(call, {})
    brand.check_may_view(call.visitor)
    return _front(call, session)


def _front(call: Call, session: Session) -> Answer:
    held = settings_to_read(session, call.visitor).sections
    version = themes.at_hand(session)
    shown = plain(themes.said_in(version))["front"]["sections"] or held or sections.usual()
    rows = [
        {
            "kind": each["kind"],
            "count": each.get("count"),
            "titles": each.get("titles", {}),
            "bodies": each.get("bodies", {}),
        }
        for each in shown
    ]
    told = {"version_id": version.id if version else None, "state": version.state if version else "usual"}
    return Answer(told | {"sections": rows}, version=_tag(version))


def _tag(version: ThemeVersion | None) -> tuple[object, ...]:
    return "front_page", *((version.id, version.sha256) if version else ("", ""))


@SECTION.put("/front-page", scope="brand:write", takes=FrontPageSaid, gives=FrontPageView, matches=True)
def arrange_front_page(call: Call, session: Session, body: FrontPageSaid) -> Answer:
    """Arrange the front page. In the newest draft, which is published apart. It needs `store:write` too."""
    brand.check_may_edit(call.visitor)
    require_shop(call.visitor, "store.edit")
    settings_to_read(session, call.visitor)
    seen = themes.at_hand(session)
    call.require_unchanged(*_tag(seen))
    arranged = _sections(call, body)
    match = seen.sha256 if seen else ""
    themes.say(session, call.actor, {"front": {"sections": arranged}}, match=match)
    session.flush()
    return _front(call, session)


def _sections(call: Call, body: FrontPageSaid) -> list[dict[str, Any]]:
    """The blocks as they are kept: told language by language, as the shop's own editor does."""
    tongues = call.tenant.languages
    if any(not {*each.titles, *each.bodies} <= set(tongues) for each in body.sections):
        raise TextUnusable("language", TextUnusable.LANGUAGE)
    found: list[dict[str, Any]] = []
    for language in tongues:
        arranged = sections.arranged(_rows(body, language), found, language)
        if arranged is None:
            raise SectionsUnusable
        found = arranged
    return found


def _rows(body: FrontPageSaid, language: str) -> list[sections.Row]:
    rows: list[sections.Row] = []
    for each in body.sections:
        number = sum(row.kind == sections.TEXT_BLOCK for row in rows)
        key = f"{sections.TEXT_BLOCK}-{number}" if each.kind == sections.TEXT_BLOCK else each.kind
        title = " ".join(each.titles.get(language, "").split())
        rows.append(sections.Row(key, each.count, title, tidy(texts.paragraphs(each.bodies.get(language, ""))).strip()))
    return rows
