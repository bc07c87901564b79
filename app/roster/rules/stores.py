"""Where else an artist is found: ids that stores and databases give them, and links."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.kernel.sentences import sentence

MOST_LINKS = 30
LONGEST_LINK = 500
_LINK = re.compile(r"https?://[^\s/?#]+\.[^\s/?#]+(?:[/?#]\S*)?")


@dataclass(frozen=True, slots=True)
class Store:
    """One store: its own name, the form of its ids, and the addresses in which they stand."""

    name: str
    form: re.Pattern[str]
    address: re.Pattern[str]


def _store(name: str, form: str, address: str) -> Store:
    return Store(name, re.compile(form), re.compile(rf"https?://{address}({form})(?:[/?#].*)?"))


STORES = {
    "spotify": _store("Spotify", "[0-9A-Za-z]{22}", r"open\.spotify\.com/(?:intl-[a-z]+/)?artist/"),
    "apple": _store("Apple Music", "[0-9]{4,12}", r"(?:geo\.)?music\.apple\.com/(?:[a-z]{2}/)?artist/(?:[^/]+/)?"),
    "youtube": _store("YouTube", "UC[0-9A-Za-z_-]{22}", r"(?:www\.|music\.)?youtube\.com/channel/"),
    "deezer": _store("Deezer", "[0-9]{1,12}", r"www\.deezer\.com/(?:[a-z]{2}/)?artist/"),
    "amazon": _store("Amazon Music", "B[0-9A-Z]{9}", r"music\.amazon\.[a-z.]+/artists/"),
    "tidal": _store("TIDAL", "[0-9]{1,12}", r"(?:listen\.)?tidal\.com/(?:browse/)?artist/"),
    "musicbrainz": _store("MusicBrainz", "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", r"musicbrainz\.org/artist/"),
    "discogs": _store("Discogs", "[0-9]{1,10}", r"www\.discogs\.com/(?:[a-z]{2}/)?artist/"),
}
UNFIT = sentence("This is no id of this store. Paste the artist's id there, or the address of their page.")
NO_LINK = sentence("Begin every link with https:// and put one on each line.")
TOO_MANY = sentence("These are too many links, or one of them is too long.")


def store_id(store: str, text: str) -> str | None:
    """An artist's id at a store, typed or in the address of their page there; None where it is neither."""
    said, known = text.strip(), STORES[store]
    if found := known.address.fullmatch(said):
        return found[1]
    return said if known.form.fullmatch(said) else None


def store_ids(typed: dict[str, str]) -> tuple[dict[str, str], set[str]]:
    """The ids that are right, by store, and the stores at which one is not."""
    said = {store: text for store, text in typed.items() if text.strip()}
    found = {store: store_id(store, text) for store, text in said.items()}
    return {store: known for store, known in found.items() if known}, {store for store in found if not found[store]}


def links(text: str) -> tuple[list[str], str | None]:
    """Links, one a line, and what is wrong with them."""
    found = list(dict.fromkeys(text.split()))
    if len(found) > MOST_LINKS or any(len(link) > LONGEST_LINK for link in found):
        return found, TOO_MANY
    return found, None if all(_LINK.fullmatch(link) for link in found) else NO_LINK
