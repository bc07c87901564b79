"""What a sign-in service says about somebody, whichever way it speaks, and what follows for us."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

MOST_GROUPS = 1_000
LONGEST_GROUP = 256
LONGEST_SUBJECT = 512
LONGEST_EMAIL = 254
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([a-z0-9-]{1,63}\.)+[a-z0-9-]{1,63}")


@dataclass(frozen=True, slots=True)
class Claims:
    """Whom a sign-in service proved: `email_is_proved` says whether the service stands for the address."""

    issuer: str
    subject: str
    email: str = ""
    email_is_proved: bool = False
    name: str = ""
    groups: tuple[str, ...] = ()
    authenticated_at: datetime | None = None


class Rule(Protocol):
    """What a group means."""

    group_name: str


R = TypeVar("R", bound=Rule)


def plain_email(text: object) -> str:
    """A mail address as it is kept, or nothing where it is none; only plain ones are, so that no two look the same."""
    if not isinstance(text, str):
        return ""
    found = text.strip().lower()
    return found if len(found) <= LONGEST_EMAIL and _EMAIL.fullmatch(found) else ""


def domain_of(email: str) -> str:
    """The domain of a mail address."""
    return email.rpartition("@")[2].strip().lower()


def groups_in(value: object) -> tuple[str, ...]:
    """Names of groups as a service spells them: a list of texts, or one text."""
    found = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    texts = [text for text in found[:MOST_GROUPS] if isinstance(text, str) and 0 < len(text) <= LONGEST_GROUP]
    return tuple(dict.fromkeys(texts))


def first_rule(rules: Sequence[R], groups: Iterable[str]) -> R | None:
    """The first rule, in the label's order, for a group that somebody is in; case tells groups apart nowhere."""
    held = {group.casefold() for group in groups}
    return next((rule for rule in rules if rule.group_name.casefold() in held), None)
