"""An artist's fields as people type them, and back."""

from __future__ import annotations

from typing import Any

from app.kernel.codes import bare, ipi_name, is_ipi_name, is_isni
from app.roster.errors import CodeUnusable, EntryUnusable, PageUnusable
from app.roster.models import Artist
from app.roster.rules import entries
from app.roster.rules.biographies import biographies
from app.roster.rules.stores import STORES, UNFIT, links, store_ids

KINDS = ("solo", "band", "other")
AT_STORES = {f"at_{store}": store for store in STORES}
"""The fields in which ids at stores are typed."""


def shown_fields(artist: Artist) -> dict[str, str]:
    """An artist's fields as a form shows them."""
    plain = {name: getattr(artist, name) or "" for name in ("name", "sort_name", "kind", "isni", "ipi")}
    names = "\n".join(f"{key}: {value}" for key, value in artist.names.items())
    return {**plain, "names": names, **{field: artist.store_ids.get(store, "") for field, store in AT_STORES.items()}}


def wanted_fields(artist: Artist, typed: dict[str, str]) -> dict[str, Any]:
    """What a form says as an artist's values; refused field by field. What other stores called them stays."""
    fields: dict[str, str] = {}
    wanted: dict[str, Any] = {"name": typed["name"], "sort_name": " ".join(typed["sort_name"].split())}
    wanted["kind"] = typed["kind"] if typed["kind"] in KINDS else "other"
    names = entries(typed["names"])
    if names is None:
        fields["names"] = EntryUnusable.message
    ids, wrong = store_ids({store: typed[field] for field, store in AT_STORES.items()})
    fields |= {field: UNFIT for field, store in AT_STORES.items() if store in wrong}
    others = {store: known for store, known in artist.store_ids.items() if store not in STORES}
    codes, mistyped = person_codes(typed)
    fields |= mistyped
    if fields:
        raise EntryUnusable(fields=fields)
    if not wanted["sort_name"]:
        del wanted["sort_name"]
    return {**wanted, **codes, "names": names or {}, "store_ids": ids | others}


def person_codes(typed: dict[str, str]) -> tuple[dict[str, str | None], dict[str, str]]:
    """ISNI and IPI as they are kept, and what is wrong with them, by field."""
    isni, ipi = bare(typed["isni"]) or None, ipi_name(typed["ipi"]) or None
    fields: dict[str, str] = {}
    if isni and not is_isni(isni):
        fields["isni"] = CodeUnusable.message
    if ipi and not is_ipi_name(ipi):
        fields["ipi"] = CodeUnusable.message
    return {"isni": isni, "ipi": ipi}, fields


def wanted_page(languages: list[str], texts: list[str], typed_links: str) -> dict[str, Any]:
    """What the form of an artist's page says."""
    fields: dict[str, str] = {}
    told, problem = biographies(languages, texts)
    if problem:
        fields["biographies"] = problem
    found, problem = links(typed_links)
    if problem:
        fields["links"] = problem
    if fields:
        raise PageUnusable(fields=fields)
    return {"biographies": told, "links": found}
