"""Patches (RFC 7644 §3.5.2): what several operations, in turn, make of a document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from app.sso.errors import ScimInvalid
from app.sso.rules.scim.attributes import Attribute, Kind, check_whole, value_of
from app.sso.rules.scim.filters import Comparison, Filter, parse, split_name

MOST_OPERATIONS: Final = 1_000
MOST_LOOKS: Final = 250_000
"""So many values of a list may be looked at for one patch, all of its questions together."""

_PATH = re.compile(r"(?P<name>[^\[\]]+?)(?:\[(?P<filter>.*)\](?:\.(?P<part>[\w$-]+))?)?")
_LET_GO: Final = frozenset(
    {
        "nickname", "profileurl", "title", "usertype", "preferredlanguage", "locale", "timezone", "phonenumbers", "ims",
        "photos", "addresses", "entitlements", "roles", "x509certificates", "password", "schemas", "id", "meta",
    }
)  # fmt: skip
"""What the standard knows and we do not keep: directories send it with the rest, and nothing fails for it."""

_EXTENSION: Final = "urn:ietf:params:scim:schemas:extension:"


def patched(kind: Kind, document: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The document after every operation; one that cannot be done leaves all of them undone."""
    folded = {name.lower(): value for name, value in given.items()}
    operations = folded.get("operations")
    if not isinstance(operations, list) or not 0 < len(operations) <= MOST_OPERATIONS:
        raise ScimInvalid(scim_type="invalidSyntax")
    found, looks = deepcopy(dict(document)), 0
    for operation in operations:
        if not isinstance(operation, dict):
            raise ScimInvalid(scim_type="invalidSyntax")
        looks += max((len(value) for value in found.values() if isinstance(value, list)), default=0)
        if looks > MOST_LOOKS:
            raise ScimInvalid(scim_type="tooMany")
        _apply(kind, found, {name.lower(): value for name, value in operation.items()})
    check_whole(kind, found)
    return found


def _apply(kind: Kind, document: dict[str, Any], operation: Mapping[str, Any]) -> None:
    name, path, value = str(operation.get("op", "")).lower(), operation.get("path"), operation.get("value")
    if name not in ("add", "replace", "remove") or not (path is None or isinstance(path, str)):
        raise ScimInvalid(scim_type="invalidSyntax")
    if path:
        _at(kind, document, name, path, value)
    elif name == "remove":
        raise ScimInvalid(scim_type="noTarget")
    elif isinstance(value, dict):
        for inner, each in value.items():
            _at(kind, document, name, inner, each)
    else:
        raise ScimInvalid(scim_type="invalidValue")


def _at(kind: Kind, document: dict[str, Any], operation: str, path: str, value: Any) -> None:
    """Do one operation at one place."""
    if path.lower().startswith(_EXTENSION):
        return
    match = _PATH.fullmatch(path)
    if match is None:
        raise ScimInvalid(scim_type="invalidPath")
    name, part = split_name(match["name"])
    attribute = kind.attribute(name)
    if attribute is None and name.lower() in _LET_GO:
        return
    if attribute is None:
        raise ScimInvalid(scim_type="invalidPath")
    if attribute.is_ours:
        raise ScimInvalid(scim_type="mutability")
    inner = part or match["part"] or ""
    if match["filter"] is not None:
        _at_some(attribute, document, operation, (parse(match["filter"]), inner), value)
    elif inner:
        _at_part(attribute, document, operation, inner, value)
    else:
        _whole(attribute, document, operation, value)


def _whole(attribute: Attribute, document: dict[str, Any], operation: str, value: Any) -> None:
    held = document.get(attribute.name)
    if operation == "remove" and value is not None and attribute.is_many:
        gone = value_of(attribute, value) or []  # some directories name what goes in the value
        keys = {each.get("value") for each in gone}
        _keep(attribute, document, [each for each in held or [] if each.get("value") not in keys])
    elif operation == "remove":
        document.pop(attribute.name, None)
    elif operation == "add" and attribute.is_many:
        more = value_of(attribute, value) or []
        _keep(attribute, document, _joined(held or [], more))
    elif attribute.type == "complex" and not attribute.is_many:
        kept = value_of(attribute, value) or {}
        document[attribute.name] = {**(held or {}), **kept} if operation == "add" else kept
    else:
        _keep(attribute, document, value)


def _joined(held: list[Any], more: list[Any]) -> list[Any]:
    """Values with more of them; one that is there already is not there twice."""
    if any(each.get("primary") is True for each in more):
        held = [{**each, "primary": False} if each.get("primary") else each for each in held]
    known = {each.get("value") for each in more}
    return [each for each in held if each.get("value") not in known] + more


def _at_part(attribute: Attribute, document: dict[str, Any], operation: str, name: str, value: Any) -> None:
    """Change one part: of the one value, or of each of several."""
    part = _part(attribute, name)
    held = document.get(attribute.name)
    if attribute.is_many:
        _keep(attribute, document, [_with(each, part, operation, value) for each in held or []])
    else:
        _keep(attribute, document, _with(held or {}, part, operation, value) or None)


def _at_some(
    attribute: Attribute, document: dict[str, Any], operation: str, which: tuple[Filter, str], value: Any
) -> None:
    """Change those values that fit; none that fits is made where that can be, and refused where it cannot."""
    chosen, name = which
    held = document.get(attribute.name) or []
    if not attribute.is_many:
        raise ScimInvalid(scim_type="invalidPath")
    part = _part(attribute, name) if name else None
    fitting = {place for place, each in enumerate(held) if chosen.fits(each)}
    if operation == "remove" and part is None:
        _keep(attribute, document, [each for place, each in enumerate(held) if place not in fitting])
        return
    if not fitting and operation != "remove":
        fitting = {len(held)}
        held = [*held, _made(attribute, chosen)]
    changed = [
        _changed(each, attribute, part, operation, value) if place in fitting else each
        for place, each in enumerate(held)
    ]
    _keep(attribute, document, changed)


def _changed(held: dict[str, Any], attribute: Attribute, part: Attribute | None, operation: str, value: Any) -> Any:
    if part is not None:
        return _with(held, part, operation, value)
    (new,) = value_of(attribute, [value]) or [{}]
    return {**held, **new}


def _made(attribute: Attribute, chosen: Filter) -> dict[str, Any]:
    """A new value that fits a plain question: what is asked for is what it has."""
    if not isinstance(chosen, Comparison) or chosen.operator != "eq" or chosen.part:
        raise ScimInvalid(scim_type="noTarget")
    part = _part(attribute, chosen.attribute)
    return {part.name: value_of(part, chosen.value)}


def _with(held: Mapping[str, Any], part: Attribute, operation: str, value: Any) -> dict[str, Any]:
    kept = None if operation == "remove" else value_of(part, value)
    rest = {name: each for name, each in held.items() if name != part.name}
    return rest if kept is None else {**rest, part.name: kept}


def _part(attribute: Attribute, name: str) -> Attribute:
    part = attribute.part(name)
    if part is None:
        raise ScimInvalid(scim_type="invalidPath")
    return part


def _keep(attribute: Attribute, document: dict[str, Any], value: Any) -> None:
    kept = None if value is None else value_of(attribute, value)
    if kept is None:
        document.pop(attribute.name, None)
    else:
        document[attribute.name] = kept
