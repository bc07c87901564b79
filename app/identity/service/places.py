"""A role at the label and what it is narrowed to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.identity.errors import ChoiceUnusable, RoleUnknown
from app.identity.models import CustomRole
from app.identity.rules.permissions import Permission, known
from app.identity.rules.roles import CUSTOM, ROLES, role_named
from app.identity.rules.scopes import Scope
from app.kernel import ids
from app.kernel.commas import between_commas

MOST_KEYS = 200
LONGEST_KEY = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A role at the label: a built-in one or one of the label's own, and what it is narrowed to."""

    role: str
    custom: CustomRole | None
    imprints: list[str]
    artists: list[str]

    @property
    def scope(self) -> Scope:
        """To what it is narrowed."""
        built_in = role_named(self.role)
        return Scope.of(self.imprints, self.artists, is_narrow=built_in is not None and built_in.is_narrow)

    @property
    def permissions(self) -> frozenset[Permission]:
        """What it allows."""
        return known(self.custom.permissions) if self.custom else ROLES[self.role].permissions


def place_of(session: Session, role: str, *, imprints: str = "", artists: str = "") -> Place:
    """The place that a form names: a built-in role by its key, one of the label's own by its id."""
    keys = {"imprints": keys_from(imprints), "artists": keys_from(artists)}
    if role in ROLES:
        return Place(role, None, **keys)
    known_id = ids.parse_uuid(role)
    custom = session.get(CustomRole, known_id) if known_id else None
    if custom is None:
        raise RoleUnknown
    return Place(CUSTOM, custom, **keys)


def keys_from(text: str) -> list[str]:
    """Keys as people write them into a form: separated by commas or lines."""
    found = sorted(set(between_commas(text.replace("\n", ","))))
    if len(found) > MOST_KEYS or any(len(key) > LONGEST_KEY for key in found):
        raise ChoiceUnusable
    return found
