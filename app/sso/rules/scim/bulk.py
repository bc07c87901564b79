"""Several requests in one (RFC 7644 §3.7): read with bounds, with names for what is not there yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.sso.errors import ScimInvalid, ScimTooMuch

REQUEST: Final = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
RESPONSE: Final = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
MOST_OPERATIONS: Final = 1_000
MOST_BYTES: Final = 1_048_576
MOST_SECONDS: Final = 20.0
"""Nothing is begun after it, so that the answer says what was done before whoever waits has given up."""

METHODS: Final = ("POST", "PUT", "PATCH", "DELETE")
MARK: Final = "bulkId:"
_PATH: Final = re.compile(r"/(Users|Groups)(?:/([^/?#]{1,200}))?")


@dataclass(frozen=True, slots=True)
class Step:
    """One of the requests: what is to be done, to which kind, and to which of it."""

    method: str
    kind: str
    row: str
    bulk_id: str
    version: str | None
    data: dict[str, Any]

    @property
    def needs(self) -> frozenset[str]:
        """The names of others that must have been made before."""
        found = _named(self.data)
        return found | {self.row.removeprefix(MARK)} if self.row.startswith(MARK) else found

    def told(self, made: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
        """Which row it is about, and what is said, with ids in the place of names."""
        row = made[self.row.removeprefix(MARK)] if self.row.startswith(MARK) else self.row
        data = _spelled(self.data, made)
        assert isinstance(data, dict)  # noqa: S101 it was one
        return row, data


def read(body: Mapping[str, Any]) -> tuple[list[Step], int | None]:
    """The requests in one, and after how many failures it ends."""
    schemas, operations = body.get("schemas"), body.get("Operations")
    if not isinstance(schemas, list) or REQUEST not in schemas or not isinstance(operations, list):
        raise ScimInvalid(scim_type="invalidSyntax")
    if len(operations) > MOST_OPERATIONS:
        raise ScimTooMuch(most=MOST_OPERATIONS)
    most = body.get("failOnErrors")
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 1):
        raise ScimInvalid(scim_type="invalidValue")
    steps = [_step(each) for each in operations]
    names = [each.bulk_id for each in steps if each.bulk_id]
    if len(names) != len(set(names)):
        raise ScimInvalid(scim_type="invalidValue", fields={"bulkId": ScimInvalid.message})
    return steps, most


def _step(said: Any) -> Step:
    if not isinstance(said, dict):
        raise ScimInvalid(scim_type="invalidSyntax")
    method, path = str(said.get("method", "")).upper(), said.get("path")
    place = _PATH.fullmatch(path) if isinstance(path, str) else None
    bulk_id, version, data = said.get("bulkId", ""), said.get("version"), said.get("data", {})
    texts = isinstance(bulk_id, str) and (version is None or isinstance(version, str))
    if method not in METHODS or place is None or not texts or not isinstance(data, dict):
        raise ScimInvalid(scim_type="invalidSyntax")
    is_new = method == "POST"
    if is_new != (place[2] is None) or (is_new and not bulk_id):
        raise ScimInvalid(scim_type="invalidPath" if not is_new or place[2] else "invalidSyntax")
    return Step(method, place[1], place[2] or "", bulk_id, version, data)


def _named(value: Any) -> frozenset[str]:
    if isinstance(value, str):
        return frozenset({value.removeprefix(MARK)}) if value.startswith(MARK) else frozenset()
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return frozenset(name for each in inner for name in _named(each))


def _spelled(value: Any, made: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return made.get(value.removeprefix(MARK), value) if value.startswith(MARK) else value
    if isinstance(value, dict):
        return {name: _spelled(each, made) for name, each in value.items()}
    return [_spelled(each, made) for each in value] if isinstance(value, list) else value
