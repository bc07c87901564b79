"""What the pages of sign-in services send."""

from __future__ import annotations

import msgspec


class NewProvider(msgspec.Struct, forbid_unknown_fields=True):
    """An OpenID provider to connect, or what changed about one."""

    issuer: str
    client_id: str
    client_secret: str = ""
    name: str = ""


class NewService(msgspec.Struct, forbid_unknown_fields=True):
    """A SAML service to connect, or its new description: by an address, or as it stands in the form."""

    metadata: str = ""
    metadata_url: str = ""
    name: str = ""


class ManageForm(msgspec.Struct, forbid_unknown_fields=True):
    """How people come in by a connection."""

    name: str
    role: str
    groups_claim: str
    makes_members: str = ""
    trusts_factor: str = ""


class LiveForm(msgspec.Struct, forbid_unknown_fields=True):
    """Whether people come in by a connection."""

    live: str = ""


class DomainForm(msgspec.Struct, forbid_unknown_fields=True):
    """A mail domain."""

    domain: str


class GroupForm(msgspec.Struct, forbid_unknown_fields=True):
    """What a group of the service means."""

    group: str
    role: str
    imprints: str = ""
    artists: str = ""


class EnforceForm(msgspec.Struct, forbid_unknown_fields=True):
    """Who must come in by a sign-in service, and which owners need not."""

    mode: str
    free: list[str] | str = []
