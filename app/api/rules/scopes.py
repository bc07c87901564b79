"""What a program may be allowed to do: one table, from which consent pages, tokens and documents are made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.identity.rules.permissions import Permission
from app.kernel.sentences import sentence


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """One scope: the permissions it opens, and the sentence by which people are asked for it.

    `in_person`: only a person lends it. A program by itself never has it: the second pair of eyes is somebody's.
    """

    permissions: frozenset[Permission]
    sentence: str
    in_person: bool = False


def _row(text: str, *permissions: Permission, in_person: bool = False) -> ScopeRow:
    return ScopeRow(frozenset(permissions), text, in_person)


SCOPES: dict[str, ScopeRow] = {
    "catalog:read": _row(sentence("See releases, recordings and works"), "catalog.view"),
    "catalog:write": _row(
        sentence("Change releases, recordings and works"), "catalog.view", "catalog.edit", "artists.page"
    ),
    "uploads:write": _row(sentence("Upload releases and audio"), "catalog.view", "uploads.create"),
    "files:read": _row(sentence("See the label's files"), "files.view"),
    "files:write": _row(sentence("Add files"), "files.view", "files.add"),
    "contracts:read": _row(sentence("See contracts"), "contracts.view"),
    "contracts:write": _row(sentence("Write and change contracts"), "contracts.view", "contracts.edit"),
    "contracts:sign": _row(
        sentence("Sign contracts for the label"), "contracts.view", "contracts.sign", in_person=True
    ),
    "royalties:read": _row(sentence("See sales reports and statements"), "royalties.view"),
    "royalties:write": _row(sentence("Calculate royalties and close periods"), "royalties.view", "royalties.run"),
    "payouts:read": _row(sentence("See payouts"), "payouts.view"),
    "payouts:write": _row(sentence("Ask for and prepare payouts"), "payouts.view", "payouts.ask", "payouts.prepare"),
    "payouts:approve": _row(sentence("Approve payouts"), "payouts.view", "payouts.approve", in_person=True),
    "payouts:bank": _row(
        sentence("Say where payees' money goes, while you are there"),
        "payouts.view",
        "payouts.ask",
        "payouts.prepare",
        in_person=True,
    ),
    "store:read": _row(sentence("See orders and products of the store"), "store.view"),
    "store:write": _row(sentence("Run the store"), "store.view", "store.edit"),
    "marketing:read": _row(sentence("See campaigns"), "marketing.view"),
    "marketing:write": _row(sentence("Run campaigns"), "marketing.view", "marketing.edit"),
    "analytics:read": _row(sentence("See figures"), "analytics.view"),
    "brand:read": _row(sentence("See the brand and its drafts"), "brand.view"),
    "brand:write": _row(sentence("Change and publish the brand"), "brand.view", "brand.edit"),
    "team:read": _row(sentence("See who works here"), "team.view"),
    "team:write": _row(sentence("Invite people and change what they may do"), "team.view", "team.invite", "team.edit"),
    "roles:write": _row(sentence("Make and change roles"), "team.view", "roles.edit", in_person=True),
    "activity:read": _row(sentence("See what everybody did"), "activity.view", "activity.export"),
    "label:read": _row(sentence("See the label's name, languages and currency")),
    "label:write": _row(
        sentence("Change the label's name, languages, currency and web addresses"), "label.settings", "hosts.edit"
    ),
    "label:export": _row(sentence("Export everything the label has"), "label.export"),
    "events:read": _row(sentence("Hear of everything that happens at the label"), "activity.view"),
    "bulk:write": _row(sentence("Ask for many things at once, each within its other rights")),
    "exports:write": _row(sentence("Take lists of the label along as files, within its other rights")),
    "webhooks:read": _row(sentence("See where the label sends its events"), "api.clients"),
    "webhooks:write": _row(sentence("Say where the label sends its events"), "api.clients"),
    "clients:read": _row(sentence("See which programs have access"), "api.clients"),
    "clients:write": _row(sentence("Give programs access to the label"), "api.clients"),
}

OPENID = "openid"
OFFLINE = "offline_access"
ABOUT_PERSON: dict[str, str] = {
    OPENID: sentence("Know that it is you"),
    "profile": sentence("Know your name and language"),
    "email": sentence("Know your mail address"),
    OFFLINE: sentence("Go on while you are not there"),
}
"""Scopes that open nothing of the label: they tell a program who its person is (OpenID Connect Core §5.4)."""

TOPICS: dict[str, tuple[str, ...]] = {
    sentence("Music and files"): ("catalog", "uploads", "files"),
    sentence("Contracts and money"): ("contracts", "royalties", "payouts"),
    sentence("Shop and fans"): ("store", "marketing", "analytics"),
    sentence("The label and its people"): ("brand", "team", "roles", "activity", "label"),
    sentence("For programs"): ("events", "webhooks", "bulk", "exports", "clients"),
}
"""What scopes are about, as people are shown them: by what stands before the colon."""
ABOUT_PERSON_TOPIC = sentence("Who somebody is")

SENTENCES: dict[str, str] = ABOUT_PERSON | {name: row.sentence for name, row in SCOPES.items()}
ALL_SCOPES: tuple[str, ...] = tuple(SENTENCES)
LONGEST = 2_000


def split(text: str) -> frozenset[str]:
    """The scopes that a space-separated text names (RFC 6749 §3.3)."""
    return frozenset(text[: LONGEST + 1].split())


def joined(scopes: Iterable[str]) -> str:
    """Scopes as a text, in the table's order."""
    wanted = frozenset(scopes)
    return " ".join(name for name in ALL_SCOPES if name in wanted)


def unknown(scopes: Iterable[str]) -> frozenset[str]:
    """Those that no table holds."""
    return frozenset(scopes) - frozenset(ALL_SCOPES)


def permissions_of_scopes(scopes: Iterable[str]) -> frozenset[Permission]:
    """What scopes open, whoever has them; a name that a later version knows opens nothing here."""
    return frozenset(permission for name in scopes if name in SCOPES for permission in SCOPES[name].permissions)


def without_people(scopes: Iterable[str]) -> frozenset[str]:
    """Those that a program may have with nobody behind it."""
    return frozenset(name for name in scopes if name in SCOPES and not SCOPES[name].in_person)


def by_topic(names: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Scopes under what they are about (a msgid), each topic that has any."""
    known = frozenset(names)
    found = [
        (topic, [name for name in SCOPES if name in known and name.partition(":")[0] in kinds])
        for topic, kinds in TOPICS.items()
    ]
    found.append((ABOUT_PERSON_TOPIC, [name for name in ABOUT_PERSON if name in known]))
    return [(topic, held) for topic, held in found if held]


def is_lent_by_people(name: str) -> bool:
    """Whether a program has it only in somebody's name."""
    return name not in SCOPES or SCOPES[name].in_person


def sentences_of(scopes: Iterable[str]) -> list[str]:
    """What a person is asked for, a sentence (msgid) each."""
    return [SENTENCES[name] for name in ALL_SCOPES if name in frozenset(scopes)]
