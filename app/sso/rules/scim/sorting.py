"""In which order resources are listed (RFC 7644 §3.4.2.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.sso.errors import ScimInvalid
from app.sso.rules.scim.attributes import Kind
from app.sso.rules.scim.filters import get, split_name

LONGEST = 200


def in_order(kind: Kind, resources: Iterable[dict[str, Any]], by: str, *, backwards: bool) -> list[dict[str, Any]]:
    """Resources by one of their attributes; those without it come last, and first the other way round."""
    name, part = split_name(by)
    attribute = kind.attribute(name)
    is_exact = attribute is not None and (attribute.is_exact or attribute.type == "reference")

    def place(resource: dict[str, Any]) -> tuple[bool, str]:
        value = _value(resource, name, part)
        text = "" if value is None else str(value)
        return value is None, text if is_exact else text.casefold()

    return sorted(resources, key=place, reverse=backwards)


def checked(by: Any, order: Any) -> tuple[str, bool]:
    """By which attribute is to be sorted, and whether the other way round."""
    if by is not None and (not isinstance(by, str) or len(by) > LONGEST):
        raise ScimInvalid(scim_type="invalidValue")
    if order is not None and order not in ("ascending", "descending"):
        raise ScimInvalid(scim_type="invalidValue")
    return (by or "").strip(), order == "descending"


def _value(resource: dict[str, Any], name: str, part: str) -> Any:
    """The value that counts: of several the primary one, else the first; of a complex one its own value."""
    held = get(resource, name)
    if isinstance(held, list):
        first = [each for each in held if isinstance(each, dict) and each.get("primary") is True]
        held = next(iter(first or held), None)
    if isinstance(held, dict):
        held = get(held, part or "value")
    return held if isinstance(held, str | int | bool) else None
