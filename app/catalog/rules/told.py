"""How findings are told to people: by rule, the gravest first, with names and values as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.catalog.rules import RULES
from app.catalog.rules.fields import CHOICE_SENTENCES, FIELD_SENTENCES, spelled_duration
from app.catalog.rules.merging import RECORDING_FIELDS, RELEASE_FIELDS
from app.catalog.rules.registry import TRACK
from app.kernel.sentences import sentence

STATES = {
    "checking": sentence("Checking"),
    "blocked": sentence("Blocked"),
    "warned": sentence("With warnings"),
    "ready": sentence("Ready"),
}
"""How ready a release is; while it is being checked nobody knows."""

TONES = {"checking": "info", "blocked": "danger", "warned": "warning", "ready": "success"}
GRAVITY = ("block", "warn", "info")
UNREADABLE = frozenset({"artwork_hash", "audio_md5", "audio_fault", "contributors", "lyrics"})
"""Values that tell a person nothing."""

_ARTWORK = ("width", "height", "format", "mode", "bytes", "hash", "sharpness")
FIELDS: Mapping[str, str] = {
    **{name: FIELD_SENTENCES[column] for name, column in {**RELEASE_FIELDS, **RECORDING_FIELDS}.items()},
    "artists": sentence("Artists"),
    "featuring": sentence("Featured artists"),
    "contributors": sentence("Credits"),
    "label": sentence("Imprint"),
    "number": sentence("Track number"),
    "iswc": "ISWC",
    "instant_grat": sentence("At once with a pre-order"),
    "file": sentence("Audio file"),
    **{f"artwork_{name}": sentence("Artwork") for name in _ARTWORK},
}
"""What the fields of `frames` are called; of all that was measured of a sound, it is the audio file."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule is broken: the release itself, or one of its tracks; `finding` is its row."""

    finding: Any
    track: Any
    name: str
    value: str
    suggestion: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """A rule that a release breaks, and everywhere it does."""

    rule: str
    severity: str
    sentence: str
    field: str
    places: tuple[Place, ...]

    @property
    def speaking(self) -> list[Place]:
        """The places that say more than that they are there."""
        return [place for place in self.places if place.value or place.suggestion is not None]

    @property
    def of_release(self) -> bool:
        """Whether it is about the release itself, or about all of its tracks alike."""
        return all(place.track is None for place in self.places)

    @property
    def of_all_tracks(self) -> bool:
        """Whether it is about all tracks alike: the rule looks at tracks alone, and none is named."""
        return self.of_release and self.rule in RULES and RULES[self.rule].scopes == TRACK


def field_name(name: str) -> str:
    """What a field is called, a msgid."""
    return FIELDS.get(name, FIELDS["file"])


def spelled_value(name: str, value: str | None) -> str | None:
    """A value as people read it, a msgid where it is one of ours; nothing where it would tell them nothing."""
    if not value or name in UNREADABLE:
        return value and None
    if name.endswith("_ms") and value.isdigit():
        return spelled_duration(int(value))
    return CHOICE_SENTENCES.get(value, value) if name in ("explicit", "kind", "ai_use") else value


def grouped(findings: Iterable[Any], tracks: Mapping[Any, Any]) -> list[Group]:
    """Findings by rule; `tracks` has what each track is called by its id."""
    found: dict[tuple[int, str, str], list[Place]] = {}
    for row in findings:
        key = (GRAVITY.index(row.severity), row.rule, row.field)
        suggestion = row.suggestion if row.suggestion == "" else spelled_value(row.field, row.suggestion)
        value = spelled_value(row.field, row.value) or ""
        found.setdefault(key, []).append(Place(row, row.track_id, tracks.get(row.track_id, ""), value, suggestion))
    return [
        Group(rule, GRAVITY[gravity], RULES[rule].sentence if rule in RULES else rule, field_name(field), tuple(places))
        for (gravity, rule, field), places in sorted(found.items(), key=lambda item: item[0])
    ]


def state(*, is_checked: bool, severities: Iterable[str]) -> str:
    """How ready a release is."""
    found = set(severities)
    if not is_checked:
        return "checking"
    return "blocked" if "block" in found else "warned" if "warn" in found else "ready"
