"""An artist's fields as people type them, and back."""

from __future__ import annotations

import re
from typing import Any

from stdnum import isni

from app.roster.errors import CodeUnusable, EntryUnusable
from app.roster.models import Artist
from app.roster.rules import entries

MAPS = ("names", "biographies", "store_ids")
IPI = re.compile(r"[0-9]{9,11}")
LINK = re.compile(r"https?://\S+")


def shown_fields(artist: Artist) -> dict[str, str]:
    """An artist's fields as a form shows them."""
    plain = {name: getattr(artist, name) or "" for name in ("name", "sort_name", "kind", "isni", "ipi")}
    maps = {name: "\n".join(f"{key}: {value}" for key, value in getattr(artist, name).items()) for name in MAPS}
    return {**plain, **maps, "links": "\n".join(artist.links)}


def wanted_fields(typed: dict[str, str]) -> dict[str, Any]:
    """What a form says as an artist's values; refused field by field."""
    fields: dict[str, str] = {}
    wanted: dict[str, Any] = {"name": typed["name"], "sort_name": " ".join(typed["sort_name"].split())}
    wanted["kind"] = typed["kind"] if typed["kind"] in ("solo", "band", "other") else "other"
    for name in MAPS:
        found = entries(typed[name])
        if found is None:
            fields[name] = EntryUnusable.message
        wanted[name] = found or {}
    wanted["links"] = typed["links"].split()
    if any(not LINK.fullmatch(link) for link in wanted["links"]):
        fields["links"] = "Begin every link with https:// and put one on each line."
    wanted["isni"], wanted["ipi"] = (re.sub(r"[\s.-]", "", typed[name]).upper() or None for name in ("isni", "ipi"))
    if wanted["isni"] and not isni.is_valid(wanted["isni"]):
        fields["isni"] = CodeUnusable.message
    if wanted["ipi"] and not IPI.fullmatch(wanted["ipi"]):
        fields["ipi"] = CodeUnusable.message
    if fields:
        raise EntryUnusable(fields=fields)
    if not wanted["sort_name"]:
        del wanted["sort_name"]
    return wanted
