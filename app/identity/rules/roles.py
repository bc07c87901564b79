"""The roles that every label has: for whom each is, and what it may do."""

from __future__ import annotations

from dataclasses import dataclass

from app.identity.rules.permissions import ALL, VIEWS, Permission

SENTENCES = {
    "owner": "Owner",
    "owner.purpose": "Answers for the label and may do everything.",
    "admin": "Admin",
    "admin.purpose": "Runs the label day by day, without approving payouts or signing contracts.",
    "a_and_r": "A&R",
    "a_and_r.purpose": "Finds artists and brings their music in.",
    "product": "Product manager",
    "product.purpose": "Brings releases out.",
    "royalties": "Royalties",
    "royalties.purpose": "Works out who gets what and prepares payouts.",
    "finance_approver": "Finance approver",
    "finance_approver.purpose": "Approves payouts that somebody else prepared.",
    "legal": "Legal",
    "legal.purpose": "Writes and signs contracts.",
    "marketing": "Marketing",
    "marketing.purpose": "Tells the world about the music.",
    "store": "Store",
    "store.purpose": "Sells to fans and sends what they bought.",
    "read_only": "Read only",
    "read_only.purpose": "Sees everything and changes nothing.",
    "accountant": "External accountant",
    "accountant.purpose": "Sees statements, payouts and contracts.",
    "artist": "Artist",
    "artist.purpose": "Sees their own music and money.",
    "artist_manager": "Artist manager",
    "artist_manager.purpose": "Sees the music and money of the artists they look after.",
}


@dataclass(frozen=True, slots=True)
class Role:
    """A built-in role: its name and what it is for, in sentences people read, and what it may do.

    `is_narrow`: it reaches only the artists it is given, and nothing where it is given none.
    """

    key: str
    name: str
    purpose: str
    permissions: frozenset[Permission]
    is_narrow: bool = False


_WORK: frozenset[Permission] = frozenset({"team.view", "activity.view", "brand.view", "files.view", "catalog.view"})

_OF: dict[str, frozenset[Permission]] = {
    "owner": ALL,
    "admin": ALL - {"payouts.approve", "contracts.sign"},
    "a_and_r": _WORK
    | {"catalog.edit", "artists.page", "uploads.create", "files.add", "contracts.view", "analytics.view"},
    "product": _WORK
    | {"catalog.edit", "artists.page", "uploads.create", "files.add", "store.view", "store.edit", "analytics.view"},
    "royalties": _WORK
    | {
        "contracts.view", "royalties.view", "royalties.run", "payouts.view", "payouts.prepare", "analytics.view",
        "files.add",
    },
    "finance_approver": frozenset(
        {
            "team.view", "activity.view", "activity.export", "contracts.view", "royalties.view", "payouts.view",
            "payouts.approve", "analytics.view",
        }
    ),
    "legal": _WORK | {"contracts.view", "contracts.edit", "contracts.sign", "royalties.view", "files.add"},
    "marketing": _WORK | {"marketing.view", "marketing.edit", "artists.page", "analytics.view", "files.add"},
    "store": _WORK | {"store.view", "store.edit", "marketing.view", "analytics.view", "files.add"},
    "read_only": VIEWS,
    "accountant": frozenset({"royalties.view", "payouts.view", "contracts.view"}),
    "artist": frozenset(
        {
            "catalog.view", "artists.page", "royalties.view", "payouts.view", "payouts.ask", "analytics.view",
            "uploads.create",
        }
    ),
    "artist_manager": frozenset(
        {"catalog.view", "royalties.view", "payouts.view", "analytics.view", "uploads.create", "contracts.view"}
    ),
}  # fmt: skip
_NARROW = ("artist", "artist_manager")


ROLES: dict[str, Role] = {
    key: Role(key, SENTENCES[key], SENTENCES[f"{key}.purpose"], permissions, key in _NARROW)
    for key, permissions in _OF.items()
}
CUSTOM = "custom"
_FORMER = {"member": "admin"}
"""Names that code of before l0004 wrote."""


def role_named(key: str) -> Role | None:
    """The built-in role of a name; None for custom roles and for names nobody knows."""
    return ROLES.get(_FORMER.get(key, key))
