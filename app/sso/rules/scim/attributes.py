"""The attributes that are kept of people and groups, and how a document is read by them (RFC 7643 §2, §4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.sso.errors import ScimInvalid

CORE: Final = "urn:ietf:params:scim:schemas:core:2.0"
USER, GROUP = f"{CORE}:User", f"{CORE}:Group"
MOST_VALUES: Final = 5_000
MOST_ADDRESSES: Final = 50
LONGEST_TEXT: Final = 512


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute as RFC 7643 §7 describes one; `parts` are those of a complex one."""

    name: str
    about: str
    type: str = "string"
    is_many: bool = False
    is_required: bool = False
    is_exact: bool = False
    mutability: str = "readWrite"
    uniqueness: str = "none"
    parts: tuple[Attribute, ...] = ()
    values: tuple[str, ...] = ()
    refers: tuple[str, ...] = ()
    most: int = MOST_VALUES

    @property
    def is_ours(self) -> bool:
        """Whether only we say it."""
        return self.mutability == "readOnly"

    def part(self, name: str) -> Attribute | None:
        """One of its parts, however its name is written."""
        return named(self.parts, name)


EXTERNAL_ID: Final = Attribute("externalId", "What the directory calls it.", is_exact=True)
USER_ATTRIBUTES: Final = (
    Attribute("userName", "The name of the person in the directory.", is_required=True, uniqueness="server"),
    Attribute(
        "name",
        "The parts of the person's name.",
        type="complex",
        parts=(
            Attribute("formatted", "The whole name."),
            Attribute("familyName", "The family name."),
            Attribute("givenName", "The given name."),
        ),
    ),
    Attribute("displayName", "The name that colleagues read."),
    Attribute("active", "Whether the person may come in.", type="boolean"),
    Attribute(
        "emails",
        "Mail addresses; the primary one is the member's.",
        type="complex",
        is_many=True,
        most=MOST_ADDRESSES,
        parts=(
            Attribute("value", "The address."),
            Attribute("type", "What kind of address it is.", values=("work", "home", "other")),
            Attribute("primary", "Whether it is the one to use.", type="boolean"),
        ),
    ),
    Attribute(
        "groups",
        "The groups that the person is in.",
        type="complex",
        is_many=True,
        mutability="readOnly",
        parts=(
            Attribute("value", "The group's id.", mutability="readOnly", is_exact=True),
            Attribute("$ref", "Where the group is.", type="reference", mutability="readOnly", refers=("Group",)),
            Attribute("display", "The group's name.", mutability="readOnly"),
        ),
    ),
)
GROUP_ATTRIBUTES: Final = (
    Attribute("displayName", "The group's name, which may mean a role.", is_required=True),
    Attribute(
        "members",
        "Who is in the group.",
        type="complex",
        is_many=True,
        parts=(
            Attribute("value", "The person's id.", mutability="immutable", is_exact=True),
            Attribute("$ref", "Where the person is.", type="reference", mutability="immutable", refers=("User",)),
            Attribute("type", "What kind of member it is.", mutability="immutable", values=("User",)),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource: its name, its schema, where it is, and its attributes."""

    name: str
    schema: str
    endpoint: str
    about: str
    attributes: tuple[Attribute, ...]

    def attribute(self, name: str) -> Attribute | None:
        """One of its attributes, however its name is written."""
        return named((*self.attributes, EXTERNAL_ID), name)


USERS: Final = Kind("User", USER, "/Users", "A person", USER_ATTRIBUTES)
GROUPS: Final = Kind("Group", GROUP, "/Groups", "A group", GROUP_ATTRIBUTES)


def named(attributes: tuple[Attribute, ...], name: str) -> Attribute | None:
    """The attribute of a name; letters' case tells none apart (RFC 7643 §2.1)."""
    return next((each for each in attributes if each.name.lower() == name.lower()), None)


def document_of(kind: Kind, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a document: known attributes that a directory may write; what it sends besides is let go.

    An attribute of another type than it has, or a needed one that is missing, is refused.
    """
    found: dict[str, Any] = {}
    for name, value in given.items():
        attribute = kind.attribute(name)
        if attribute is None or attribute.is_ours:
            continue
        kept = value_of(attribute, value)
        if kept is not None:
            found[attribute.name] = kept
    check_whole(kind, found)
    return found


def check_whole(kind: Kind, document: Mapping[str, Any]) -> None:
    """Refuse a document without what every one has."""
    missing = [each.name for each in kind.attributes if each.is_required and not document.get(each.name)]
    if missing:
        raise ScimInvalid(scim_type="invalidValue", fields=dict.fromkeys(missing, ScimInvalid.message))


def value_of(attribute: Attribute, value: Any) -> Any:
    """A value as it is kept; None where there is none, as an empty list is none (RFC 7643 §2.5)."""
    if value is None:
        return None
    if not attribute.is_many:
        return _single(attribute, value)
    many = value if isinstance(value, list) else [value]
    if len(many) > attribute.most:
        raise ScimInvalid(scim_type="tooMany")
    kept = [found for each in many if (found := _single(attribute, each)) not in (None, {})]
    return _with_one_primary(attribute, kept) or None


def _single(attribute: Attribute, value: Any) -> Any:
    if attribute.type == "complex":
        return _complex(attribute, value)
    if attribute.type == "boolean":
        return _boolean(attribute, value)
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise ScimInvalid(scim_type="invalidValue", fields={attribute.name: ScimInvalid.message})
    return value


def _complex(attribute: Attribute, value: Any) -> dict[str, Any]:
    if isinstance(value, str) and attribute.part("value") is not None:
        return {"value": value}  # some directories write the value alone
    if not isinstance(value, dict):
        raise ScimInvalid(scim_type="invalidValue", fields={attribute.name: ScimInvalid.message})
    parts = ((attribute.part(name), each) for name, each in value.items())
    return {part.name: kept for part, each in parts if part is not None and (kept := value_of(part, each)) is not None}


def _boolean(attribute: Attribute, value: Any) -> bool:
    """A yes or no, also as some directories write it: as text."""
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise ScimInvalid(scim_type="invalidValue", fields={attribute.name: ScimInvalid.message})
    return value


def _with_one_primary(attribute: Attribute, values: list[Any]) -> list[Any]:
    """Of several values at most one is the primary (RFC 7643 §2.4): the last that says so."""
    if attribute.part("primary") is None:
        return values
    first = [index for index, each in enumerate(values) if each.get("primary") is True]
    for index in first[:-1]:
        values[index] = {**values[index], "primary": False}
    return values
