"""What forms of the roster send."""

from __future__ import annotations

import msgspec


class NewArtist(msgspec.Struct, forbid_unknown_fields=True):
    """A new act."""

    name: str
    kind: str = "solo"


class ArtistForm(msgspec.Struct, forbid_unknown_fields=True):
    """An artist as edited; `match` is the version that the editor saw. Names have one entry a line."""

    match: str
    name: str
    sort_name: str = ""
    kind: str = "solo"
    isni: str = ""
    ipi: str = ""
    names: str = ""
    at_spotify: str = ""
    at_apple: str = ""
    at_youtube: str = ""
    at_deezer: str = ""
    at_amazon: str = ""
    at_tidal: str = ""
    at_musicbrainz: str = ""
    at_discogs: str = ""


class PageForm(msgspec.Struct, forbid_unknown_fields=True):
    """How an artist is shown: texts with their languages, links one a line, and the version that the editor saw."""

    match: str
    language: list[str] | str = []
    text: list[str] | str = []
    links: str = ""


class Leaving(msgspec.Struct, forbid_unknown_fields=True):
    """The day from which an artist is not of the roster."""

    day: str


class GrantForm(msgspec.Struct, forbid_unknown_fields=True):
    """Whom an artist lets act for them, how far, and until which day."""

    email: str
    rights: list[str] | str = []
    until: str = ""


class TakeUp(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody says who takes an artist's leave up; a member says nothing."""

    name: str = ""
    password: str = ""


class PartyForm(msgspec.Struct, forbid_unknown_fields=True):
    """A legal person as edited; `match` says what its editor saw."""

    legal_name: str
    kind: str = "person"
    match: str = ""
    email: str = ""
    country: str = ""
    ipi: str = ""
    isni: str = ""
    dpid: str = ""


class NewPayee(msgspec.Struct, forbid_unknown_fields=True):
    """Where a legal person's money goes."""

    currency: str
    name: str = ""


class TiedArtist(msgspec.Struct, forbid_unknown_fields=True):
    """An artist by key."""

    artist: str


class NewStatus(msgspec.Struct, forbid_unknown_fields=True):
    """Whether an artist is active, and which version of that the editor saw."""

    status: str
    match: str = ""


class ChosenArtists(msgspec.Struct, forbid_unknown_fields=True):
    """Artists chosen in the list, and what is to become of them."""

    id: list[str] | str = []
    status: str = "active"


class Member(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody of a band."""

    artist: str
    part: str = ""
    since: str = ""
    until: str = ""


class ImprintForm(msgspec.Struct, forbid_unknown_fields=True):
    """An imprint as edited; `match` is empty for a new one."""

    name: str
    match: str = ""
    parent: str = ""
    p_owner: str = ""
    c_owner: str = ""
    isrc_prefix: str = ""
    upc_prefix: str = ""
