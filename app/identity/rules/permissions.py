"""Everything that a member may be allowed to do: one table."""

from __future__ import annotations

from typing import Literal, get_args

Permission = Literal[
    "label.settings", "label.export", "hosts.edit", "brand.view", "brand.edit", "api.clients",
    "team.view", "team.invite", "team.edit", "roles.edit", "security.edit", "activity.view", "activity.export",
    "catalog.view", "catalog.edit", "artists.page", "uploads.create", "files.view", "files.add",
    "contracts.view", "contracts.edit", "contracts.sign",
    "royalties.view", "royalties.run", "payouts.view", "payouts.ask", "payouts.prepare", "payouts.approve",
    "store.view", "store.edit", "marketing.view", "marketing.edit", "analytics.view",
]  # fmt: skip

SENTENCES = {
    "label.settings": "Change the label's name, languages and currency",
    "label.export": "Export everything the label has",
    "hosts.edit": "Add and remove the label's web addresses",
    "brand.view": "See the brand and its drafts",
    "brand.edit": "Change and publish the brand",
    "api.clients": "Give programs access to the label",
    "team.view": "See who works here",
    "team.invite": "Invite people",
    "team.edit": "Change roles, disable and re-enable people",
    "roles.edit": "Make and change roles",
    "security.edit": "Set how people sign in and grant support access",
    "activity.view": "See what everybody did",
    "activity.export": "Export what everybody did",
    "catalog.view": "See releases, recordings and works",
    "catalog.edit": "Change releases, recordings and works",
    "artists.page": "Change artists' pages: picture, biographies, links",
    "uploads.create": "Upload releases and audio",
    "files.view": "See the label's files",
    "files.add": "Add files",
    "contracts.view": "See contracts",
    "contracts.edit": "Write and change contracts",
    "contracts.sign": "Sign contracts for the label",
    "royalties.view": "See sales reports and statements",
    "royalties.run": "Calculate royalties and close periods",
    "payouts.view": "See payouts",
    "payouts.ask": "Ask for payouts, and say where they go",
    "payouts.prepare": "Prepare payouts",
    "payouts.approve": "Approve payouts",
    "store.view": "See orders and products of the store",
    "store.edit": "Run the store",
    "marketing.view": "See campaigns",
    "marketing.edit": "Run campaigns",
    "analytics.view": "See figures",
}

HEADINGS = {
    "label": "Label", "hosts": "Label", "brand": "Label", "api": "Label",
    "team": "People and access", "roles": "People and access", "security": "People and access",
    "activity": "People and access",
    "catalog": "Catalogue", "artists": "Catalogue", "uploads": "Catalogue", "files": "Catalogue",
    "contracts": "Business", "royalties": "Business", "payouts": "Business",
    "store": "Fans", "marketing": "Fans", "analytics": "Fans",
}  # fmt: skip
"""Under which heading people find what a permission is about."""

PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
ALL = frozenset(PERMISSIONS)
VIEWS = frozenset(key for key in PERMISSIONS if key.endswith(".view"))
MONEY: frozenset[Permission] = frozenset(
    {"royalties.run", "payouts.ask", "payouts.prepare", "payouts.approve", "contracts.sign", "contracts.edit"}
)
"""What moves money or decides who gets it; support never has it."""

POWER: frozenset[Permission] = frozenset(
    {
        "team.invite", "team.edit", "roles.edit", "security.edit", "api.clients", "label.export", "activity.export",
        "hosts.edit",
    }
)  # fmt: skip
"""What opens doors for others or carries data away; support never has it either."""


APART: tuple[tuple[Permission, Permission], ...] = (
    ("payouts.prepare", "payouts.approve"),
    ("contracts.edit", "contracts.sign"),
    ("royalties.run", "payouts.approve"),
)
"""Pairs that one person may not both use on the same subject, even where the role has both."""


def known(keys: list[str] | tuple[str, ...]) -> frozenset[Permission]:
    """Those of the keys that are permissions; a key that a later version knows opens nothing here."""
    return frozenset(key for key in PERMISSIONS if key in set(keys))


def apart_from(permission: Permission) -> frozenset[Permission]:
    """What nobody may have used on a subject before using `permission` on it."""
    others = {first if second == permission else second for first, second in APART if permission in (first, second)}
    return frozenset(others)


def for_support(granted: frozenset[Permission], *, may_change: bool) -> frozenset[Permission]:
    """What is left of a member's permissions for somebody who helps in their name."""
    return granted & ((ALL - MONEY - POWER) if may_change else VIEWS)
