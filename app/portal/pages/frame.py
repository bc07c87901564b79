"""The frame of the portal: where one may go, who one is, what is new."""

from __future__ import annotations

from functools import partial
from typing import Any

from markupsafe import Markup

from app.brand.pages.looking import theme_of
from app.brand.service import LiveTheme, block_html
from app.identity.pages import home_of
from app.identity.policies import Visitor, allows_somewhere
from app.identity.rules.permissions import Permission
from app.kernel.activity.meanings import meanings, news_for
from app.kernel.db import current, tenant_read
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant, TenantState
from app.kernel.web import own_words, shell
from app.kernel.web.pages import frame, speaker
from app.kernel.web.realm import Realm
from app.kernel.web.shell import Action, Place
from app.portal import queries

SOMEWHERE: tuple[Permission, ...] = ("catalog.view", "royalties.view", "payouts.view")
"""What leads to a place of the navigation although it may be held for some artists only."""

MINE = ("/portal/welcome", "/portal/settings/security")
ARTISTS = Place(sentence("Artist app"), "/artist", "smartphone", order=5)
"""Shown to artists and to whoever acts for one."""

GROUPS = {
    "main": "",
    "catalogue": sentence("Catalogue"),
    "business": sentence("Business"),
    "fans": sentence("Fans"),
    "automate": sentence("Automate"),
}

SECTIONS: dict[shell.Section, str] = {
    "you": sentence("Your account"),
    "label": sentence("Label"),
    "people": sentence("People and access"),
    "money": sentence("Money"),
    "shop": sentence("Shop"),
    "developers": sentence("Developers"),
    "data": sentence("Data"),
}
"""The headings of the settings, in their order."""

own_words.offer(*filter(None, GROUPS.values()), *SECTIONS.values(), ARTISTS.name)

shell.add(
    Place(sentence("Home"), "/portal", "house", order=10, keys="g h"),
    Place(sentence("Inbox"), "/portal/inbox", "inbox", order=20, keys="g i"),
    Place(sentence("Files"), "/portal/files", "folder", order=30, keys="g f", permission="files.view"),
    Place(sentence("Settings"), "/portal/settings", "settings", order=90, keys="g s"),
    Place(
        sentence("Brand"),
        "/portal/settings/brand",
        "palette",
        group="settings",
        order=10,
        keys="g b",
        hint=sentence("Colour, type and logo of everything people see"),
        permission="brand.view",
    ),
    Place(
        sentence("Words"),
        "/portal/settings/words",
        "book-open",
        group="settings",
        order=15,
        hint=sentence("What your pages say, in your own words"),
        permission="brand.edit",
    ),
    Place(
        sentence("Team"),
        "/portal/settings/team",
        "users",
        group="settings",
        section="people",
        order=40,
        keys="g t",
        hint=sentence("Who works here, and what they may do"),
        permission="team.view",
    ),
    Place(
        sentence("Roles"),
        "/portal/settings/roles",
        "shield-check",
        group="settings",
        section="people",
        order=50,
        hint=sentence("Roles as sentences, and roles of your own"),
        permission="team.view",
    ),
    Place(
        sentence("Security"),
        "/portal/settings/security",
        "key-round",
        group="settings",
        section="you",
        order=60,
        hint=sentence("Your sign-in, your devices, the label's rules"),
    ),
    Place(
        sentence("Your name and language"),
        "/portal/welcome",
        "user",
        group="settings",
        section="you",
        order=65,
        hint=sentence("How you are called, and which language you read"),
    ),
    Place(
        sentence("Activity log"),
        "/portal/settings/activity",
        "rotate-ccw-clock",
        group="settings",
        section="data",
        order=70,
        keys="g a",
        hint=sentence("Who did what, when, with before and after"),
        permission="activity.view",
    ),
    Place(
        sentence("Web addresses"),
        "/portal/settings/hosts",
        "globe",
        group="settings",
        order=30,
        hint=sentence("The label's own domains, with a check while you wait"),
        permission="hosts.edit",
    ),
    Place(
        sentence("Languages and currency"),
        "/portal/settings/label",
        "languages",
        group="settings",
        order=20,
        hint=sentence("The label's name, its languages, its time zone"),
        permission="label.settings",
    ),
    Place(
        sentence("Limits and usage"),
        "/portal/settings/usage",
        "gauge",
        group="settings",
        section="data",
        order=80,
        hint=sentence("What the label uses, and how much it may"),
        permission="label.settings",
    ),
    Place(
        sentence("Export"),
        "/portal/settings/export",
        "download",
        group="settings",
        section="data",
        order=90,
        hint=sentence("Everything the label has, in one file"),
        permission="label.export",
    ),
    Place(
        sentence("Sandbox"),
        "/portal/settings/sandbox",
        "layers",
        group="settings",
        section="developers",
        order=95,
        hint=sentence("A copy of the label to try things in, with money that is none"),
        permission="label.export",
    ),
    Action(sentence("Add a file"), "/portal/files#add", "upload", keys="u", permission="files.add"),
    Action(sentence("Mark all news as read"), "/portal/inbox#all", "circle-check"),
)


