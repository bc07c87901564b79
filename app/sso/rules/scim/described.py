"""What we say about ourselves to a directory (RFC 7643 §5 to §7)."""

from __future__ import annotations

from typing import Any, Final

from app.sso.rules.scim.attributes import CORE, GROUPS, USERS, Attribute, Kind
from app.sso.rules.scim.bulk import MOST_BYTES, MOST_OPERATIONS

KINDS: Final = (USERS, GROUPS)
CONFIG: Final = f"{CORE}:ServiceProviderConfig"
MOST_RESULTS: Final = 200


def config(base: str) -> dict[str, Any]:
    """What is supported."""
    return {
        "schemas": [CONFIG],
        "patch": {"supported": True},
        "bulk": {"supported": True, "maxOperations": MOST_OPERATIONS, "maxPayloadSize": MOST_BYTES},
        "filter": {"supported": True, "maxResults": MOST_RESULTS},
        "changePassword": {"supported": False},
        "sort": {"supported": True},
        "etag": {"supported": True},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "The token that the label makes for its directory.",
                "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }


def resource_type(kind: Kind, base: str) -> dict[str, Any]:
    """A kind of resource."""
    return {
        "schemas": [f"{CORE}:ResourceType"],
        "id": kind.name,
        "name": kind.name,
        "endpoint": kind.endpoint,
        "description": kind.about,
        "schema": kind.schema,
        "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{kind.name}"},
    }


def schema(kind: Kind, base: str) -> dict[str, Any]:
    """The attributes of a kind."""
    return {
        "schemas": [f"{CORE}:Schema"],
        "id": kind.schema,
        "name": kind.name,
        "description": kind.about,
        "attributes": [_attribute(each) for each in kind.attributes],
        "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{kind.schema}"},
    }


def _attribute(attribute: Attribute) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": attribute.name,
        "type": attribute.type,
        "multiValued": attribute.is_many,
        "description": attribute.about,
        "required": attribute.is_required,
        "mutability": attribute.mutability,
        "returned": "default",
    }
    if attribute.type in ("string", "reference"):
        found |= {"caseExact": attribute.is_exact or attribute.type == "reference", "uniqueness": attribute.uniqueness}
    if attribute.values:
        found["canonicalValues"] = list(attribute.values)
    if attribute.refers:
        found["referenceTypes"] = list(attribute.refers)
    if attribute.parts:
        found["subAttributes"] = [_attribute(each) for each in attribute.parts]
    return found