@frame
def looks(realm: Realm) -> dict[str, Any]:
    """The label's theme; a member who opened a preview sees that."""
    if realm.tenant is None:
        return {}
    theme = theme_of(realm, realm.tenant)
    scheme = realm.facts.get("scheme") or ("" if theme.scheme == "auto" else theme.scheme)
    return {
        "theme": theme,
        "scheme": scheme,
        "block": partial(_block, realm.tenant, theme, realm.language),
        "powered_by": current().settings.operator_name if theme.powered_by else "",
    }


def _block(tenant: Tenant, theme: LiveTheme, language: str, slot: str) -> Markup:
    """What the label put into a slot of this page."""
    return Markup(block_html(tenant, theme, slot, language))  # noqa: S704 cleaned when it was rendered


@speaker
def words(realm: Realm) -> own_words.OwnWords:
    """What the label says its own way, in the reader's language."""
    return theme_of(realm, realm.tenant).own_words(realm.language) if realm.tenant else own_words.OwnWords()


@frame
def portal_frame(realm: Realm) -> dict[str, Any]:
    """Navigation, palette and news for the visitor of this request; nothing where nobody is signed in."""
    visitor: Visitor | None = realm.facts.get("visitor")
    if visitor is None or realm.tenant is None:
        return {}
    if realm.facts.get("surface") == "artist":  # that app has a frame of its own
        return {"shell": {"home": ARTISTS.href}}
    held = frozenset(visitor.permissions)
    somewhere = {each for each in SOMEWHERE if allows_somewhere(visitor, each)}
    open_to = shell.places("portal", held | somewhere, sees_all=visitor.scope.is_whole)
    open_to = [ARTISTS, *open_to] if home_of(visitor.member) == ARTISTS.href or visitor.granted else open_to
    listed = [place for place in open_to if place.group in GROUPS]
    with tenant_read(realm.tenant) as session:
        unread = queries.count_unread(session, visitor)
    around = {
        "home": "/portal",
        "groups": _grouped(listed),
        "all_places": tuple(open_to),
        "hidden_places": tuple(place for place in open_to if place.group not in GROUPS),
        "sections": tuple(SECTIONS.items()),
        "actions": tuple(shell.actions("portal", held)),
        "mine": [place for place in open_to if place.href in MINE],
        "me": {"name": visitor.member.name, "role": visitor.member.email, "sign_out": "/portal/sign-out"},
        "news_href": "/portal/inbox",
        "news": unread,
        "notable": news_for(held),
        "sentences": _told(realm) if "activity.view" in held else "",
        "feed": "/portal/events" if "activity.view" in held and visitor.scope.is_whole else None,
        "search": "/portal/search",
        "undo": "/portal/undo",
        "suspended": realm.tenant.state is TenantState.SUSPENDED,
    }
    return {"shell": around, "acting": realm.facts.get("acting")}


def _told(realm: Realm) -> Markup:
    """What the live feed says of each action that it tells of, as its script reads it."""
    told = tuple((key, each.sentence) for key, each in meanings().items() if not each.routine)
    return own_words.as_json(words(realm), told, realm.language)


def _grouped(places: list[Place]) -> tuple[tuple[str, tuple[Place, ...]], ...]:
    found = [(title, tuple(place for place in places if place.group == group)) for group, title in GROUPS.items()]
    return tuple((title, entries) for title, entries in found if entries)
